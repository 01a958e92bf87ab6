"""Sound from semantic tokens in v3 and v4: by flow matching to a mel spectrogram, then a vocoder.

Speech is made as a continuation of the reference, so the reference's words must be known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from myna.core.audio import Audio, Samples
from myna.core.errors import BadReference
from myna.engines.attempts.gaps import Filled
from myna.engines.gpt_sovits.sound.decoder import Filling, Sentence, SoundStream
from myna.engines.gpt_sovits.sound.flow_matching import Known, Windows
from myna.engines.gpt_sovits.sound.mel_features import MelFeatures
from myna.engines.gpt_sovits.sound.mel_sound import MelSound
from myna.engines.gpt_sovits.sound.mel_vocoders import MelVocoder
from myna.engines.gpt_sovits.sound.mel_windows import (
    LONGEST_WINDOW,
    OVERLAP,
    MelPlan,
    MelPrompt,
    MelWindows,
    mel_prompt,
)
from myna.engines.gpt_sovits.sound.speech_windows import HELD_BACK, at_pace, paced_between
from myna.engines.gpt_sovits.sound.window_batches import WindowBatches
from myna.engines.gpt_sovits.voice.prompt import SECONDS_PER_TOKEN, Prompt
from myna.engines.gpt_sovits.voice.quantizer import FRAMES_PER_TOKEN
from myna.engines.gpt_sovits.voice.spectrograms import (
    MEL_V3,
    MEL_V4,
    at_rate,
    denormalized,
    log_mel,
    normalized,
)
from myna.engines.gpt_sovits.weights import Version

STEPS_ON_CPU = 8  # unless asked for otherwise: each takes half as long as the speech itself
STEPS_ON_GPU = 32  # as published: a GPU has the time
_AROUND = 0.5  # seconds of each side of a gap
_ANALYSES = {Version.V3: MEL_V3, Version.V4: MEL_V4}


class FlowDecoder:
    """The decoder of v3 and v4; read-only."""

    # First little, so that something is heard soon; then nearly as much as a window holds.
    chunks: Sequence[int] = (24, 62, 120)

    def __init__(
        self, version: Version, network: MelFeatures, batches: WindowBatches, vocoder: MelVocoder
    ) -> None:
        self._version = version
        self._network = network
        self._batches = batches
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
        tokens, phonemes, voice = (
            torch.from_numpy(array).to(self._network.device)
            for array in (prompt.tokens[None], prompt.text.phonemes[None], prompt.voice)
        )
        features = self._network(tokens, phonemes, voice)
        known = mel_prompt(features, self._mel(audio), self._version)
        made = known.features.cpu().numpy(), known.mel.cpu().numpy()
        return replace(prompt, features=made[0], mel=made[1])

    def speech(self, sentence: Sentence) -> SoundStream:
        """Begin a sentence."""
        prompt = self._prompt(sentence.prompt)

        def matched(window: Windows, steps: int) -> Tensor:
            return self._batches(window, steps, sentence.playback.deadline)

        windows = MelWindows(matched, prompt, self._plan(sentence))
        return _MelSpeech(self._network, windows, MelSound(self._vocoder), sentence)

    @torch.inference_mode()
    def filled(self, filling: Filling) -> Filled:
        """Make the mel of a gap between two that are known, and sound of it.

        What is before the gap is the prompt, continued; its last frames, and what follows the
        gap, are put on the path at every step (`flow_matching.Known`).
        """
        sentence, before = filling.sentence, len(filling.tokens_before)
        features, seconds = self._features(filling)
        mel, known = self._sides(filling, seconds)
        mel, known = mel[:, :, : features.shape[2]], known[: features.shape[2]]
        prompted = max(0, int((~known).nonzero()[0]) - OVERLAP) if before else 0
        prompt = self._prompt(sentence.prompt).followed_by(
            features[:, :, :prompted], mel[:, :, :prompted]
        )
        fixed = Known(mel[:, :, prompted:], known[None, None, prompted:])
        windows = MelWindows(self._batches, prompt, self._plan(sentence, fixed))
        made = [mel[:, :, :prompted], *windows.push(features[:, :, prompted:], last=True)]
        start = before * SECONDS_PER_TOKEN
        return self._near(torch.cat(made, dim=2), start, start + seconds)

    def _features(self, filling: Filling) -> tuple[Tensor, float]:
        """Return the features of both sides and the gap, and how many seconds the gap is."""
        sentence, device = filling.sentence, self._network.device
        voice = torch.from_numpy(sentence.prompt.voice).to(device)
        phonemes = torch.from_numpy(sentence.text.phonemes)[None].to(device)
        tokens = torch.tensor([filling.all_tokens], device=device)
        encoded = self._network.encoded(tokens, phonemes, voice)
        start = FRAMES_PER_TOKEN * len(filling.tokens_before)
        end = start + FRAMES_PER_TOKEN * len(filling.tokens)
        paced = paced_between(encoded, start, end, sentence.speed)
        frames = paced.shape[2] - encoded.shape[2] + end - start
        seconds = frames / FRAMES_PER_TOKEN * SECONDS_PER_TOKEN
        return self._network.of_encoded(paced, voice), seconds

    def _sides(self, filling: Filling, seconds: float) -> tuple[Tensor, Tensor]:
        """Return the mel (1, n_mels, F) around a gap, and which frames (F,) hear nothing of it."""
        analysis = _ANALYSES[self._version]
        before, after = self._samples(filling.before), self._samples(filling.after)
        start = round(len(filling.tokens_before) * SECONDS_PER_TOKEN * analysis.sample_rate)
        end = start + round(seconds * analysis.sample_rate)
        length = end + round(len(filling.tokens_after) * SECONDS_PER_TOKEN * analysis.sample_rate)
        sound = torch.zeros(1, length, device=before.device)
        before, after = before[:, :start], after[:, : length - end]
        sound[:, start - before.shape[1] : start] = before
        sound[:, end : end + after.shape[1]] = after
        mel = normalized(log_mel(sound, analysis))
        edge = (analysis.fft_length - analysis.hop_length) // 2
        numbers = torch.arange(mel.shape[2], device=mel.device)
        heard_from = numbers * analysis.hop_length - edge
        return mel, (heard_from + analysis.fft_length <= start) | (heard_from >= end)

    def _near(self, mel: Tensor, start: float, end: float) -> Filled:
        """Return the sound of a mel near the gap from `start` to `end` seconds."""
        vocoder, rate = self._vocoder, self.sample_rate
        step, count = vocoder.samples_per_frame, mel.shape[2]
        first = max(0, int((start - _AROUND) * rate) // step)
        last = min(count, int((end + _AROUND) * rate) // step)
        window = slice(max(0, first - vocoder.reach), last + vocoder.reach)
        sound = vocoder(denormalized(mel[:, :, window]))[0]
        kept = sound[(first - window.start) * step : (last - window.start) * step]
        cuts = (round(time * rate) - first * step for time in (start, end))
        return Filled(kept.cpu().numpy().copy(), *(min(cut, len(kept)) for cut in cuts))

    def _plan(self, sentence: Sentence, known: Known | None = None) -> MelPlan:
        usual = STEPS_ON_CPU if self._network.device.type == "cpu" else STEPS_ON_GPU
        longest = LONGEST_WINDOW[self._version]
        return MelPlan(sentence.steps or usual, sentence.seed, longest, known)

    def _mel(self, audio: Audio) -> Tensor:
        """Return the normalised mel of a recording: (1, n_mels, frames)."""
        return normalized(log_mel(self._samples(audio), _ANALYSES[self._version]))

    def _samples(self, audio: Audio) -> Tensor:
        """Return a recording at the rate the mel is taken at: (1, samples)."""
        rate = _ANALYSES[self._version].sample_rate
        return at_rate(audio, rate).to(self._network.device)

    def _prompt(self, prompt: Prompt) -> MelPrompt:
        if prompt.features is None or prompt.mel is None:
            raise ValueError("the prompt was learned by another decoder")
        features, mel = torch.from_numpy(prompt.features), torch.from_numpy(prompt.mel)
        return MelPrompt(features.to(self._network.device), mel.to(self._network.device))


class _MelSpeech:
    """One sentence on its way from tokens to sound. Belongs to one call."""

    def __init__(
        self, network: MelFeatures, windows: MelWindows, sound: MelSound, sentence: Sentence
    ) -> None:
        self._network = network
        self._windows = windows
        self._sound = sound
        self._phonemes = torch.from_numpy(sentence.text.phonemes)[None].to(network.device)
        self._voice = torch.from_numpy(sentence.prompt.voice).to(network.device)
        self._speed = sentence.speed
        self._tokens: list[int] = []
        self._earlier = 0  # tokens that came before the last ones

    def push(self, tokens: Sequence[int], *, last: bool) -> Iterator[Samples]:
        """Take the next tokens and yield the sound that is ready; after the last, all of it."""
        self._earlier = len(self._tokens)
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
        tokens = torch.tensor([self._tokens], device=self._network.device)
        encoded = self._network.encoded(tokens, self._phonemes, self._voice)
        paced = at_pace(encoded, self._speed, last=last, first=self._earlier)
        features = self._network.of_encoded(paced, self._voice)
        if last:
            return features
        held = round(HELD_BACK * self._network.frames_per_encoded)
        return features[:, :, : max(0, features.shape[2] - held)]
