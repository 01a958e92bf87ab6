"""Never say the same sentence twice."""

import hashlib
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Protocol

from myna.core.audio import Audio
from myna.core.engine import ArrivingUtterance, Capabilities, Engine, converting, redrawn, streaming
from myna.core.errors import Unsupported
from myna.core.infill import Gap, Infilled, infilled, infilling
from myna.core.speech import Chunk, Options, Utterance
from myna.core.voice import Voice


class ResultStore(Protocol):
    """Keeps finished sentences by key."""

    def get(self, key: str) -> Chunk | None:
        """Return the sentence kept under this key, if any."""

    def put(self, key: str, chunks: Sequence[Chunk]) -> None:
        """Keep a finished sentence."""


class CachedEngine:
    """Replays a sentence it has finished before.

    Not kept: a half-heard sentence, and one that a server had its own fallback say. A sentence
    that was made for somebody who heard the whole also serves one who listens while it is made,
    not the other way round: the engine may have taken a second look at the former.
    """

    def __init__(self, engine: Engine, store: ResultStore) -> None:
        self._engine = engine
        self._store = store
        self.name = engine.name

    @property
    def capabilities(self) -> Capabilities:
        """What the engine can do; a remote one may come to know better."""
        return self._engine.capabilities

    @property
    def fingerprint(self) -> str:
        """The engine's, which may change while it runs: a server's weights, for one."""
        return self._engine.fingerprint

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield the stored audio, or the engine's, remembering it once complete."""
        if (hit := self.recall(utterance, voice)) is not None:
            yield hit
            return
        heard: list[Chunk] = []
        with closing(self._engine.speak(utterance, voice)) as chunks:
            for chunk in chunks:
                heard.append(chunk)
                yield chunk
        if heard and not any(chunk.fell_back for chunk in heard):
            # The key anew: while it spoke, a server may have told that it is another by now.
            self._store.put(self._key(utterance, voice), heard)

    @property
    def redrawn(self) -> int:
        """How many sentences the engine drew again."""
        return redrawn(self._engine)

    def recall(self, utterance: Utterance, voice: Voice) -> Chunk | None:
        """Return the stored audio, if there is any. Does not trouble the engine."""
        own = self._key(utterance, voice)
        whole = own if utterance.whole else self._key(replace(utterance, whole=True), voice)
        hit = self._store.get(whole) or self._store.get(own)
        return None if hit is None else replace(hit, cached=True)

    def infills(self, language: str) -> bool:
        """Whether the engine fills gaps in this language."""
        return infilling(self._engine, language) is not None

    def infill(self, gap: Gap, voice: Voice) -> Infilled:
        """Have the engine fill a gap. Not kept: hardly a recording is edited twice the same way."""
        return infilled(self._engine, gap, voice)

    def speak_arriving(self, utterance: ArrivingUtterance, voice: Voice) -> Generator[Chunk]:
        """Hand on what the engine says: before a text is there, nobody can look it up."""
        engine = streaming(self._engine)
        if engine is None:
            raise Unsupported(f"Engine {self.name!r} takes text sentence by sentence.")
        return engine.speak_arriving(utterance, voice)

    def convert(self, source: Audio, voice: Voice, options: Options) -> Generator[Chunk]:
        """Hand on what the engine makes; recordings are not kept."""
        return converting(self._engine).convert(source, voice, options)

    def _key(self, utterance: Utterance, voice: Voice) -> str:
        # The pause is laid between sentences, it is in none of them.
        options = replace(utterance.options, sentence_pause=0.0)
        said = repr((self.name, self.fingerprint, replace(utterance, options=options), voice.id))
        return hashlib.sha256(said.encode()).hexdigest()
