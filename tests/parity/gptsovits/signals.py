"""Cases of what is not a network: spectrograms, sampling, splicing; and of the speaker network."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from myna.dsp.fbank import kaldi_fbank
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
from tests.parity.gptsovits.similarity_splice import spliced


def compare_spectra(case: Case) -> Iterator[Row]:
    """Spectrograms of the references, for v2, v3 and v4."""
    heard = (("w24", "mel_v3", MEL_V3), ("w32", "mel_v4", MEL_V4))
    for given, name, analysis in heard:
        if given in case.arrays:
            sound = _sound(case, given)
            mel = log_mel(sound, analysis)
            yield case.compare(name, mel.numpy())
            yield case.compare(f"{name}_norm", normalized(mel).numpy())
            if analysis is MEL_V4:
                yield case.compare("spec_v2", magnitudes(sound, REFERENCE).numpy())


def _sound(case: Case, name: str) -> Tensor:
    return torch.from_numpy(case.arrays[name].astype(np.float32)).reshape(1, -1)


def compare_speaker(case: Case) -> Iterator[Row]:
    """Filter banks and the speaker network on them."""
    sound = _sound(case, "wav16k")[0].numpy()
    features = kaldi_fbank(sound, SAMPLE_RATE, N_MELS)[None]
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
