from collections.abc import Generator

import pytest

from myna.core.audio import Audio
from myna.core.engine import redrawn
from myna.core.errors import SynthesisFailed
from myna.core.speech import Chunk, Utterance
from myna.core.timing import TimedText
from myna.core.voice import Voice
from myna.engines.fallback import FallbackEngine
from myna.engines.resuming import MOST, PAUSE, ResumingEngine
from tests.conftest import tone
from tests.unit.engines.doubles import BrokenEngine, ToneEngine

TEXT = "one two three four."


class BreaksOff(ToneEngine):
    """Says so many words, then fails; so often."""

    def __init__(self, after: int, times: int = 1, *, tells_words: bool = True) -> None:
        super().__init__("breaks")
        self._after, self._times, self._tells_words = after, times, tells_words

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        self.said.append(utterance.text)
        for number, word in enumerate(utterance.text.rstrip(".").split()):
            if number == self._after and len(self.said) <= self._times:
                yield Chunk(tone(0.05), (), self.name)  # the beginning of the word
                raise SynthesisFailed("broken on purpose")
            timed = (TimedText(word, number * 0.1, number * 0.1 + 0.1),)
            yield Chunk(tone(0.1), timed if self._tells_words else (), self.name)


def said(engine: ResumingEngine, voice: Voice) -> list[Chunk]:
    return list(engine.speak(Utterance(TEXT, "en"), voice))


def words(chunks: list[Chunk]) -> list[str]:
    return [word.text for chunk in chunks for word in chunk.words]


def test_only_the_rest_is_said_from_the_word_that_broke_off(sample: Voice):
    engine = BreaksOff(after=2)
    chunks = said(ResumingEngine(engine), sample)
    assert engine.said == [TEXT, "three four."]
    assert words(chunks) == ["one", "two", "three", "four"]
    begin = next(word.start for chunk in chunks for word in chunk.words if word.text == "three")
    assert begin == pytest.approx(0.25 + PAUSE)
    assert Audio.join(chunk.audio for chunk in chunks).duration == pytest.approx(0.45 + PAUSE)


def test_without_word_times_it_is_said_again_from_its_beginning(sample: Voice):
    engine = BreaksOff(after=2, tells_words=False)
    said(ResumingEngine(engine), sample)
    assert engine.said == [TEXT, TEXT]


def test_a_sentence_whose_last_word_was_heard_is_not_taken_up(sample: Voice):
    class Late(BreaksOff):
        def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
            yield from super().speak(utterance, voice)
            raise SynthesisFailed("broken on purpose")

    engine = Late(after=99)
    assert words(said(ResumingEngine(engine), sample)) == ["one", "two", "three", "four"]
    assert engine.said == [TEXT]


def test_the_rest_comes_at_the_rate_of_the_beginning(sample: Voice):
    first, spare = BreaksOff(after=2, times=9), ToneEngine("spare", 22050)
    chain = FallbackEngine([first, spare])
    chain._rests.stumbled("breaks")  # a first break is chance; this is the second
    chunks = said(ResumingEngine(chain), sample)
    assert {chunk.audio.sample_rate for chunk in chunks} == {16000}
    assert spare.said == ["three four."]
    spoken = sum(chunk.audio.duration for chunk in chunks if chunk.engine == "spare")
    assert spoken == pytest.approx(0.05 * len("three four."), abs=1e-3)


def test_what_keeps_breaking_off_is_raised_in_the_end(sample: Voice):
    engine = BreaksOff(after=0, times=99)
    with pytest.raises(SynthesisFailed):
        said(ResumingEngine(engine), sample)
    assert len(engine.said) == MOST + 1


def test_what_fails_before_its_first_chunk_is_raised_at_once(sample: Voice):
    engine = BrokenEngine()
    with pytest.raises(SynthesisFailed):
        said(ResumingEngine(engine), sample)
    assert len(engine.said) == 1


def test_what_is_known_of_the_engine_inside_is_handed_on():
    class Redrawing(ToneEngine):
        redrawn = 3

    inner = Redrawing()
    engine = ResumingEngine(inner)
    assert redrawn(engine) == 3
    assert (engine.capabilities, engine.fingerprint) == (inner.capabilities, inner.fingerprint)


def test_closing_stops_the_engine_inside(sample: Voice):
    closed = []

    class Watched(ToneEngine):
        def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
            try:
                yield from super().speak(utterance, voice)
            finally:
                closed.append(True)

    chunks = ResumingEngine(Watched()).speak(Utterance(TEXT, "en"), sample)
    next(chunks)
    chunks.close()
    assert closed == [True]
