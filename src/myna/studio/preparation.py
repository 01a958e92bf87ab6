"""Sentences said ahead of time, so that later they come from the cache."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, replace
from enum import Enum

from myna.core.engine import Engine
from myna.core.errors import BadText, EngineError
from myna.core.speech import SpeechRequest, Utterance
from myna.core.voice import Voice
from myna.studio.studio import Studio


class Outcome(Enum):
    """What became of a sentence."""

    MADE = "made"
    """It was spoken, and is kept."""
    THERE = "there"
    """It was kept before."""
    FAILED = "failed"
    """It could not be spoken by the engine that was to."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sentence and what became of it."""

    text: str
    outcome: Outcome
    seconds: float = 0.0
    """Length of the speech."""
    problem: str = ""


def plan(studio: Studio, phrases: Iterable[str], request: SpeechRequest) -> list[Utterance]:
    """Return the sentences of the phrases, each once, as later requests will ask for them.

    `request` tells everything but the text. Raises `RequestError` where a phrase would be refused.
    """
    voice = studio.voice(request.voice)
    found: dict[Utterance, None] = {}
    for phrase in phrases:
        asked = replace(request, text=phrase, whole=True)
        found.update(dict.fromkeys(studio.utterances(asked, voice)))
    if not found:
        raise BadText("There is nothing to say in the phrases.")
    return list(found)


def prepare(
    engine: Engine, utterances: Iterable[Utterance], voice: Voice, jobs: int
) -> Iterator[Prepared]:
    """Say the sentences, `jobs` at a time, and tell of each as it is done.

    Whatever was kept before costs nothing, so an interrupted preparation goes on where it was. Only
    the engine that is to say a sentence counts: if another in the chain would, it has failed. Left
    early, the sentences begun are finished and no other is begun.
    """
    with ThreadPoolExecutor(jobs, thread_name_prefix="prepare") as pool:
        running = [pool.submit(_prepared, engine, utterance, voice) for utterance in utterances]
        try:
            for done in as_completed(running):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _prepared(engine: Engine, utterance: Utterance, voice: Voice) -> Prepared:
    seconds, outcome = 0.0, Outcome.MADE
    try:
        with closing(engine.speak(utterance, voice)) as chunks:
            for chunk in chunks:
                if chunk.fell_back:
                    problem = f"only {chunk.engine!r} could have said it, a fallback"
                    return Prepared(utterance.text, Outcome.FAILED, problem=problem)
                if chunk.cached:
                    outcome = Outcome.THERE
                seconds += chunk.audio.duration
    except EngineError as error:
        return Prepared(utterance.text, Outcome.FAILED, problem=str(error))
    return Prepared(utterance.text, outcome, seconds)
