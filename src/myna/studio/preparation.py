"""Sentences said ahead of time, so that later they come from the cache."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, replace
from enum import Enum

from myna.core.engine import Engine
from myna.core.errors import EngineError, NothingToSay
from myna.core.speech import SpeechRequest, Utterance
from myna.core.voice import Voice
from myna.studio.studio import Studio

ATTEMPTS = 3


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
    studio.engine_for(request)
    voice = studio.voice(request.voice)
    found: dict[Utterance, None] = {}
    for phrase in phrases:
        asked = replace(request, text=phrase, whole=True)
        found.update(dict.fromkeys(studio.utterances(asked, voice)))
    if not found:
        raise NothingToSay
    return list(found)


def prepare(
    engines: Sequence[Engine], utterances: Iterable[Utterance], voice: Voice, jobs: int
) -> Iterator[Prepared]:
    """Say the sentences, `jobs` at a time, and tell of each as it is done.

    Each is said by the first of the engines that speaks its language, and by no other: what only a
    fallback could say has failed. It is tried `ATTEMPTS` times, for a server may first have to
    learn the voice. Whatever was kept before costs nothing, so an interrupted preparation goes on
    where it was. Left early, the sentences begun are finished and no other is begun.
    """
    with ThreadPoolExecutor(jobs, thread_name_prefix="prepare") as pool:
        running = [pool.submit(_prepared, engines, utterance, voice) for utterance in utterances]
        try:
            for done in as_completed(running):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _prepared(engines: Sequence[Engine], utterance: Utterance, voice: Voice) -> Prepared:
    engine = next((engine for engine in engines if _is_able(engine, utterance)), None)
    if engine is None:
        problem = f"no engine speaks {utterance.language!r}"
        return Prepared(utterance.text, Outcome.FAILED, problem=problem)
    problem = ""
    for _ in range(ATTEMPTS):
        try:
            return _said(engine, utterance, voice)
        except EngineError as error:
            problem = str(error)
    return Prepared(utterance.text, Outcome.FAILED, problem=problem)


def _is_able(engine: Engine, utterance: Utterance) -> bool:
    """Whether a chain would choose this engine if it were the first."""
    able = engine.capabilities
    speaker = utterance.options.speaker
    return utterance.language in able.languages and speaker in ("", *able.speakers)


def _said(engine: Engine, utterance: Utterance, voice: Voice) -> Prepared:
    seconds, outcome = 0.0, Outcome.MADE
    with closing(engine.speak(utterance, voice)) as chunks:
        for chunk in chunks:
            if chunk.fell_back:
                problem = f"only {chunk.engine!r} could have said it, a fallback"
                return Prepared(utterance.text, Outcome.FAILED, problem=problem)
            if chunk.cached:
                outcome = Outcome.THERE
            seconds += chunk.audio.duration
    return Prepared(utterance.text, outcome, seconds)
