"""Cases of the decoder from semantic tokens to sound."""

import math
import re
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor

from myna.engines.gpt_sovits.sound.phonetic_encoder import at_speed
from myna.engines.gpt_sovits.sound.vits import Vits, latents_with
from myna.engines.gpt_sovits.weights import SovitsCheckpoint, SovitsConfig, Version
from tests.parity import recipe
from tests.parity.case import Array, Case, Row
from tests.parity.gptsovits.given import Usual, given, noise
from tests.parity.gptsovits.networks import tensors_of

_WAVE = re.compile(r"wav(?:_(?:ns\d+|speed\d+|(?:two|three|four)refs))*")
_REFERENCES = {"tworefs": 2, "threerefs": 3, "fourrefs": 4}
_USUAL_NOISE = "05"
OVERLAP = 4  # latent frames blended between a stream's pieces, unless the notes say otherwise


def compare(case: Case) -> Iterator[Row]:
    """Run every part of the decoder, then the whole with and without noise."""
    runs = Runs(case)
    for name, run in runs.by_array().items():
        if name in case.arrays:
            yield case.compare(name, run().numpy())
    for name in case.arrays:
        if _WAVE.fullmatch(name):
            yield case.compare(name, runs.wave(name).numpy())
    if {"stream_lat1", "stream_lat2"} <= set(case.arrays):
        yield from runs.streamed()


def checkpoint_of(case: Case) -> SovitsCheckpoint:
    """Return the case's checkpoint as if it had been read from a file."""
    config = case.config
    return SovitsCheckpoint(
        Version(config.get("version", "v1")),
        SovitsConfig(
            tuple(config["upsample_rates"]),
            tuple(map(tuple, config["resblock_dilation_sizes"])),
            config["n_heads"],
        ),
        tensors_of(case),
        digest="",
        n_symbols=None,
    )


def integers(array: Array) -> Tensor:
    """Return token or phoneme numbers as networks take them."""
    return torch.from_numpy(array.astype(np.int64))


