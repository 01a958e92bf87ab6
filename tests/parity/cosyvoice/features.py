"""What is heard of a reference."""

import re
from collections.abc import Iterator

import numpy as np

from myna.dsp.fbank import kaldi_fbank
from myna.dsp.windowed_sinc import windowed_sinc
from myna.engines.cosyvoice.spectrograms import (
    HEARING_RATE,
    MEL_RATE,
    prompt_mel,
    speaker_bands,
    token_mel,
)
from tests.parity.case import Case, Row
from tests.parity.cosyvoice import recipe

SECONDS = 1.3
SHORT = 0.2  # seconds, of sound at rates nothing is heard at
_RATE = r"(\d+k\d*)"


def compare(case: Case) -> Iterator[Row]:
    """Three kinds of spectrogram, and other rates."""
    high, low = (_sound(case, rate, SECONDS) for rate in (MEL_RATE, HEARING_RATE))
    yield case.compare("mel24k_fmax8000", prompt_mel(high, 8000).T[None])
    yield case.compare("mel24k_fmaxnull_cv3", prompt_mel(high, None).T[None])
    yield case.compare("whisper128", token_mel(low)[None])
    yield case.compare("fbank80", kaldi_fbank(low, HEARING_RATE))
    yield case.compare("fbank80_meannorm", speaker_bands(low))
    for name in case.arrays:
        if found := re.fullmatch(rf"resample_{_RATE}_to_{_RATE}", name):
            before, after = (round(1000 * float(rate.replace("k", "."))) for rate in found.groups())
            seconds = SECONDS if before in (MEL_RATE, HEARING_RATE) else SHORT
            made = windowed_sinc(_sound(case, before, seconds), before, after)
            # Of a long sound the data may keep the beginning.
            yield case.compare(name, made[: len(case.arrays[name])])


def _sound(case: Case, sample_rate: int, seconds: float) -> recipe.Floats:
    """Return the sound of a case: an array of its own, else the data's signal."""
    for name in (f"wav{sample_rate // 1000}k", f"signal{sample_rate // 1000}k"):
        if name in case.arrays:
            return case.arrays[name].astype(np.float32).reshape(-1)
    return signal(sample_rate, float(case.config.get("seconds", seconds)))


def signal(sample_rate: int, seconds: float) -> recipe.Floats:
    """Return a sound that sweeps, wavers and hisses."""
    length = int(sample_rate * seconds)
    time = np.arange(length, dtype=np.float64) / sample_rate
    turn = 2 * np.pi
    sound = 0.3 * np.sin(turn * (110 * time + 60 * time * time))
    sound = sound + 0.15 * np.sin(turn * 733 * time)
    sound = sound + 0.08 * np.sin(turn * (2500 + 900 * np.sin(turn * 1.5 * time)) * time)
    sound *= 0.55 + 0.45 * np.sin(turn * 2.3 * time)
    hiss = recipe.uniform("sig", length).astype(np.float64)
    return (sound + 0.02 * hiss).astype(np.float32)
