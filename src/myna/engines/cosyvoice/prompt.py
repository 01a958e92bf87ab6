"""What CosyVoice is conditioned on: who speaks, how it sounds, and what is said in which tokens."""

import io
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from myna.core.audio import Audio, Samples
from myna.core.voice import Voice
from myna.dsp.windowed_sinc import windowed_sinc
from myna.engines.cosyvoice.acoustic.request import (
    FRAMES_PER_TOKEN,
    SAMPLES_PER_FRAME,
    SpeechPrompt,
)
from myna.engines.cosyvoice.hearing import SpeakerNetwork, SpeechTokenizer
from myna.engines.cosyvoice.spectrograms import HEARING_RATE, MEL_RATE, N_MELS, prompt_mel
from myna.engines.cosyvoice.text.spoken_text import TextReader
from myna.engines.reference_window import best_window


@dataclass(frozen=True, eq=False)
class Prompt:
    """A voice, learned. A preset speaker has a vector and nothing else."""

    speaker_vector: npt.NDArray[np.float32]  # (192,)
    tokens: npt.NDArray[np.int64]  # (P,)
    mel: npt.NDArray[np.float32]  # (80, 2 P)
    said: npt.NDArray[np.int64]  # (L,): the text tokens of what it says, or none

    @classmethod
    def of_speaker(cls, vector: npt.NDArray[np.float32]) -> "Prompt":
        """Return the prompt of a speaker known by a vector alone."""
        nothing = np.zeros(0, np.int64)
        return cls(vector, nothing, np.zeros((N_MELS, 0), np.float32), nothing)

    @cached_property
    def acoustic(self) -> SpeechPrompt:
        """As the acoustic half takes it."""
        return SpeechPrompt(
            torch.from_numpy(self.tokens),
            torch.from_numpy(self.mel),
            torch.from_numpy(self.speaker_vector),
        )

    def to_bytes(self) -> bytes:
        """Pack for a cache; `from_bytes` undoes it."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            speaker_vector=self.speaker_vector,
            tokens=self.tokens,
            mel=self.mel,
            said=self.said,
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Prompt":
        """Unpack what `to_bytes` packed. Raises `ValueError` or `KeyError` for anything else."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
            return cls(*(stored[name] for name in ("speaker_vector", "tokens", "mel", "said")))


class PromptMaker:
    """Learns voices. Threads may share it."""

    def __init__(
        self,
        tokenizer: SpeechTokenizer,
        speaker: SpeakerNetwork,
        reader: TextReader,
        highest_mel: float | None,
    ) -> None:
        """`highest_mel`: Hz, of the uppermost band of the mel; None is half the rate."""
        self._tokenizer = tokenizer
        self._speaker = speaker
        self._reader = reader
        self._highest_mel = highest_mel

    def learn(self, voice: Voice) -> Prompt:
        """Listen to the best few seconds of the reference. Raises `BadReference`."""
        audio, said = best_window(voice)
        heard = _at_rate(audio, HEARING_RATE)
        mel = prompt_mel(_at_rate(audio, MEL_RATE), self._highest_mel)
        tokens = self._tokenizer(heard)
        count = min(len(tokens), len(mel) // FRAMES_PER_TOKEN)
        return Prompt(
            self._speaker(heard),
            tokens[:count],
            np.ascontiguousarray(mel[: FRAMES_PER_TOKEN * count].T),
            self._reader.transcript(said, voice.language),
        )

    def mel(self, audio: Audio, count: int) -> npt.NDArray[np.float32]:
        """Return the mel of a recording of `count` speech tokens: (80, 2 count)."""
        samples = _at_rate(audio, MEL_RATE)
        length = count * FRAMES_PER_TOKEN * SAMPLES_PER_FRAME
        samples = np.pad(samples, (0, max(0, length - len(samples))))[:length]
        return np.ascontiguousarray(prompt_mel(samples, self._highest_mel).T)

    def tokens(self, audio: Audio) -> npt.NDArray[np.int64]:
        """Return what is said in a recording, as speech tokens: (tokens,)."""
        return self._tokenizer(_at_rate(audio, HEARING_RATE))


def _at_rate(audio: Audio, sample_rate: int) -> Samples:
    return windowed_sinc(audio.samples, audio.sample_rate, sample_rate)
