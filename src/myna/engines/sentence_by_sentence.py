"""Arriving text for engines that need whole sentences."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace

from myna.core.audio import Audio
from myna.core.engine import ArrivingUtterance, Engine
from myna.core.languages import AUTO
from myna.core.playback import Playback
from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice
from myna.engines.time_line import TimeLine
from myna.text.languages import detect
from myna.text.sentences import SentenceSplitter


def speak_sentences(engine: Engine, utterance: ArrivingUtterance, voice: Voice) -> Generator[Chunk]:
    """Yield a text as it arrives, each sentence as soon as it has ended, with pauses between."""
    rate = engine.capabilities.sample_rate
    pause = utterance.options.sentence_pause
    playback, line = Playback(), TimeLine()
    for sentence in _sentences(utterance):
        if sentence is None:
            yield Chunk(Audio.silence(0.0, rate), engine=engine.name)
            continue
        if line.samples and pause:
            playback.hand_over(pause)
            yield line.silence(pause, Chunk(Audio.silence(0.0, rate), engine=engine.name))
        asked = utterance.language
        language = detect(sentence, voice.language) if asked == AUTO else asked
        wanted = Utterance(sentence, language, utterance.options, playback=playback)
        with closing(engine.speak(wanted, voice)) as chunks:
            # What it only takes to be so of one sentence, nobody could place among all words.
            yield from (replace(chunk, estimated=()) for chunk in line.placed(chunks))


def _sentences(utterance: ArrivingUtterance) -> Iterator[str | None]:
    """Yield the sentences of a text; None where nothing has arrived yet."""
    splitter = SentenceSplitter()
    for piece in utterance.pieces:
        if piece == "":
            yield None
        else:
            yield from splitter.feed(piece)
    yield from splitter.finish()
