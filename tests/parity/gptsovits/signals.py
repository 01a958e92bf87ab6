"""Cases of what is not a network: spectrograms, sampling, splicing; and of the speaker network."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from myna.dsp.fbank import kaldi_fbank
from myna.engines.gpt_sovits.similarity_splice import spliced
from myna.engines.gpt_sovits.tokens.sampling import (
    SamplingOptions,
    SamplingTable,
    drawn,
    penalized,
    probabilities,
)
from myna.engines.gpt_sovits.voice.speaker_vector import N_MELS, SAMPLE_RATE, SpeakerNetwork
from myna.engines.gpt_sovits.voice.spectrograms import (
    MEL_V3,
    MEL_V4,
    REFERENCE,
    log_mel,
    magnitudes,
    normalized,
)
from tests.parity.case import Case, Row
from tests.parity.gptsovits.networks import tensors_of


def compare_spectra(case: Case) -> Iterator[Row]:
    """Spectrograms of the references, for v2, v3 and v4."""
    low, high = (torch.from_numpy(case.arrays[name]) for name in ("w24", "w32"))
    yield case.compare("spec_v2", magnitudes(high, REFERENCE).numpy())
    yield case.compare("mel_v3", log_mel(low, MEL_V3).numpy())
    mel = log_mel(high, MEL_V4)
    yield case.compare("mel_v4", mel.numpy())
    yield case.compare("mel_v4_norm", normalized(mel).numpy())


def compare_speaker(case: Case) -> Iterator[Row]:
    """Filter banks and the speaker network on them."""
    features = kaldi_fbank(case.arrays["wav16k"][0], SAMPLE_RATE, N_MELS)[None]
    yield case.compare("fbank", features)
    network = SpeakerNetwork(tensors_of(case))
    yield case.compare("emb", network(torch.from_numpy(features)).numpy())


def compare_sampling(case: Case) -> Iterator[Row]:
    """The distribution drawn from, and the draw, under several options."""
    logits, race = (torch.from_numpy(case.arrays[name]) for name in ("logits", "q"))
    for index, values in enumerate(case.config["values"]):
        options = _options(*values)
        distribution = _distribution(logits, case, options)
        yield case.compare(f"probs{index}", distribution.numpy())
        yield case.compare(f"token{index}", drawn(distribution, race)[:, None].numpy())


def _options(
    temperature: float, top_k: int | None, top_p: float | None, penalty: float
) -> SamplingOptions:
    return SamplingOptions(top_k, 1.0 if top_p is None else top_p, temperature, penalty)


def _distribution(logits: Tensor, case: Case, options: SamplingOptions) -> Tensor:
    seen = torch.zeros_like(logits, dtype=torch.bool)
    seen.scatter_(1, torch.from_numpy(case.arrays["prev"].astype(np.int64)), True)
    table = SamplingTable.of([options] * len(logits), logits.shape[1])
    return probabilities(penalized(logits, seen, table), table)


def compare_splice(case: Case) -> Iterator[Row]:
    """Overlapping pieces joined where they are most alike."""
    count = sum(name.startswith("f") for name in case.arrays)
    pieces = [case.arrays[f"f{index}"] for index in range(count)]
    joined = spliced(pieces, case.config["overlap_len"], case.config["search_len"])
    yield case.compare("out", joined)
