"""Sound from semantic tokens in v3 and v4: by flow matching to a mel spectrogram, then a vocoder.

Speech is made as a continuation of the reference, so the reference's words must be known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from myna.core.audio import Audio, Samples
from myna.core.errors import BadReference
from myna.engines.gpt_sovits.decoder import Sentence, SoundStream
from myna.engines.gpt_sovits.mel_features import MelFeatures
from myna.engines.gpt_sovits.mel_sound import MelSound
from myna.engines.gpt_sovits.mel_vocoders import MelVocoder
from myna.engines.gpt_sovits.mel_windows import (
    LONGEST_WINDOW,
    Matching,
    MelPlan,
    MelPrompt,
    MelWindows,
    mel_prompt,
)
from myna.engines.gpt_sovits.prompt import Prompt
from myna.engines.gpt_sovits.spectrograms import (
    MEL_V3,
    MEL_V4,
    log_mel,
    normalized,
    windowed_sinc,
)
from myna.engines.gpt_sovits.speech_windows import HELD_BACK, at_pace
from myna.engines.gpt_sovits.weights import Version

STEPS = 8  # unless asked for otherwise: of a processor's time each step takes as much again
_ANALYSES = {Version.V3: MEL_V3, Version.V4: MEL_V4}


class FlowDecoder:
    """The decoder of v3 and v4; read-only."""

    # First little, so that something is heard soon; then nearly as much as a window holds.
    chunks: Sequence[int] = (24, 62, 120)

    def __init__(
        self, version: Version, network: MelFeatures, matching: Matching, vocoder: MelVocoder
    ) -> None:
        self._version = version
        self._network = network
        self._matching = matching
        self._vocoder = vocoder
        self.voice = network.voice
        self.quantizer = network.quantizer
        self.sample_rate = vocoder.sample_rate

    @torch.inference_mode()
    def completed(self, prompt: Prompt, audio: Audio) -> Prompt:
        """Add the reference itself, as features and as mel, to be continued."""
        if not len(prompt.tokens):
            raise BadReference(
                f"GPT-SoVITS {self._version.value} continues the reference, and needs the words "
                "that are said in it, in a language it reads. Add the transcript to the voice, "
                "or use another version or engine."
            )
        tokens, phonemes = (
            torch.from_numpy(array)[None] for array in (prompt.tokens, prompt.text.phonemes)
        )
        features = self._network(tokens, phonemes, torch.from_numpy(prompt.voice))
        known = mel_prompt(features, self._mel(audio), self._version)
        return replace(prompt, features=known.features.numpy(), mel=known.mel.numpy())

    def speech(self, sentence: Sentence) -> SoundStream:
        """Begin a sentence."""
        if sentence.prompt.features is None or sentence.prompt.mel is None:
            raise ValueError("the prompt was learned by another decoder")
        prompt = MelPrompt(
            torch.from_numpy(sentence.prompt.features), torch.from_numpy(sentence.prompt.mel)
        )
        plan = MelPlan(sentence.steps or STEPS, sentence.seed, LONGEST_WINDOW[self._version])
        windows = MelWindows(self._matching, prompt, plan)
        return _MelSpeech(self._network, windows, MelSound(self._vocoder), sentence)

    def _mel(self, audio: Audio) -> Tensor:
        """Return the normalised mel of a recording: (1, n_mels, frames)."""
        analysis = _ANALYSES[self._version]
        samples = torch.from_numpy(audio.samples.copy())[None]
        samples = windowed_sinc(samples, audio.sample_rate, analysis.sample_rate)
        return normalized(log_mel(samples, analysis))


class _MelSpeech:
    """One sentence on its way from tokens to sound. Belongs to one call."""

    def __init__(
        self, network: MelFeatures, windows: MelWindows, sound: MelSound, sentence: Sentence
    ) -> None:
        self._network = network
        self._windows = windows
        self._sound = sound
        self._phonemes = torch.from_numpy(sentence.text.phonemes)[None]
        self._voice = torch.from_numpy(sentence.prompt.voice)
        self._speed = sentence.speed
        self._tokens: list[int] = []

    def push(self, tokens: Sequence[int], *, last: bool) -> Iterator[Samples]:
        """Take the next tokens and yield the sound that is ready; after the last, all of it."""
        self._tokens += tokens
        if not self._tokens:
            return
        behind: Tensor | None = None  # the sound of a piece waits for the next: it may be the last
        for mel in self._windows.push(self._features(last=last), last=last):
            if behind is not None:
                yield from self._sound.push(behind, last=False)
            behind = mel
        if behind is not None:
            yield from self._sound.push(behind, last=last)

    @torch.inference_mode()
    def _features(self, *, last: bool) -> Tensor:
        """Return the features of all tokens so far that will not change much."""
        tokens = torch.tensor([self._tokens])
        encoded = self._network.encoded(tokens, self._phonemes, self._voice)
        paced = at_pace(encoded, self._speed, last=last)
        features = self._network.of_encoded(paced, self._voice)
        if last:
            return features
        held = round(HELD_BACK * self._network.frames_per_encoded)
        return features[:, :, : max(0, features.shape[2] - held)]
