"""The voices compared: espeak-ng as it is, and the embedded engine."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from myna.core.audio import Audio
from myna.dsp.envelope import SAMPLE_RATE
from myna.engines.embedded.convert import convert
from myna.engines.embedded.voice_fit import VoiceFit
from myna.espeak.phones import Phone
from myna.espeak.render import SourceVoice, render, render_clauses
from myna.text.reading import read

Say = Callable[[str, str], tuple[Audio, Sequence[Phone]]]
"""Text and language to sound, and when each phone in it sounds."""


def plain_espeak(text: str, language: str) -> tuple[Audio, Sequence[Phone]]:
    """Say it in espeak-ng's own voice."""
    rendering = render(read(text, language), SourceVoice())
    return rendering.audio, rendering.phones


def embedded(fit: VoiceFit) -> Say:
    """Return the engine's way of saying things in a voice, with phone times."""

    def say(text: str, language: str) -> tuple[Audio, Sequence[Phone]]:
        blocks, phones, done = [], [], 0
        for clause in render_clauses(read(text, language), fit.source):
            phones += [_later(phone, done / SAMPLE_RATE) for phone in clause.phones]
            for block in convert(clause, fit, seed=0, first_sample=done):
                blocks.append(block)
                done += len(block)
        return Audio(np.concatenate(blocks), SAMPLE_RATE), phones

    return say


def _later(phone: Phone, seconds: float) -> Phone:
    return replace(phone, start=phone.start + seconds, end=phone.end + seconds)
