"""What GPT-SoVITS is conditioned on: how the reference sounds, and what it says in which tokens."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from myna.core.audio import Audio, Samples
from myna.core.voice import Voice
from myna.dsp.resample import resample
from myna.engines.checkpoints.when_needed import WhenNeeded
from myna.engines.gpt_sovits.frontend.spoken_text import SpokenText, TextReader
from myna.engines.gpt_sovits.voice.hubert import SAMPLE_RATE, Hubert
from myna.engines.gpt_sovits.voice.quantizer import Quantizer
from myna.engines.gpt_sovits.voice.speaker_vector import SpeakerNetwork
from myna.engines.gpt_sovits.voice.spectrograms import reference_samples, reference_spectrogram
from myna.engines.gpt_sovits.voice.voice_encoder import VoiceEncoder
from myna.engines.reference_window import best_window
from myna.text.sentences import speakable

SILENCE_BEHIND = 9600  # samples at 16 kHz, 0.6 s
SECONDS_PER_TOKEN = 0.04
_SAMPLES_PER_TOKEN = 640  # at 16 kHz
_LAST_FRAME = 100  # samples: the last of HuBERT's frames is 80 longer than its hop
_NEARLY = 0.01  # tokens that a resampled recording may be short of


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """A voice, learned."""

    voice: npt.NDArray[np.float32]  # (1, gin, 1): the timbre
    tokens: npt.NDArray[np.int64]  # (P,): the reference's semantic tokens; none without a text
    text: SpokenText
    """What the reference says; empty without a transcript."""
    features: npt.NDArray[np.float32] | None = None  # (1, 512, F): of the end of the reference
    mel: npt.NDArray[np.float32] | None = None  # (1, n_mels, F), normalised, for v3 and v4

    def to_bytes(self) -> bytes:
        """Pack for a cache; `from_bytes` undoes it."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            voice=self.voice,
            tokens=self.tokens,
            phonemes=self.text.phonemes,
            context=_or_nothing(self.text.context),
            features=_or_nothing(self.features),
            mel=_or_nothing(self.mel),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Prompt":
        """Unpack what `to_bytes` packed. Raises `ValueError` or `KeyError` for anything else."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
            context, features, mel = (
                stored[name] if stored[name].size else None
                for name in ("context", "features", "mel")
            )
            text = SpokenText(stored["phonemes"], context)
            return cls(stored["voice"], stored["tokens"], text, features, mel)


def _or_nothing(array: npt.NDArray[np.float32] | None) -> npt.NDArray[np.float32]:
    return np.zeros(0, np.float32) if array is None else array


class Hearing(Protocol):
    """The part of a decoder that listens to references."""

    @property
    def voice(self) -> VoiceEncoder:
        """Hears the timbre."""

    @property
    def quantizer(self) -> Quantizer:
        """Hears the semantic tokens."""

    def completed(self, prompt: Prompt, audio: Audio) -> Prompt:
        """Add what this decoder needs beside timbre and tokens. Raises `BadReference`."""


class PromptMaker:
    """Learns voices. Threads may share it."""

    def __init__(
        self,
        decoder: Hearing,
        hubert: WhenNeeded[Hubert],
        speaker: WhenNeeded[SpeakerNetwork] | None,
        reader: TextReader,
        languages: frozenset[str],
    ) -> None:
        """`languages` are those whose transcripts can be read; others are left out."""
        self._decoder = decoder
        self.hubert = hubert
        """Hears what is said."""
        self.speaker = speaker
        """Hears who says it, for the Pro versions."""
        self._reader = reader
        self._languages = languages

    def learn(self, voice: Voice) -> Prompt:
        """Listen to the best few seconds of the reference. Raises `BadReference`."""
        audio, said = best_window(voice)
        others = [best_window(Voice(other, "", voice.language))[0] for other in voice.auxiliary]
        timbre = self._timbre([audio, *others])
        nothing = np.zeros(0, np.int64)
        prompt = Prompt(timbre, nothing, SpokenText(nothing, None))
        if voice.language in self._languages and speakable(said):
            text = self._reader.read(said, voice.language)
            if not text.is_unread:
                prompt = Prompt(timbre, self._tokens(audio), text)
        return self._decoder.completed(prompt, audio)

    @torch.inference_mode()
    def _timbre(self, recordings: Sequence[Audio]) -> npt.NDArray[np.float32]:
        heard = [reference_samples(audio) for audio in recordings]
        vectors = self._speaker_vectors(heard)
        device = self._decoder.quantizer.codes.device
        spectrograms = [reference_spectrogram(samples).to(device) for samples in heard]
        timbre = self._decoder.voice(spectrograms, vectors)
        found: npt.NDArray[np.float32] = timbre.cpu().numpy()
        return found

    def _speaker_vectors(self, heard: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        if self.speaker is None:
            return []
        with self.speaker.held() as speaker:
            return [speaker.vector(samples) for samples in heard]

    def tokens_of(self, audio: Audio) -> npt.NDArray[np.int64]:
        """Return the semantic tokens of a recording, one for every whole 40 ms: (T,)."""
        heard = resample(audio, SAMPLE_RATE).samples
        count = int(len(heard) / _SAMPLES_PER_TOKEN + _NEARLY)
        if not count:
            return np.zeros(0, np.int64)
        return self._heard(heard[: count * _SAMPLES_PER_TOKEN], _LAST_FRAME)

    def _tokens(self, audio: Audio) -> npt.NDArray[np.int64]:
        return self._heard(resample(audio, SAMPLE_RATE).samples, SILENCE_BEHIND)

    @torch.inference_mode()
    def _heard(self, samples: Samples, silence: int) -> npt.NDArray[np.int64]:
        padded = np.concatenate([samples, np.zeros(silence, np.float32)])
        quantizer = self._decoder.quantizer
        with self.hubert.held() as hubert:
            features = hubert(torch.from_numpy(padded)[None].to(quantizer.codes.device))
        tokens: npt.NDArray[np.int64] = quantizer.tokens(features)[0].cpu().numpy()
        return tokens