class Inputs:
    """What a case was fed."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.tokens = integers(self._numbers("codes", 1024)).reshape(1, -1)
        symbols = case.shapes["enc_p.text_embedding.weight"][0]
        self.phonemes = integers(self._numbers("text", symbols)).reshape(1, -1)
        self.features = torch.from_numpy(
            given(case, "ssl", Usual("input.ssl", (1, 768, 61))).astype(np.float32)
        )

    def _numbers(self, name: str, below: int) -> Array:
        """Return integers that a case has, or whose shape its notes give."""
        usual = Usual(f"input.{name}", (1, 0), partial(recipe.integers, below=below))
        numbers = given(self.case, name, usual)
        return numbers if numbers.size else self.case.arrays[name]  # says that there are none

    def spectrograms(self, count: int) -> list[Tensor]:
        """The references, in order."""
        more = int(self.case.number_before("frames", 33))
        return [
            self._float(_nth("refer", place), (1, 1025, more if place else 40), _magnitudes)
            for place in range(count)
        ]

    def speaker_vectors(self, count: int) -> list[Tensor]:
        """The speaker vectors, in order."""
        return [self._float(_nth("sv", place), (1, 20480), _weakened) for place in range(count)]

    def _float(self, name: str, shape: tuple[int, ...], then: Callable[[Array], Array]) -> Tensor:
        array = given(self.case, name, Usual(f"input.{name}", shape, then=then))
        return torch.from_numpy(array.astype(np.float32))


def _nth(name: str, place: int) -> str:
    return f"{name}{place + 1}" if place else name


def _magnitudes(drawn: Array) -> Array:
    return np.abs(drawn) * np.float32(0.5)


def _weakened(drawn: Array) -> Array:
    return drawn * np.float32(0.3)


class Runs:
    """The network of a case with its inputs."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.inputs = Inputs(case)
        self.network = Vits(checkpoint_of(case))
        self.voice = self.voice_of(1)

    def voice_of(self, references: int) -> Tensor:
        """The voice of so many references."""
        vectors = self.inputs.speaker_vectors(references)
        return self.network.voice(
            self.inputs.spectrograms(references),
            vectors if self.network.voice.hears_speaker else [],
        )

    def by_array(self) -> dict[str, Callable[[], Tensor]]:
        """What computes each array, beside the waves."""
        network, inputs = self.network, self.inputs
        phonetic = network.phonetic
        codes = network.quantizer.frames(inputs.tokens)
        semantic = phonetic.encode_semantic(codes)
        text = phonetic.encode_text(inputs.phonemes)
        encoded = network.encode(inputs.tokens, inputs.phonemes, self.voice)
        return {
            "latent_codes": lambda: network.quantizer.tokens(inputs.features)[:, None],
            "ref_enc": lambda: network.voice.heard(inputs.spectrograms(1)[0]),
            "encoder_ssl": lambda: semantic,
            "encoder_text": lambda: text,
            "mrte": lambda: phonetic.join(semantic, text, network.voice.for_text(self.voice)),
            "m_p": lambda: encoded.mean,
            "logs_p": lambda: encoded.log_deviation,
            "flow_out": lambda: network.flow.inverse(encoded.mean, self.voice),
        }

    def wave(self, name: str) -> Tensor:
        """Read noise, speed and references off an array's name: wav_ns05_speed125_tworefs."""
        parts = name.split("_")[1:]
        scale = next((part[2:] for part in parts if part.startswith("ns")), _USUAL_NOISE)
        digits = next((part[5:] for part in parts if part.startswith("speed")), "")
        frames = self.case.arrays[name].shape[-1] // self.network.samples_per_frame
        whole = 2 * self.inputs.tokens.shape[1]
        speed = speed_of(digits, lambda speed: int(whole / speed) + (speed != 1), frames)
        voice = self.voice_of(next((_REFERENCES[part] for part in parts if "refs" in part), 1))
        encoded = self.network.encode(self.inputs.tokens, self.inputs.phonemes, voice, speed)
        drawn = torch.from_numpy(noise(self.case, Usual("noise.z#0", encoded.mean.shape)))
        return self.network.decode(latents_with(encoded, drawn, _decimal(scale)), voice)[:, None]

    def streamed(self) -> Iterator[Row]:
        """Two pieces as the original streams them: all encoded anew, the second's start blended."""
        half = self.case.arrays["stream_lat1"].shape[2] // 2  # two frames per token
        pieces = [self.inputs.tokens[:, :half], self.inputs.tokens]
        first = self.network.features(pieces[0], self.inputs.phonemes, self.voice)
        second = self.network.features(pieces[1], self.inputs.phonemes, self.voice)
        second = second[:, :, -self.case.arrays["stream_lat2"].shape[2] :]
        overlap = int(self.case.number_after("overlap_frames=last", OVERLAP))
        second = _blended(first[:, :, -overlap:], second)
        for number, features in enumerate((first, second), start=1):
            yield self.case.compare(f"stream_lat{number}", features.numpy())
            encoded = self.network.phonetic.prior(at_speed(features, 1))
            wave = self.network.decode(encoded.mean, self.voice)[:, None]
            yield self.case.compare(f"stream_wav{number}", wave.numpy())


def speed_of(digits: str, frames_at: Callable[[float], int], frames: int) -> float:
    """Choose, of what digits could mean, the speed that gives the expected number of frames."""
    if not digits:
        return 1.0
    meanings = (int(digits) / 100, int(digits) / 10, float(digits), _decimal(digits))
    fitting = (speed for speed in meanings if speed and frames_at(speed) == frames)
    return next(fitting, meanings[0])


def _decimal(digits: str) -> float:
    """Read 0 as 0 and 05 as 0.5."""
    return float(f"{digits[0]}.{digits[1:] or 0}")


def _blended(before: Tensor, after: Tensor) -> Tensor:
    count = before.shape[2]
    window = torch.sin(math.pi * torch.arange(2 * count) / (2 * count))
    start = window[:count] * after[:, :, :count] + window[count:] * before
    return torch.cat([start, after[:, :, count:]], dim=2)
