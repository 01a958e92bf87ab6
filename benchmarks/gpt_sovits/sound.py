"""Sound: of given tokens, and of whole utterances with the text already read."""

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from benchmarks.gpt_sovits.decoding import COUNT, PHONEMES, request
from benchmarks.gpt_sovits.rounds import Variant, compared
from benchmarks.gpt_sovits.upstream import Upstream
from myna.engines.gpt_sovits.sound.speech_windows import ArrivingLatents, SpeechWindows
from myna.engines.gpt_sovits.sound.vits import Vits
from myna.engines.gpt_sovits.sound.vits_decoder import VitsDecoder
from myna.engines.gpt_sovits.tokens.semantic_runtimes import SemanticRuntime
from myna.engines.gpt_sovits.tokens.semantic_slots import SemanticSlots

SENTENCE = PHONEMES // 2  # of its phonemes are the sentence's, the others the reference's
FIRST = VitsDecoder.chunks[0]  # tokens before our first chunk
UPSTREAM_FIRST = 16  # before upstream's, in `streaming_mode` 3


class Sound:
    """One decoder of ours, and what it is told of the voice."""

    def __init__(self, vits: Vits, spectrogram: Tensor, speaker: Tensor) -> None:
        self._vits = vits
        self._voice = vits.voice([spectrogram], [speaker])

    def windows(self) -> SpeechWindows:
        """Begin an utterance."""
        phonemes = request().speech.phonemes[None, -SENTENCE:]
        latents = ArrivingLatents(self._vits, phonemes, self._voice, seed=1, speed=1)
        return SpeechWindows(self._vits, latents)

    def whole(self, tokens: list[int]) -> None:
        """Turn all tokens of an utterance into sound."""
        list(self.windows().push(tokens, last=True))

    def first(self, tokens: list[int]) -> None:
        """Turn the first tokens of a stream into sound."""
        list(self.windows().push(tokens, last=False))


@torch.inference_mode()
def measure(
    ours: Mapping[str, tuple[SemanticRuntime, Vits]], upstream: Upstream | None, rounds: int
) -> None:
    """Print all figures of sound, in seconds of it."""
    spectrogram, speaker = torch.rand(1, 1025, 250), torch.randn(1, 20480)
    tokens = torch.randint(1024, (COUNT,), generator=torch.Generator().manual_seed(2))
    given, utterances, firsts = {}, {}, {}
    if upstream is not None:
        phonemes = request().speech.phonemes[-SENTENCE:]
        told = {"phonemes": phonemes, "spectrogram": spectrogram, "speaker": speaker}
        decode, chunk = partial(upstream.decode, **told), partial(upstream.decode_chunk, **told)
        given["upstream"] = Variant(partial(decode, tokens))
        utterances["upstream"] = Variant(lambda: decode(_upstream_tokens(upstream, COUNT)))
        firsts["upstream"] = Variant(lambda: chunk(_upstream_tokens(upstream, UPSTREAM_FIRST)))
    for name, (runtime, vits) in ours.items():
        sound = Sound(vits, spectrogram, speaker)
        given[name] = Variant(partial(sound.whole, tokens.tolist()))
        utterances[name] = Variant(partial(_spoken, runtime, sound.whole, COUNT))
        firsts[name] = Variant(partial(_spoken, runtime, sound.first, FIRST))
    seconds = COUNT / 25
    print(f"v2ProPlus, {COUNT} tokens to {seconds:.0f} s of sound")
    compared(given, rounds, seconds, "s of sound")
    print(f"a whole utterance of {seconds:.0f} s: request, tokens, sound")
    compared(utterances, max(1, rounds - 1), seconds, "s of sound")
    print("first sound of a stream")
    compared(firsts, rounds, 1, "first chunks")


def _spoken(runtime: SemanticRuntime, turn: Callable[[list[int]], None], count: int) -> None:
    slots = SemanticSlots(runtime)
    slots.admit(0, request())
    tokens = [slots.step([0])[0] or 0 for _ in range(count)]
    slots.release(0)
    turn(tokens)


def _upstream_tokens(upstream: Upstream, count: int) -> Tensor:
    speech = request().speech
    return torch.tensor(list(upstream.tokens(speech.phonemes, speech.prompt, count)))
