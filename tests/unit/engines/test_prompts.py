from dataclasses import dataclass

import pytest

from myna.core.voice import Voice
from myna.engines.prompts import PromptCache


@dataclass(frozen=True)
class Length:
    """The least that can be learned of a voice."""

    samples: int

    def to_bytes(self) -> bytes:
        return str(self.samples).encode()

    @staticmethod
    def from_bytes(packed: bytes) -> "Length":
        return Length(int(packed))


class Learning:
    def __init__(self) -> None:
        self.voices: list[str] = []

    def __call__(self, voice: Voice) -> Length:
        self.voices.append(voice.id)
        return Length(len(voice.reference.samples))


def test_a_voice_is_learned_once_and_kept(sample: Voice):
    learning, stored = Learning(), dict[str, bytes]()
    cache = PromptCache("length", learning, Length.from_bytes, stored)
    assert cache.of(sample) == cache.of(sample) == Length(len(sample.reference.samples))
    PromptCache("length", learning, Length.from_bytes, stored).of(sample)
    assert learning.voices == [sample.id]


def test_another_method_learns_for_itself(sample: Voice):
    learning, stored = Learning(), dict[str, bytes]()
    for method in ("length-1", "length-2"):
        PromptCache(method, learning, Length.from_bytes, stored).of(sample)
    assert len(learning.voices) == len(stored) == 2


def test_what_cannot_be_read_any_more_is_learned_again(sample: Voice):
    learning, stored = Learning(), dict[str, bytes]()
    PromptCache("length", learning, Length.from_bytes, stored).of(sample)
    stored.update(dict.fromkeys(stored, b"of another version"))
    again = PromptCache("length", learning, Length.from_bytes, stored).of(sample)
    assert again == Length(len(sample.reference.samples))
    assert len(learning.voices) == 2
    assert Length.from_bytes(next(iter(stored.values()))) == again


def test_a_failure_is_told_and_tried_again(sample: Voice):
    attempts = []

    def learn(voice: Voice) -> Length:
        attempts.append(voice.id)
        raise RuntimeError("not today")

    cache = PromptCache("length", learn, Length.from_bytes)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="not today"):
            cache.of(sample)
    assert len(attempts) == 2
