"""A line to a server on which things go wrong when they are told to: real sockets all the way."""

import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

RESET = struct.pack("ii", 1, 0)  # linger for no time: closing sends a reset
PIECE = 4096  # bytes
POLL = 0.02  # seconds


class Kind(Enum):
    CLOSE = "close"
    """The connection ends, as when the process is killed: what was sent arrives before."""
    RESET = "reset"
    """It is reset: what was sent and not yet read is lost with it."""
    STALL = "stall"
    """Nothing more comes."""


@dataclass(frozen=True)
class Fault:
    """What happens to one answer once so many bytes of it have passed."""

    after: int
    kind: Kind = Kind.CLOSE


Plan = Callable[[int], Fault | None]
"""Decides about the n-th request, counted from 0."""


class FaultyLine:
    """Passes on what is said between clients and a server on this machine."""

    def __init__(self, port: int, plan: Plan = lambda _: None) -> None:
        self.plan = plan
        self.connections = 0
        self.asked: list[int] = []
        """Bytes of each request."""
        self._server = ("127.0.0.1", port)
        self._requests = itertools.count()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_cut = threading.Event()
        self.is_silent = False
        """Nothing answers any more, as after a power cut: connections neither end nor go on."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def cut(self) -> None:
        """Take the server away: every connection is reset, new ones are refused."""
        self._is_cut.set()
        self._accepting.join()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                _reset(connection)
            self._open.clear()

    def mend(self) -> None:
        """Bring the server back at the same address."""
        self._is_cut.clear()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        self._listener.settimeout(POLL)
        while not self._is_cut.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            client.settimeout(None)
            self.connections += 1
            server = socket.create_connection(self._server)
            with self._lock:
                self._open |= {client, server}
            call = _Call(self, client, server)
            for pump in (call.ask, call.answer):
                threading.Thread(target=pump, daemon=True).start()

    def forget(self, *connections: socket.socket) -> None:
        with self._lock:
            self._open -= set(connections)

    def next_fault(self) -> Fault | None:
        return self.plan(next(self._requests))


class _Call:
    """One connection, and the answer on it that a fault may strike."""

    def __init__(self, line: FaultyLine, client: socket.socket, server: socket.socket) -> None:
        self._line, self._client, self._server = line, client, server
        self._has_answered = True
        self._fault: Fault | None = None
        self._passed = 0

    def ask(self) -> None:
        try:
            while data := self._client.recv(PIECE):
                if self._line.is_silent:
                    continue
                if self._has_answered:  # so this is the next request
                    self._has_answered, self._passed = False, 0
                    self._fault = self._line.next_fault()
                    self._line.asked.append(0)
                self._line.asked[-1] += len(data)
                self._server.sendall(data)
        except OSError:
            pass
        self._close()

    def answer(self) -> None:
        try:
            while data := self._server.recv(PIECE):
                self._has_answered = True
                if self._line.is_silent:
                    continue
                fault = self._fault
                if fault and self._passed + len(data) > fault.after:
                    self._client.sendall(data[: max(0, fault.after - self._passed)])
                    self._strike(fault)
                    return
                self._client.sendall(data)
                self._passed += len(data)
        except OSError:
            pass
        self._close()

    def _strike(self, fault: Fault) -> None:
        if fault.kind is Kind.STALL:
            while self._server.recv(PIECE):
                pass  # what still comes from the server is swallowed
            return
        self._line.forget(self._client, self._server)
        end = _reset if fault.kind is Kind.RESET else _shut
        end(self._client)
        end(self._server)

    def _close(self) -> None:
        self._line.forget(self._client, self._server)
        for connection in (self._client, self._server):
            _shut(connection)


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.shutdown(socket.SHUT_RD)  # wakes the thread that reads, and tells nobody
    connection.close()


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
