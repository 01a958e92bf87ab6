from collections.abc import Generator
from contextlib import closing

import pytest

from myna.core.audio import Audio
from myna.core.engine import ArrivingUtterance
from myna.core.speech import Chunk, Options, Utterance
from myna.core.timing import TimedText
from myna.core.voice import Voice
from myna.engines.sentence_by_sentence import speak_sentences
from tests.unit.engines.doubles import ToneEngine


class TimingEngine(ToneEngine):
    """Says each sentence in a second, knows its first word, and takes its last to be at the end."""

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        first, *_, last = utterance.text.split()
        second = Audio.silence(1.0, self.capabilities.sample_rate)
        yield Chunk(second, (TimedText(first, 0.0, 0.5),), estimated=(TimedText(last, 0.5, 1.0),))


def test_words_are_timed_from_the_beginning_of_all_that_is_said(sample: Voice) -> None:
    pieces = iter(["We go on. ", "", "You stay here. ", "They sleep now."])
    arriving = ArrivingUtterance(pieces, "en", Options(sentence_pause=0.25))
    with closing(speak_sentences(TimingEngine(), arriving, sample)) as chunks:
        heard = list(chunks)
    words = [word for chunk in heard for word in chunk.words]
    assert [(word.text, word.start) for word in words] == [("We", 0), ("You", 1.25), ("They", 2.5)]
    assert sum(chunk.audio.duration for chunk in heard) == pytest.approx(3.5)
    assert not any(chunk.estimated for chunk in heard)
