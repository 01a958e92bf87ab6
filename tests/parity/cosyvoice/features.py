"""What is heard of a reference."""

from collections.abc import Iterator

from myna.dsp.fbank import kaldi_fbank
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


def compare(case: Case) -> Iterator[Row]:
    """Three kinds of spectrogram. Rates are changed by soxr, so there is nothing to compare."""
    high, low = (recipe.signal(rate, SECONDS) for rate in (MEL_RATE, HEARING_RATE))
    yield case.compare("mel24k_fmax8000", prompt_mel(high, 8000).T[None])
    yield case.compare("mel24k_fmaxnull_cv3", prompt_mel(high, None).T[None])
    yield case.compare("whisper128", token_mel(low)[None])
    yield case.compare("fbank80", kaldi_fbank(low, HEARING_RATE))
    yield case.compare("fbank80_meannorm", speaker_bands(low))
