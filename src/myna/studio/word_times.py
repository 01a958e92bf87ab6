"""When the words of a sentence are said, where they were asked for."""

import logging
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace

from myna.align.aligner import DOUBTFUL_COST, align
from myna.core.audio import Audio
from myna.core.errors import BadAudio, BadText, PackageMissing, TextMismatch, Unsupported
from myna.core.speech import Chunk
from myna.core.timing import TimedText

logger = logging.getLogger(__name__)


def timed(chunks: Generator[Chunk], said: Callable[[], tuple[str, str]]) -> Generator[Chunk]:
    """Yield chunks and then, where the engine timed no word of them, all their words.

    `said` tells the text and its language; it is asked once all chunks are there.
    """
    heard: list[Chunk] = []
    with closing(chunks):
        for chunk in chunks:
            yield chunk
            heard.append(chunk)
    if heard and not any(chunk.words for chunk in heard):
        audio = Audio.join(chunk.audio for chunk in heard)
        estimated = tuple(word for chunk in heard for word in chunk.estimated)
        words = _found(audio, *said(), estimated)
        silence = Audio.silence(0.0, audio.sample_rate)
        yield replace(heard[-1], audio=silence, words=words, estimated=())


def _found(
    audio: Audio, text: str, language: str, estimated: tuple[TimedText, ...]
) -> tuple[TimedText, ...]:
    """Align the words; where that is doubtful, they are where the engine takes them to be.

    A sentence in which nobody finds them has none. Raises `PackageMissing` or `Unsupported` where
    there is nothing to find them with, and the engine has no idea.
    """
    try:
        alignment = align(audio, text, language)
    except (TextMismatch, BadAudio, BadText) as error:
        if not estimated:
            logger.warning("the words of a sentence are not timed: %s", error.code)
        return estimated
    except (PackageMissing, Unsupported):
        if not estimated:
            raise
        return estimated
    return estimated if estimated and alignment.cost > DOUBTFUL_COST else alignment.words
