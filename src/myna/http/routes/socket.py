"""Text in as it is written, speech out, over a WebSocket."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from myna.core.errors import TextTooLong
from myna.core.speech import Pause
from myna.dsp.codec import AudioFormat
from myna.http.auth import SUBPROTOCOL, Caller
from myna.http.conversation import Asked, Conversation, Sound
from myna.http.errors import detail, native_error, problem_of, request_id
from myna.http.refusals import HungUp, NotUnderstood, ShuttingDown
from myna.http.routes.speech import Manner, Word
from myna.http.service import Service
from myna.storage.keys import Scope

router = APIRouter()

UtteranceId = Annotated[str, Field(min_length=1, max_length=100)]


class Start(Manner):
    """Opens an utterance."""

    type: Literal["start"]
    id: UtteranceId
    voice: str = Field(min_length=1, max_length=200)


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: UtteranceId | None = None
    """Which utterance; unset: the one started last (for `cancel`: all of them)."""


class Text(_Message):
    """Adds text to it."""

    type: Literal["text"]
    text: str


class Flush(_Message):
    """Says what is there now, even in mid-sentence."""

    type: Literal["flush"]


class End(_Message):
    """Completes its text."""

    type: Literal["end"]


class Cancel(_Message):
    """Drops it."""

    type: Literal["cancel"]


Message = Start | Text | Flush | End | Cancel
_MESSAGES: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


@router.websocket("/v1/speech/stream")
async def converse(socket: WebSocket) -> None:
    """Speak utterances as they are written; docs/reference/http.md has the protocol."""
    service: Service = socket.app.state.service
    try:
        caller = await service.access.caller(socket)
        caller.check(Scope.SPEAK)
        await service.rates.count(caller.id)
    except Exception as error:  # noqa: BLE001 - the handshake answers every error
        refusal = native_error(problem_of(error, request_id(socket)))
        await socket.send_denial_response(refusal)
        return
    offered = socket.scope.get("subprotocols", ())
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
    session = _Session(service, caller, socket)
    speaking = asyncio.create_task(session.conversation.speak())
    listening = asyncio.create_task(session.listen())
    try:
        await asyncio.wait({speaking, listening}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (speaking, listening):
            task.cancel()
        await asyncio.gather(speaking, listening, return_exceptions=True)


class _Session:
    """One connection: messages in, frames and events out."""

    def __init__(self, service: Service, caller: Caller, socket: WebSocket) -> None:
        self._service = service
        self._caller = caller
        self._socket = socket
        self.conversation = Conversation(service, caller, self)

    async def listen(self) -> None:
        """Take messages until the client goes."""
        while True:
            try:
                await self._take(await self._socket.receive_text())
            except WebSocketDisconnect:
                return
            except KeyError:
                await self._tell_error(None, NotUnderstood("Messages are text: one JSON object."))

    async def started(self, asked: Asked) -> None:
        """Announce the utterance that is heard from now on."""
        await self._send(
            {
                "type": "started",
                "id": asked.id,
                "format": asked.format.value,
                "sample_rate": asked.sample_rate,
            }
        )

    async def heard(self, asked: Asked, sound: Sound) -> None:
        """Send sound as a binary frame, and the words known by now."""
        if sound.data:
            await self._in_time(self._socket.send_bytes(sound.data))
        if sound.words:
            words = [Word.of(word).model_dump() for word in sound.words]
            await self._send({"type": "words", "id": asked.id, "words": words})

    async def done(self, asked: Asked, seconds: float) -> None:
        """Tell that an utterance is over."""
        await self._send({"type": "done", "id": asked.id, "duration": round(seconds, 4)})

    async def cancelled(self, asked: Asked) -> None:
        """Tell that nothing more of an utterance comes."""
        await self._send({"type": "cancelled", "id": asked.id})

    async def failed(self, asked: Asked, error: Exception) -> None:
        """Tell why nothing more of an utterance comes."""
        await self._tell_error(asked.id, error)

    async def _take(self, text: str) -> None:
        message: Message | None = None
        try:
            message = _understood(text)
            await self._act(message)
        except TextTooLong as error:
            self.conversation.cancel(message.id if message else None)
            await self._tell_error(message.id if message else None, error)
        except HungUp:
            raise
        except Exception as error:  # noqa: BLE001 - every error becomes an event
            await self._tell_error(message.id if message else None, error)

    async def _act(self, message: Message) -> None:
        match message:
            case Start():
                self.conversation.start(await self._asked(message))
            case Text():
                self.conversation.write(message.id, message.text)
            case Flush():
                self.conversation.write(message.id, Pause.FLUSH)
            case End():
                self.conversation.end(message.id)
            case Cancel():
                self.conversation.cancel(message.id)

    async def _asked(self, start: Start) -> Asked:
        """Check an utterance before any text of it is taken."""
        service = self._service
        if service.stage.places.closed:
            raise ShuttingDown
        await service.rates.count(self._caller.id)
        engine = service.studio.engine_named(start.engine)
        owner = self._caller.owner
        voice = await asyncio.to_thread(service.voice, owner, start.voice)
        request = start.request("", voice)
        format = AudioFormat.named(start.format)
        rate = format.rate_for(start.sample_rate or engine.capabilities.sample_rate)
        return Asked(start.id, request, format, rate)

    async def _tell_error(self, utterance_id: str | None, error: Exception) -> None:
        problem = problem_of(error, request_id(self._socket))
        self._service.metrics.count_error(problem.code)
        await self._send(
            {"type": "error", "id": utterance_id, "error": detail(problem).model_dump()}
        )

    async def _send(self, event: dict[str, Any]) -> None:  # Any, dict: this is the wire
        await self._in_time(self._socket.send_json(event))

    async def _in_time(self, sending: Any) -> None:  # Any: Starlette's coroutine
        try:
            async with asyncio.timeout(self._service.settings.send_seconds):
                await sending
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            raise HungUp from None  # gone, or not listening


def _understood(text: str) -> Message:
    try:
        return _MESSAGES.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise NotUnderstood(f"{place}: {first['msg']}" if place else first["msg"]) from None
