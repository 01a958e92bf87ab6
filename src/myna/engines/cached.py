"""Never say the same sentence twice."""

import hashlib
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Protocol

from myna.core.engine import Engine
from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice
from myna.engines.wrapping import WrappingEngine


class ResultStore(Protocol):
    """Keeps finished sentences by key."""

    def get(self, key: str) -> Chunk | None:
        """Return the sentence kept under this key, if any."""

    def put(self, key: str, chunks: Sequence[Chunk]) -> None:
        """Keep a finished sentence."""


class CachedEngine(WrappingEngine):
    """Replays a sentence it has finished before.

    Not kept: a half-heard sentence, one that a server had its own fallback say, text that still
    arrives (nobody can look it up before it is there), and what is made of recordings. A sentence
    that was made for somebody who heard the whole also serves one who listens while it is made,
    not the other way round: the engine may have taken a second look at the former.
    """

    def __init__(self, engine: Engine, store: ResultStore) -> None:
        super().__init__(engine)
        self._store = store

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield the stored audio, or the engine's, remembering it once complete."""
        if (hit := self.recall(utterance, voice)) is not None:
            utterance.playback.hand_over(hit.audio.duration)
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

    def recall(self, utterance: Utterance, voice: Voice) -> Chunk | None:
        """Return the stored audio, if there is any. Does not trouble the engine."""
        own = self._key(utterance, voice)
        whole = own if utterance.whole else self._key(replace(utterance, whole=True), voice)
        hit = self._store.get(whole) or self._store.get(own)
        return None if hit is None else replace(hit, cached=True)

    def _key(self, utterance: Utterance, voice: Voice) -> str:
        # The pause is laid between sentences, it is in none of them.
        options = replace(utterance.options, sentence_pause=0.0)
        said = repr((self.name, self.fingerprint, replace(utterance, options=options), voice.id))
        return hashlib.sha256(said.encode()).hexdigest()
