"""One way to talk to every server: streams, bounds, retries, and an end at any moment."""

import random
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from myna.core.errors import EngineTimeout, EngineUnreachable, MynaError
from myna.engines.remote.channel import Channel, HungUp
from myna.engines.remote.place import place_of

SERVER_ERRORS = range(500, 600)
BACKOFF = 0.05  # seconds before the second attempt; doubles, give or take a half
SLACK = 1.0  # seconds: the listener gives up first and says so; the socket's own bound comes later
IDLE_SECONDS = 30.0  # a connection is kept for the next sentence
LONGEST_REFUSAL = 65536  # bytes read of an answer that says no


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a server, in seconds, and how often to try."""

    connect: float = 1.0
    first_sound: float = 5.0
    stall: float = 2.0
    retries: int = 2


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and how to be let in."""

    name: str
    """The engine's name, for messages."""
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_file: Path | None = None
    proxy: str | None = None
    identity: str | None = None
    """What the server is known by, whatever its address; None: the address."""

    @property
    def known_as(self) -> str:
        """What is part of its engine's fingerprint."""
        return self.identity or self.url

    @property
    def shown(self) -> str:
        """Name and place as messages tell them: no key, no password."""
        return f"{self.name!r} at {place_of(self.url)}"


@dataclass(frozen=True, slots=True)
class Ask:
    """What is sent to a server."""

    path: str
    method: str = "POST"
    json: Mapping[str, Any] | None = None  # Any: this is the wire
    form: Mapping[str, str] | None = None
    files: Mapping[str, tuple[str, bytes]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said, whole."""

    status: int
    content: bytes


class _Refusal(MynaError):
    """A status other than success, as it is."""

    def __init__(self, status: int, content: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.content = content


class _MayPass(Exception):
    """What went wrong and may go better next time."""

    def __init__(self, error: MynaError) -> None:
        super().__init__(str(error))
        self.error = error


Refused = Callable[[int, bytes], MynaError]
"""Says in our terms what a status other than success, and what came with it, means."""


class Transport:
    """Asks one server. Threads may share it; made without touching the network."""

    def __init__(self, address: Address, patience: Patience) -> None:
        self.address = address
        self.patience = patience
        self._lock = threading.Lock()
        self._client: httpx2.Client | None = None

    def open(self, ask: Ask, refused: Refused, retries: int | None = None) -> Channel:
        """Start to ask; the answer comes through the channel, which the caller must close.

        A connection that cannot be made and a failing server (5xx) are tried again, with growing
        rests; nothing is once a byte of an answer has come.
        """
        channel = Channel()
        reading = threading.Thread(
            target=self._read,
            args=(ask, refused, channel, self.patience.retries if retries is None else retries),
            name=f"listening to {self.address.name}",
            daemon=True,
        )
        reading.start()
        return channel

    def knock(self, ask: Ask, seconds: float, retries: int = 0) -> Answer:
        """Ask and return a whole small answer, whatever it says. Raises `EngineError`."""
        until = time.monotonic() + seconds
        parts = []
        with closing(self.open(ask, _Refusal, retries)) as channel:
            try:
                while (piece := channel.get(until - time.monotonic())) is not None:
                    parts.append(piece)
            except TimeoutError:
                raise self.too_slow(f"has not answered within {seconds:g} seconds") from None
            except _Refusal as refusal:
                return Answer(refusal.status, refusal.content)
        return Answer(200, b"".join(parts))

    def too_slow(self, what: str) -> EngineTimeout:
        """Return the error for a server that let us wait."""
        return EngineTimeout(f"{self.address.shown} {what}. Is it overloaded, or the line down?")

    # ---- in the reading thread ------------------------------------------------------------------

    def _read(self, ask: Ask, refused: Refused, channel: Channel, retries: int) -> None:
        try:
            response = self._answered(ask, refused, channel, retries)
            try:
                channel.set_cut(lambda: _cut(response))
                for piece in response.iter_bytes():
                    channel.put(piece)
                channel.set_cut(None)
            except httpx2.TransportError as error:
                raise EngineUnreachable(
                    f"The line to {self.address.shown} broke off: {_reason(error)}."
                ) from None
            finally:
                response.close()
        except HungUp:
            return
        except Exception as error:  # noqa: BLE001 - the listener hears of it
            channel.end(error)
        else:
            channel.end()

    def _answered(
        self, ask: Ask, refused: Refused, channel: Channel, retries: int
    ) -> httpx2.Response:
        for attempt in range(retries + 1):
            try:
                return self._attempted(ask, refused)
            except _MayPass as passing:
                if attempt == retries:
                    raise passing.error from None
            channel.rest(BACKOFF * 2**attempt * random.uniform(0.5, 1.5))
        raise AssertionError("the last attempt returns or raises")

    def _attempted(self, ask: Ask, refused: Refused) -> httpx2.Response:
        """Return an answer. Raises `_MayPass` for what may go better next time."""
        client = self._connected()
        request = client.build_request(
            ask.method, ask.path, json=ask.json, data=ask.form, files=ask.files, headers=ask.headers
        )
        try:
            response = client.send(request, stream=True)
        except httpx2.TimeoutException:
            raise self.too_slow("did not answer in time") from None
        except httpx2.TransportError as error:
            told = f"{self.address.shown} cannot be reached: {_reason(error)}."
            unreachable = EngineUnreachable(told)
            raise unreachable if _is_about_trust(error) else _MayPass(unreachable) from None
        if response.is_success:
            return response
        with closing(response):
            refusal = refused(response.status_code, _beginning(response))
        raise _MayPass(refusal) if response.status_code in SERVER_ERRORS else refusal

    def _connected(self) -> httpx2.Client:
        with self._lock:
            if self._client is None:
                self._client = _client(self.address, self.patience)
                weakref.finalize(self, self._client.close)
            return self._client


def _client(address: Address, patience: Patience) -> httpx2.Client:
    trusted = ssl.create_default_context()
    if address.ca_file:
        trusted.load_verify_locations(address.ca_file)
    waits = max(patience.first_sound, patience.stall) + SLACK
    return httpx2.Client(
        base_url=address.url,
        headers={"Accept-Encoding": "identity", "User-Agent": "myna", **address.headers},
        verify=trusted,
        trust_env=False,
        proxy=address.proxy,
        timeout=httpx2.Timeout(waits, connect=patience.connect),
        limits=httpx2.Limits(max_keepalive_connections=8, keepalive_expiry=IDLE_SECONDS),
    )


def _cut(response: httpx2.Response) -> None:
    """End what another thread is reading."""
    stream = response.extensions["network_stream"]
    with suppress(OSError):
        stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def _beginning(response: httpx2.Response) -> bytes:
    content = b""
    with suppress(httpx2.TransportError):
        for piece in response.iter_bytes():
            content += piece
            if len(content) > LONGEST_REFUSAL:
                break
    return content


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__


def _is_about_trust(error: BaseException | None) -> bool:
    """Whether a certificate was refused: trying again will not change it."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
