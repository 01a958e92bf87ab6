"""Another Myna's events: sound, words, the end."""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from myna.core.audio import Audio
from myna.core.errors import EngineTimeout, SynthesisFailed
from myna.core.speech import Chunk
from myna.core.timing import TimedText
from myna.dsp.codec import StreamDecoder
from myna.engines.remote.speaking import parts

MEDIA_TYPE = "text/event-stream"
TAIL = 0.02  # seconds held back until it is known which words end before them
ROUNDING = 1e-4  # seconds, of word times on the wire


class EventReader:
    """Cuts a stream of server-sent events at their ends."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield the data of each event now complete. Raises `ValueError` for what is no JSON."""
        # Any, dict: this is the wire
        *whole, self._waiting = (self._waiting + data).split(b"\n\n")
        for event in whole:
            lines = [line[5:].strip() for line in event.split(b"\n") if line[:5] == b"data:"]
            if lines:
                yield json.loads(b"\n".join(lines))


class SpeechEvents:
    """Chunks from the events of one sentence.

    Words follow the sound they are in; the last of the sound waits for them, so that no chunk
    is without sound.
    """

    def __init__(self, engine: str, shown: str, *, times_words: bool) -> None:
        self._engine = engine
        self._shown = shown  # the server, for messages
        self._times_words = times_words
        self._events = EventReader()
        self._sound = StreamDecoder()
        self._held: Chunk | None = None
        self._words: list[TimedText] = []
        self._heard = 0.0  # seconds
        self._is_done = False

    def feed(self, data: bytes) -> Iterable[Chunk]:
        """Take the next bytes; return what can be heard. Raises `EngineError` the server tells."""
        chunks: list[Chunk] = []
        try:
            for event in self._events.feed(data):
                chunks += self._taken(event)
        except (ValueError, KeyError, TypeError) as error:
            raise SynthesisFailed(f"{self._shown} sent an event it should not: {error}") from None
        return chunks

    def finish(self) -> Iterable[Chunk]:
        """Return nothing: the event `done` was the end. Raises where it did not come."""
        if not self._is_done:
            raise SynthesisFailed(f"{self._shown} ended in mid-sentence.")
        return ()

    def _taken(self, event: dict[str, Any]) -> list[Chunk]:  # Any, dict: this is the wire
        match event["type"]:
            case "audio":
                return self._sounded(event)
            case "words" if self._times_words:
                self._words += [TimedText(w["text"], w["start"], w["end"]) for w in event["words"]]
            case "done":
                self._is_done = True
                return self._released(0.0)
            case "error":
                error = event["error"]
                told = f"{self._shown} failed in mid-sentence: {error['message']}"
                raise (EngineTimeout if error["code"] == "engine_timeout" else SynthesisFailed)(
                    told
                )
        return []

    def _sounded(self, event: dict[str, Any]) -> list[Chunk]:  # Any, dict: this is the wire
        audio = self._sound.feed(base64.b64decode(event["audio"]))
        if audio is None:
            return []
        if self._held:
            audio = Audio.join([self._held.audio, audio])
        self._held = Chunk(
            audio,
            engine=self._engine,
            fell_back=event.get("fell_back", False),
            cloned=event.get("cloned", True),
        )
        return self._released(TAIL)

    def _released(self, tail: float) -> list[Chunk]:
        """Let go of the sound held, but for its last `tail` seconds, with the words in it."""
        if self._held is None:
            return []
        audio = self._held.audio
        kept = round(tail * audio.sample_rate)
        ready, rest = np.split(audio.samples, [max(0, len(audio.samples) - kept)])
        chunks = []
        for part in parts(Audio(ready, audio.sample_rate)):
            self._heard += part.duration
            chunks.append(replace(self._held, audio=part, words=self._due(self._heard)))
        self._held = replace(self._held, audio=Audio(rest, audio.sample_rate)) if kept else None
        return chunks

    def _due(self, heard: float) -> tuple[TimedText, ...]:
        due = [replace(w, end=min(w.end, heard)) for w in self._words if w.end <= heard + ROUNDING]
        self._words = self._words[len(due) :]
        return tuple(due)
