"""Servers for the contract: our own in every interface it speaks, and a small Clova."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from myna.core.audio import Audio
from myna.core.engine import Engine
from myna.core.speech import Options, Utterance
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, encode_file
from myna.dsp.resample import resample
from myna.settings import HttpSettings, RemoteSettings, Settings
from myna.studio.remote_builders import build
from myna.studio.studio import Studio
from myna.studio.wiring import open_library
from tests.http.conftest import running
from tests.unit.engines.doubles import BabbleEngine
from tests.unit.engines.remote.scripted import PATIENT

SERVERS = ExitStack()
"""Those now running; the module's fixture closes it."""

LANGUAGES_OF_SPEAKERS = {"nara": "ko", "clara": "en", "nnaomi": "ja", "meimei": "zh"}


def over_http(kind: str, **fields: object) -> Callable[[Path], Engine]:
    """Return what makes a remote engine whose server is a Myna with a quick engine."""

    def make(folder: Path) -> Engine:
        settings = Settings(home=folder)
        studio = Studio(BabbleEngine(), open_library(settings))
        http = HttpSettings(reference_directory=folder, rate="100000/minute")
        server = SERVERS.enter_context(running(studio, http, settings))
        own = RemoteSettings.model_validate({"kind": kind, "url": server.url, **PATIENT, **fields})
        return build("there", own, {})

    return make


def clova(folder: Path) -> Engine:
    """Make an engine whose server speaks Clova's interface."""
    voice = open_library(Settings(home=folder)).get("sample")
    url = SERVERS.enter_context(small_clova(BabbleEngine(), voice))
    voices = {language: name for name, language in LANGUAGES_OF_SPEAKERS.items()}
    keys = {"key": "secret", "key_id": "id"}
    own = {"kind": "clova", "url": url, "voices": voices, **keys, **PATIENT}
    return build("there", RemoteSettings.model_validate(own), {})


@contextmanager
def small_clova(engine: Engine, voice: Voice) -> Iterator[str]:
    """Serve Clova's interface as its reference describes it; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = {
                key: value[0] for key, value in parse_qs(self.rfile.read(length).decode()).items()
            }
            keys = self.headers["X-NCP-APIGW-API-KEY-ID"], self.headers["X-NCP-APIGW-API-KEY"]
            if self.path != "/tts-premium/v1/tts":
                self._answer(404, b'{"error":{"errorCode":"300","message":"Not Found Exception"}}')
            elif keys != ("id", "secret"):
                self._answer(
                    401, b'{"error":{"errorCode":"200","message":"Authentication Failed"}}'
                )
            elif form.get("speaker") not in LANGUAGES_OF_SPEAKERS:
                self._answer(400, b'{"errorCode":"VS02","errorMessage":"Unsupported speaker."}')
            elif not form.get("text"):
                self._answer(400, b'{"errorCode":"VS05","errorMessage":"text is needed."}')
            else:
                self._answer(200, said(form))

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    def said(form: dict[str, str]) -> bytes:
        speed = 1 / (1 + int(form["speed"]) / 10)
        language = LANGUAGES_OF_SPEAKERS[form["speaker"]]
        utterance = Utterance(form["text"], language, Options(speed=speed))
        audio = Audio.join(chunk.audio for chunk in engine.speak(utterance, voice))
        return encode_file(resample(audio, int(form["sampling-rate"])), AudioFormat.WAV)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
