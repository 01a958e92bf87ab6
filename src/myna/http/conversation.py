"""Several utterances over one connection: text in as it is written, sound and word times out."""

import asyncio
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from myna.core.engine import streaming
from myna.core.errors import BadText, NothingToSay, RequestError, TextTooLong
from myna.core.speech import Chunk, SpeechRequest, TextPiece
from myna.core.timing import TimedText
from myna.dsp.codec import AudioFormat, Encoder
from myna.dsp.resample import Resampler
from myna.http.auth import Caller
from myna.http.refusals import HungUp
from myna.http.service import Service
from myna.http.stage import Make
from myna.studio.studio import Placement
from myna.text.sentences import SentenceSplitter

MOST_PENDING = 16  # utterances begun and not yet spoken


class NotStarted(RequestError):
    """A message for an utterance that is not open."""

    code = "not_started"

    def __init__(self, utterance_id: str | None) -> None:
        which = "No utterance" if utterance_id is None else f"No utterance {utterance_id!r}"
        super().__init__(f"{which} is open. Send a `start` first.")


class TooManyPending(RequestError):
    """More utterances begun than may wait."""

    code = "too_many_pending"


class WroteTooSlowly(RequestError):
    """The text of an utterance stopped arriving."""

    code = "text_too_slow"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"No text arrived for {seconds:g} seconds. Send `end` when it is over.")


@dataclass(frozen=True, slots=True)
class Asked:
    """How an utterance is to be spoken and sent."""

    id: str
    request: SpeechRequest
    format: AudioFormat
    sample_rate: int
    """Hz."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A stretch of an utterance as it is sent."""

    data: bytes
    words: tuple[TimedText, ...] = ()
    waits: bool = False
    """Nothing to send: the engine has said all the text there is."""


class Listener(Protocol):
    """Whoever is told how the utterances of a conversation go."""

    async def started(self, asked: Asked) -> None:
        """What is heard from now on belongs to this utterance."""

    async def heard(self, asked: Asked, sound: Sound) -> None:
        """A stretch of it."""

    async def done(self, asked: Asked, seconds: float) -> None:
        """It has been spoken to its end."""

    async def cancelled(self, asked: Asked) -> None:
        """It was cancelled; nothing more of it comes."""

    async def failed(self, asked: Asked, error: Exception) -> None:
        """It could not be spoken to its end; nothing more of it comes."""


@dataclass(slots=True)
class _Utterance:
    asked: Asked
    is_one: bool
    """Whether the engine takes the text as it arrives: pieces, not sentences."""
    pieces: deque[TextPiece] = field(default_factory=deque)
    splitter: SentenceSplitter = field(default_factory=SentenceSplitter)
    sentences: deque[str] = field(default_factory=deque)
    characters: int = 0
    is_complete: bool = False
    is_cancelled: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, piece: TextPiece) -> None:
        """Add to the text."""
        if self.is_one:
            self.pieces.append(piece)
        else:
            self.sentences += self.splitter.feed(piece)
        self.changed.set()

    def complete(self) -> None:
        """Say that there is no more text."""
        if not self.is_one:
            self.sentences += self.splitter.finish()
        self.is_complete = True
        self.changed.set()

    def text(self) -> Iterator[TextPiece]:
        """Yield the pieces as they arrive; an empty one where there is none. For any thread."""
        while True:
            is_complete = self.is_complete  # looked at first: no piece comes after
            if self.pieces:
                yield self.pieces.popleft()
            elif is_complete:
                return
            else:
                yield ""


