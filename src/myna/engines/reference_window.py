"""The few seconds of a reference that a model is conditioned on, and the words in them."""

import logging

import numpy as np

from myna.align.aligner import align
from myna.core.audio import Audio
from myna.core.errors import BadReference, EngineError, RequestError
from myna.core.timing import TimedText
from myna.core.voice import Voice
from myna.dsp.activity import activity

logger = logging.getLogger(__name__)

SHORTEST_REFERENCE = 1.0  # seconds
_NEARLY = 0.005  # seconds that resampling and decoding may take off
SILENT = 1e-4  # of full scale: what never gets louder has nobody in it
SHORTEST_WINDOW, LONGEST_WINDOW = 3.0, 10.0  # seconds the models were trained on


def best_window(voice: Voice) -> tuple[Audio, str]:
    """Return the part of the reference with most speech in it, and what is said there.

    A reference of up to 10 s is taken whole. Of a longer one the window from 3 to 10 s is taken,
    cut in pauses, that has most speech. Its words are found by alignment; where that fails, the
    text is empty.

    Raises `BadReference` for less than a second, for silence, and for samples that are no numbers.
    """
    audio = voice.reference
    if audio.duration < SHORTEST_REFERENCE - _NEARLY:
        raise BadReference(
            f"The reference is {audio.duration:.2f} s long; the engine needs 1 s and does best "
            "with 3 to 10 s. Record a sentence or two."
        )
    peak = np.abs(audio.samples).max()
    if not np.isfinite(peak):
        raise BadReference(
            "The reference has samples that are not numbers (NaN or infinite). Export it again "
            "from the program that made it."
        )
    if peak < SILENT:
        raise BadReference("The reference is silent. Check that it is the right recording.")
    if audio.duration <= LONGEST_WINDOW:
        return audio, voice.transcript.strip()
    start, end = window_of(activity(audio), audio.duration)
    logger.info(
        "of a reference of %.1f s, %.1f to %.1f s are used: the window of at most %.0f s with most "
        "speech",
        *(audio.duration, start, end, LONGEST_WINDOW),
    )
    return audio.between(start, end), _said_between(voice, start, end)


def window_of(speech: list[tuple[float, float]], duration: float) -> tuple[float, float]:
    """Return the window with most speech whose ends lie in pauses, in seconds.

    `speech` are the stretches of it. Where nobody pauses, the window begins with the speech.
    """
    ends = [end for _, end in speech]
    pauses = [(end + start) / 2 for end, (start, _) in zip(ends, speech[1:], strict=False)]
    cuts = [0.0, *pauses, duration]
    windows = [
        (first, last)
        for first in cuts
        for last in cuts
        if SHORTEST_WINDOW <= last - first <= LONGEST_WINDOW
    ]
    if not windows:
        first = min(speech[0][0] if speech else 0.0, duration - LONGEST_WINDOW)
        return first, first + LONGEST_WINDOW
    return max(windows, key=lambda window: _speech_in(speech, window))


def _speech_in(speech: list[tuple[float, float]], window: tuple[float, float]) -> float:
    first, last = window
    return sum(max(0.0, min(end, last) - max(start, first)) for start, end in speech)


def _said_between(voice: Voice, start: float, end: float) -> str:
    if not voice.transcript.strip():
        return ""
    try:
        words = align(voice.reference, voice.transcript, voice.language).words
    except (RequestError, EngineError) as error:
        logger.warning("a long reference is used without its words: %s", error)
        return ""
    return transcript_between(voice.transcript, words, start, end)


def transcript_between(
    transcript: str, words: tuple[TimedText, ...], start: float, end: float
) -> str:
    """Return the part of a transcript said from `start` to `end`, with the marks in it."""
    first: int | None = None
    place = 0
    for word in words:
        found = transcript.find(word.text, place)
        if found < 0:
            continue
        inside = start <= (word.start + word.end) / 2 < end
        if inside and first is None:
            first = found
        if not inside and first is not None:
            return transcript[first:found].strip()
        place = found + len(word.text)
    return "" if first is None else transcript[first:].strip()
