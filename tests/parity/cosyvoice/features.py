"""What is heard of a reference."""

from collections.abc import Iterator

import numpy as np

from myna.dsp.fbank import kaldi_fbank
from myna.engines.cosyvoice.spectrograms import (
    HEARING_RATE,
    MEL_RATE,
    prompt_mel,
    speaker_bands,
    token_mel,
)
from tests.parity.case import Case, Row, left_out
from tests.parity.cosyvoice import recipe

SECONDS = 1.3


def compare(case: Case) -> Iterator[Row]:
    """Three kinds of spectrogram."""
    seconds = float(case.config.get("seconds", SECONDS))
    high, low = (signal(rate, seconds) for rate in (MEL_RATE, HEARING_RATE))
    yield case.compare("mel24k_fmax8000", prompt_mel(high, 8000).T[None])
    yield case.compare("mel24k_fmaxnull_cv3", prompt_mel(high, None).T[None])
    yield case.compare("whisper128", token_mel(low)[None])
    yield case.compare("fbank80", kaldi_fbank(low, HEARING_RATE))
    yield case.compare("fbank80_meannorm", speaker_bands(low))
    for name in case.arrays:
        if name.startswith("resample_"):
            yield left_out(case.name, name, "left out: Myna changes rates by soxr, steeper")


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
