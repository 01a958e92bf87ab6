"""A Myna behind a faulty line or in a process of its own, and engines that speak through it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from myna.core.audio import Audio
from myna.core.engine import Engine
from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice
from myna.engines.fallback import FallbackEngine
from myna.engines.resuming import ResumingEngine
from myna.settings import RemoteSettings
from myna.studio.engine_builders import RemoteEngine
from myna.studio.remote_builders import build
from tests.faults.line import FaultyLine, Plan
from tests.http.conftest import Running, serve
from tests.unit.engines.doubles import BabbleEngine
from tests.unit.engines.remote.scripted import PATIENT

__all__ = ["serve"]

TEXT = "The kettle is on and the tea is nearly ready so please sit down with us"
WORDS = TEXT.split()


class Spare(BabbleEngine):
    """The engine of this machine."""

    name = "spare"
    fingerprint = "spare"


class Line:
    """A faulty line to a real server, and what listens at its near end."""

    def __init__(self, server: Running, line: FaultyLine, voice: Voice) -> None:
        self.server = server
        self.faults = line
        self.spare = Spare()
        self._voice = voice

    def remote(
        self, kind: str = "myna", memory: dict[str, bytes] | None = None, **fields: object
    ) -> RemoteEngine:
        """Return an engine that speaks through the line."""
        given = {"kind": kind, "url": self.faults.url, **PATIENT, **fields}
        return build(
            "there", RemoteSettings.model_validate(given), {} if memory is None else memory
        )

    def chain(self, cooldown: float = 30.0, **fields: object) -> Engine:
        """Return the server and then this machine, as wired for a listener."""
        return self.chained(self.remote(**fields), cooldown)

    def chained(self, remote: RemoteEngine, cooldown: float = 30.0) -> Engine:
        """Return a remote engine and then this machine."""
        probes = {"there": remote.check}
        return ResumingEngine(FallbackEngine([remote, self.spare], cooldown, probes))

    def said(self, engine: Engine, text: str = TEXT, voice: Voice | None = None) -> list[Chunk]:
        """Let an engine say a sentence."""
        with closing(engine.speak(Utterance(text, "en"), voice or self._voice)) as chunks:
            return list(chunks)


@pytest.fixture
def line(serve: Callable[..., Running], sample: Voice) -> Iterator[Callable[..., Line]]:
    """Return what lays a line to a server for an engine, with `plan` for its faults."""
    laid: list[FaultyLine] = []

    def lay(engine: Engine | None = None, plan: Plan = lambda _: None) -> Line:
        server = serve(engine or BabbleEngine())
        laid.append(FaultyLine(server.port, plan))
        return Line(server, laid[-1], sample)

    yield lay
    for each in laid:
        each.cut()


def words(chunks: list[Chunk]) -> list[str]:
    return [word.text for chunk in chunks for word in chunk.words]


def engines(chunks: list[Chunk]) -> list[str]:
    return list(dict.fromkeys(chunk.engine for chunk in chunks))


def sound(chunks: list[Chunk]) -> Audio:
    return Audio.join(chunk.audio for chunk in chunks)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `myna serve` and yield the process and its address."""
    environment = {**os.environ, "MYNA_HOME": str(tmp_path / "server")}  # noqa: TID251 - a child's
    process = subprocess.Popen(
        [sys.executable, "-m", "myna", "serve", "--port", "0"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    found = re.search(r"http://[\d.:]+", process.stderr.readline())
    assert found
    with process:
        yield process, found[0]
        process.kill()
