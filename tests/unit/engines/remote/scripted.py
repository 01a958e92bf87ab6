"""A server that answers as a script says: a real one, on a real port."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from myna.dsp.codec import AudioFormat, encode_file
from tests.conftest import tone

PATIENT = {"connect_seconds": 20, "first_sound_seconds": 30, "stall_seconds": 20}
"""Settings of a remote engine for tests of something else than its patience."""
SPEECH = encode_file(tone(1.0), AudioFormat.WAV)


@dataclass(frozen=True)
class Asked:
    """What a client sent."""

    path: str
    headers: Message
    content: bytes


class Request(BaseHTTPRequestHandler):
    """One request, and the ways to answer it."""

    protocol_version = "HTTP/1.1"
    server: "ScriptedServer"

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append(Asked(self.path, self.headers, content))
        self.server.script(self)

    def do_GET(self) -> None:
        self.do_POST()

    def answer(self, status: int, content: bytes, *, promised: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if promised is None else promised))
        self.end_headers()
        self.wfile.write(content)

    def begin(self) -> None:
        """Begin an answer of unknown length."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def send(self, piece: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.flush()

    def hang(self) -> None:
        """Say nothing more until the client goes; tell when it has."""
        self.connection.settimeout(20)
        with suppress(OSError):
            self.connection.recv(1)
        self.server.gone.set()

    def log_message(self, *_: object) -> None:
        pass


Script = Callable[[Request], None]


class ScriptedServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.script = script
        self.requests: list[Asked] = []
        self.connections = 0
        self.gone = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get_request(self) -> tuple[socket.socket, object]:
        self.connections += 1
        return super().get_request()

    def handle_error(self, *_: object) -> None:
        pass  # clients hang up on purpose here


@contextmanager
def scripted(script: Script, trust: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    server = ScriptedServer(script)
    if trust:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
