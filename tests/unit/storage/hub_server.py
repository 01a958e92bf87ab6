"""A model hub on this machine: the file protocol of huggingface_hub over real sockets.

Small files answer directly; large ones redirect to another path, as the hub does to its storage.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

REPOSITORY = "lj1995/GPT-SoVITS"
LARGE = 1000
COMMIT = "c" * 40


@dataclass
class HubServer:
    files: dict[str, bytes]
    endpoint: str = ""
    cut_after: list[int] = field(default_factory=list)
    """After how many bytes the next transfers break off, one each."""
    refuse_after_cut: bool = False
    corrupt: set[str] = field(default_factory=set)
    """Files that arrive with other bytes than announced."""
    ranges: list[str] = field(default_factory=list)
    transfers: list[str] = field(default_factory=list)
    was_cut: bool = False


def etag(content: bytes) -> str:
    if len(content) >= LARGE:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = unquote(self.path)
        resolve = f"/{REPOSITORY}/resolve/main/"
        stored = path.startswith("/storage/")
        name = path.removeprefix("/storage/" if stored else resolve)
        if name not in self.hub.files:
            self._head(404, {"X-Error-Code": "EntryNotFound", "Content-Length": "0"})
        elif not stored and len(self.hub.files[name]) >= LARGE:
            content = self.hub.files[name]
            self._head(
                302,
                {
                    "Location": f"{self.hub.endpoint}/storage/{name}",
                    "X-Repo-Commit": COMMIT,
                    "X-Linked-Etag": f'"{etag(content)}"',
                    "X-Linked-Size": str(len(content)),
                    "Content-Length": "0",
                },
            )
        else:
            self._file(name, with_body)

    def _file(self, name: str, with_body: bool) -> None:
        content = self.hub.files[name]
        if with_body and self.hub.was_cut and self.hub.refuse_after_cut:
            self._head(503, {"Content-Length": "0"})
            return
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{etag(content)}"'}
        status, start = 200, 0
        if wanted := self.headers.get("Range"):
            self.hub.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            status = 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        body = content[start:]
        if name in self.hub.corrupt:
            body = bytes(len(body))
        self._head(status, headers | {"Content-Length": str(len(body))})
        if not with_body:
            return
        self.hub.transfers.append(name)
        if self.hub.cut_after and len(content) >= LARGE:
            body = body[: self.hub.cut_after.pop(0)]
            self.hub.was_cut = True
            self.close_connection = True
        self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[HubServer]:
    hub = HubServer(files)
    handler = type("Handler", (_Handler,), {"hub": hub})

    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
