"""Sound from semantic tokens in v1 to v2ProPlus: one network makes it directly."""

from collections.abc import Sequence

import torch

from myna.core.audio import Audio
from myna.engines.attempts.gaps import Filled
from myna.engines.gpt_sovits.sound.decoder import Filling, Sentence, SoundStream
from myna.engines.gpt_sovits.sound.phonetic_encoder import Encoded
from myna.engines.gpt_sovits.sound.recorded_speech import RecordedSpeech
from myna.engines.gpt_sovits.sound.recorded_vits import RecordedVits
from myna.engines.gpt_sovits.sound.speech_windows import (
    ArrivingLatents,
    SpeechWindows,
    paced_between,
)
from myna.engines.gpt_sovits.sound.vits import REACH, SAMPLE_RATE, Vits, latents_of_seed
from myna.engines.gpt_sovits.voice.prompt import Prompt
from myna.engines.gpt_sovits.voice.quantizer import FRAMES_PER_TOKEN

_AROUND = 25  # frames of each side of a gap: half a second


class VitsDecoder:
    """The decoder of v1, v2, v2Pro and v2ProPlus; read-only."""

    sample_rate = SAMPLE_RATE
    chunks: Sequence[int] = (22, 25, 50, 100)  # about half a second is heard first

    def __init__(self, vits: Vits, recorded: RecordedVits | None = None) -> None:
        """With `recorded`, calls share windows of fixed shapes; without, each makes its own."""
        self._vits = vits
        self._recorded = recorded
        self.voice = vits.voice
        self.quantizer = vits.quantizer

    def completed(self, prompt: Prompt, audio: Audio) -> Prompt:
        """Return the prompt as it is."""
        return prompt

    def speech(self, sentence: Sentence) -> SoundStream:
        """Begin a sentence; it takes no steps."""
        if self._recorded is None:
            return SpeechWindows(self._vits, self._latents(sentence))
        with self._recorded.lane.open():
            return RecordedSpeech(self._recorded, self._latents(sentence), sentence.playback)

    def _latents(self, sentence: Sentence) -> ArrivingLatents:
        return ArrivingLatents(
            self._vits,
            torch.from_numpy(sentence.text.phonemes)[None],
            torch.from_numpy(sentence.prompt.voice),
            seed=sentence.seed,
            speed=sentence.speed,
            features=None if self._recorded is None else self._recorded.features,
        )

    @torch.inference_mode()
    def filled(self, filling: Filling) -> Filled:
        """Decode all tokens as one sentence, and of its sound keep what is near the gap."""
        sentence, vits = filling.sentence, self._vits
        voice = torch.from_numpy(sentence.prompt.voice).to(vits.device)
        phonemes = torch.from_numpy(sentence.text.phonemes)[None].to(vits.device)
        tokens = torch.tensor([filling.all_tokens], device=vits.device)
        features = vits.features(tokens, phonemes, voice)
        start = FRAMES_PER_TOKEN * len(filling.tokens_before)
        end = start + FRAMES_PER_TOKEN * len(filling.tokens)
        features = paced_between(features, start, end, sentence.speed)
        count = features.shape[2]
        end = count - FRAMES_PER_TOKEN * len(filling.tokens_after)
        first, last = max(0, start - _AROUND), min(count, end + _AROUND)
        window = slice(max(0, first - REACH), last + REACH)
        prior = vits.phonetic.prior(features)
        near = Encoded(*(of[:, :, window] for of in (features, prior.mean, prior.log_deviation)))
        sound = vits.decode(latents_of_seed(near, sentence.seed, window.start), voice)[0]
        step = vits.samples_per_frame
        kept = sound[(first - window.start) * step : (last - window.start) * step]
        return Filled(kept.cpu().numpy().copy(), (start - first) * step, (end - first) * step)
