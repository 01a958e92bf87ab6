"""New words between two sides of a recording, by a small random model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from myna.core.audio import Audio
from myna.core.edit import Edit
from myna.core.errors import BadText, TooLittleContext
from myna.core.infill import Gap
from myna.core.speech import Options
from myna.core.voice import Voice
from myna.dsp.codec import decode_native
from myna.engines.cosyvoice.acoustic.request import FlowOptions
from myna.engines.cosyvoice.acoustic.vocoder import Vocoder
from myna.engines.cosyvoice.engine import CosyVoiceEngine
from myna.engines.cosyvoice.gap_filling import GapFiller
from myna.engines.cosyvoice.version import Version
from myna.settings import Settings
from myna.studio.editing.edit import EditRequest
from myna.studio.studio import Studio
from myna.studio.wiring import SAMPLE_TRANSCRIPT, open_library
from myna.text.spans import find_span
from tests.unit.engines.cosyvoice.tiny_engine import tiny_engine

OPTIONS = Options(seed=4, sample_steps=1, retries=0)


@pytest.fixture(scope="module", params=list(Version))
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> CosyVoiceEngine:
    return tiny_engine(tmp_path_factory.mktemp("weights"), request.param)


def gap_in(voice: Voice, **changes: object) -> Gap:
    """A gap from 1.6 s to 2.2 s of a recording that goes on to 3.2 s."""
    before, after = voice.reference.between(0, 1.6), voice.reference.between(2.2, 3.2)
    gap = Gap(before, after, "He sold his ", "grey cat", ", then he walked.", "en", OPTIONS)
    return replace(gap, **changes)


def test_the_gap_lies_between_its_sides_and_is_filled_alike_each_time(
    engine: CosyVoiceEngine, sample: Voice
) -> None:
    filled = engine.infill(gap_in(sample), sample)
    again = engine.infill(gap_in(sample), sample)
    other = engine.infill(gap_in(sample, options=replace(OPTIONS, seed=5)), sample)
    assert np.array_equal(filled.audio.samples, again.audio.samples)
    assert not np.array_equal(filled.audio.samples, other.audio.samples)
    assert filled.audio.sample_rate == 24000
    assert filled.last > filled.first
    assert (filled.last - filled.first) % 960 == 0  # whole tokens
    # Before the gap there are 40 tokens, after it 25; no more than 60 frames of each are made.
    assert filled.first == 60 * 480
    assert len(filled.audio.samples) - filled.last == 50 * 480
    assert 0 <= filled.misfit <= 1


class _Heard:
    """A vocoder that keeps what it is given."""

    def __init__(self, vocoder: Vocoder) -> None:
        self._vocoder = vocoder
        self.mel = torch.zeros(0)

    def __getattr__(self, name: str) -> object:
        return getattr(self._vocoder, name)

    def __call__(self, mel: Tensor, source: Tensor) -> Tensor:
        self.mel = mel
        return self._vocoder(mel, source)


def test_outside_the_gap_the_mel_is_the_recordings(engine: CosyVoiceEngine, sample: Voice) -> None:
    heard, gap = _Heard(engine.model.vocoder), gap_in(sample)
    model = replace(engine.model, vocoder=heard)
    manner = engine.synthesis.manner(engine.learned(sample), OPTIONS, knows_words=True)
    fill = GapFiller(model, lambda request: (token for token in [5, 6, 7] * 10), lambda: None)
    fill(gap, manner, FlowOptions(steps=1))
    before, after = (
        torch.from_numpy(engine.model.prompts.mel(side, count))
        for side, count in ((gap.before, 40), (gap.after, 25))
    )
    made = heard.mel[0]
    # Sound is made of the last 60 frames before the gap. The two next to it are made anew: their
    # analysis hears what was in it.
    assert torch.equal(made[:, :58], before[:, -60:-2])
    assert torch.equal(made[:, -48:], after[:, 2:])
    assert not torch.equal(made[:, 58:60], before[:, -2:])


def test_one_side_is_enough_and_none_is_not(engine: CosyVoiceEngine, sample: Voice) -> None:
    nothing = Audio.silence(0.0, sample.reference.sample_rate)
    first = engine.infill(gap_in(sample, before=nothing, before_text=""), sample)
    assert first.first == 0
    last = engine.infill(gap_in(sample, after=nothing, after_text=""), sample)
    assert last.last == len(last.audio.samples)
    with pytest.raises(TooLittleContext):
        engine.infill(gap_in(sample, before=nothing, after=nothing), sample)
    with pytest.raises(BadText):
        engine.infill(gap_in(sample, new_text="..."), sample)


def test_an_edit_keeps_every_sample_outside(
    engine: CosyVoiceEngine, sample_file: Path, tmp_path: Path
) -> None:
    studio = Studio(engine, open_library(Settings(home=tmp_path)))
    recording = decode_native(sample_file)
    words = studio.align(recording.audio(), SAMPLE_TRANSCRIPT, "en").words
    edit = Edit(*find_span(SAMPLE_TRANSCRIPT, words[3].text), "nine grey owls")
    request = EditRequest(
        recording, SAMPLE_TRANSCRIPT, (edit,), "en", options=OPTIONS, takes=1, words=words
    )
    edited = studio.edit(request)
    span = edited.report.edits[0]
    before, after = recording.samples, edited.recording.samples
    assert edited.report.engine == "cosyvoice"
    assert np.array_equal(before[: span.start_sample], after[: span.new_start_sample])
    assert np.array_equal(before[span.end_sample :], after[span.new_end_sample :])
    assert span.start_sample > 0
    assert span.end_sample < len(before)