class Conversation:
    """Speaks utterances one after the other, in the order in which they were started."""

    def __init__(self, service: Service, caller: Caller, listener: Listener) -> None:
        self._service = service
        self._caller = caller
        self._listener = listener
        self._utterances: deque[_Utterance] = deque()  # the first is being spoken
        self._arrived = asyncio.Event()
        self._speaking: asyncio.Task[None] | None = None
        self._last_started: str | None = None
        self._dropped: deque[str] = deque(maxlen=MOST_PENDING)

    def start(self, asked: Asked) -> None:
        """Open an utterance; text goes to it from now on."""
        if len(self._utterances) >= MOST_PENDING:
            raise TooManyPending(f"{MOST_PENDING} utterances are waiting. Let one end first.")
        if any(utterance.asked.id == asked.id for utterance in self._utterances):
            raise TooManyPending(f"Utterance {asked.id!r} is not over yet. Choose another id.")
        engine = self._service.studio.engine_named(asked.request.engine)
        self._utterances.append(_Utterance(asked, is_one=streaming(engine) is not None))
        self._last_started = asked.id
        self._arrived.set()

    def write(self, utterance_id: str | None, piece: TextPiece) -> None:
        """Add text to an open utterance (None: the last one started), or a pause in it.

        Text for one that failed or was cancelled is on its way for nothing, and ignored.
        """
        utterance = self._open(utterance_id)
        if utterance is None:
            return
        if isinstance(piece, str):
            utterance.characters += len(piece)
            limit = self._service.studio.limits.text_characters
            if utterance.characters > limit:
                raise TextTooLong(utterance.characters, limit)
        utterance.take(piece)

    def end(self, utterance_id: str | None) -> None:
        """Say that the text of an utterance is complete."""
        utterance = self._open(utterance_id)
        if utterance is not None:
            utterance.complete()

    def cancel(self, utterance_id: str | None) -> None:
        """Drop an utterance, or all of them."""
        for utterance in self._utterances:
            if utterance_id in (None, utterance.asked.id):
                utterance.is_cancelled = utterance.is_complete = True
        if self._utterances and self._utterances[0].is_cancelled and self._speaking:
            self._speaking.cancel()

    async def speak(self) -> None:
        """Speak what is started, until cancelled."""
        while True:
            await self._arrived.wait()
            if not self._utterances:
                self._arrived.clear()
                continue
            utterance = self._utterances[0]
            try:
                await self._speak_one(utterance)
            finally:
                self._utterances.popleft()

    async def _speak_one(self, utterance: _Utterance) -> None:
        asked = utterance.asked
        if utterance.is_cancelled:
            await self._listener.cancelled(asked)
            return
        self._speaking = speaking = asyncio.create_task(self._perform(utterance))
        try:
            await asyncio.wait({speaking})
        finally:
            self._speaking = None
            speaking.cancel()
            await asyncio.wait({speaking})
        if speaking.cancelled():
            self._dropped.append(asked.id)
            await self._listener.cancelled(asked)
        elif isinstance(error := speaking.exception(), HungUp):
            raise error
        elif isinstance(error, Exception):
            self._dropped.append(asked.id)
            await self._listener.failed(asked, error)

    async def _perform(self, utterance: _Utterance) -> None:
        if utterance.is_one:
            await self._perform_arriving(utterance)
            return
        asked = utterance.asked
        reading = _Reading(self._service, asked)
        sentence = await self._next_sentence(utterance)
        if sentence is None:
            raise NothingToSay
        async with self._service.stage.place(self._caller.id) as place:
            await self._listener.started(asked)
            while sentence is not None:
                make = self._service.metrics.watched(reading.of(sentence))
                async for sound in place.play(make, reading.sounds):
                    await self._listener.heard(asked, sound)
                sentence = await self._next_sentence(utterance)
            rest = await asyncio.to_thread(reading.rest)
            await self._listener.heard(asked, rest)
        await self._listener.done(asked, reading.seconds)

    async def _perform_arriving(self, utterance: _Utterance) -> None:
        """Speak text as it arrives, all of it as one. No turn is held while text is waited for."""
        asked = utterance.asked
        reading = _Reading(self._service, asked)
        await self._more(utterance)
        async with self._service.stage.place(self._caller.id) as place:
            await self._listener.started(asked)
            make = self._service.metrics.watched(reading.arriving(utterance.text()))
            async for sound in place.play(make, reading.sounds):
                if sound.waits:
                    await self._more(utterance)
                else:
                    await self._listener.heard(asked, sound)
            rest = await asyncio.to_thread(reading.rest)
            await self._listener.heard(asked, rest)
        await self._listener.done(asked, reading.seconds)

    async def _more(self, utterance: _Utterance) -> None:
        """Wait for the next piece, or the end."""
        while not (utterance.pieces or utterance.is_complete):
            await self._change(utterance)

    async def _next_sentence(self, utterance: _Utterance) -> str | None:
        while not utterance.sentences:
            if utterance.is_complete:
                return None
            await self._change(utterance)
        return utterance.sentences.popleft()

    async def _change(self, utterance: _Utterance) -> None:
        seconds = self._service.settings.idle_seconds
        utterance.changed.clear()
        try:
            async with asyncio.timeout(seconds):
                await utterance.changed.wait()
        except TimeoutError:
            raise WroteTooSlowly(seconds) from None

    def _open(self, utterance_id: str | None) -> _Utterance | None:
        wanted = self._last_started if utterance_id is None else utterance_id
        for utterance in self._utterances:
            if utterance.asked.id == wanted and not utterance.is_complete:
                return utterance
            if utterance.asked.id == wanted and utterance.is_cancelled:
                return None
        if wanted in self._dropped:
            return None
        raise NotStarted(utterance_id)


class _Reading:
    """One utterance being read out, sentence by sentence. Used by one thread at a time."""

    def __init__(self, service: Service, asked: Asked) -> None:
        self._studio = service.studio
        self._asked = asked
        self._placement = Placement(asked.request.options.sentence_pause)
        self._encoder = Encoder(asked.format, asked.sample_rate)
        self._resampler: Resampler | None = None
        self.seconds = 0.0

    def of(self, sentence: str) -> Make:
        """Return what speaks the next sentence."""
        request = replace(self._asked.request, text=sentence)
        return lambda: self._spoken(request)

    def arriving(self, text: Iterator[TextPiece]) -> Make:
        """Return what speaks all of it as it arrives."""
        request = replace(self._asked.request, text=text)
        return lambda: self._spoken(request)

    def sounds(self, chunks: Iterable[Chunk]) -> Generator[Sound]:
        """Yield what is sent of a sentence."""
        for chunk in chunks:
            if not len(chunk.audio.samples) and not chunk.words:
                yield Sound(b"", waits=True)
                continue
            self.seconds += chunk.audio.duration
            rate = chunk.audio.sample_rate
            self._resampler = self._resampler or Resampler(rate, self._asked.sample_rate)
            data = self._encoder.encode(self._resampler.process(chunk.audio))
            yield Sound(data, chunk.words)

    def rest(self) -> Sound:
        """Return the end of the encoded stream. Raises `BadText` if nothing was said."""
        if self._resampler is None:
            raise NothingToSay
        return Sound(self._encoder.encode(self._resampler.finish()) + self._encoder.finish())

    def _spoken(self, request: SpeechRequest) -> Generator[Chunk]:
        with suppress(BadText), closing(self._studio.stream(request)) as chunks:
            yield from self._placement.placed(chunks)
