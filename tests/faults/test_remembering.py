"""What both ends of a line remember: voices there, the server here."""

from collections.abc import Callable
from pathlib import Path

import pytest

from myna.core.errors import EngineUnreachable
from myna.core.speech import Utterance
from myna.core.voice import Voice
from myna.engines.cached import CachedEngine
from myna.storage.results import ResultFolder
from tests.faults.conftest import Line
from tests.unit.engines.doubles import SlowEngine

Lay = Callable[..., Line]

RECORDING = 50_000  # bytes at least; a request without one has a few hundred


def test_a_recording_goes_along_once_and_again_when_it_is_forgotten(line: Lay, sample: Voice):
    laid = line()
    memory: dict[str, bytes] = {}
    there = laid.remote(memory=memory)
    voice = Voice(
        sample.reference.between(0.0, 3.2),
        "A few seconds of clear speech are all that I need.",
        "en",
    )
    for _ in range(3):
        laid.said(there, voice=voice)
    assert [size > RECORDING for size in laid.faults.asked] == [False, True, False, False]
    laid.server.service._sent._values.clear()
    laid.said(there, voice=voice)
    assert [size > RECORDING for size in laid.faults.asked[4:]] == [False, True]
    assert laid.faults.connections == 1
    laid.said(laid.remote(memory=memory), voice=voice)  # another process
    assert [size > RECORDING for size in laid.faults.asked[6:]] == [False, False]


def test_what_was_cached_is_found_after_a_restart_without_network(line: Lay, tmp_path: Path):
    results = ResultFolder(tmp_path / "results", 10_000_000)
    memory: dict[str, bytes] = {}
    laid = line()
    first = laid.said(CachedEngine(laid.remote(memory=memory), results))
    laid.faults.cut()
    again = laid.said(CachedEngine(laid.remote(memory=memory), results))
    assert [chunk.cached for chunk in again] == [True]
    assert sum(c.audio.duration for c in first) == pytest.approx(again[0].audio.duration)


def test_what_another_machine_was_told_is_found_without_asking_or_restarting(
    line: Lay, tmp_path: Path
):
    results = ResultFolder(tmp_path / "results", 10_000_000)
    elsewhere: dict[str, bytes] = {}
    here: dict[str, bytes] = {}
    laid = line()
    laid.said(CachedEngine(laid.remote(memory=elsewhere), results))
    device = CachedEngine(laid.remote(memory=here), results)
    laid.faults.cut()
    with pytest.raises(EngineUnreachable):
        laid.said(device)
    here.update(elsewhere)
    assert [chunk.cached for chunk in laid.said(device)] == [True]


def test_a_server_with_an_identity_is_the_same_at_any_address(line: Lay, tmp_path: Path):
    results = ResultFolder(tmp_path / "results", 10_000_000)
    memory: dict[str, bytes] = {}
    one, other = line(), line()
    other.faults.cut()
    one.said(CachedEngine(one.remote(memory=memory, identity="kitchen"), results))
    device = CachedEngine(other.remote(memory=memory, identity="kitchen"), results)
    assert [chunk.cached for chunk in other.said(device)] == [True]
    with pytest.raises(EngineUnreachable):
        other.said(CachedEngine(other.remote(memory=memory), results))


def test_hanging_up_stops_the_engine_behind_the_server(line: Lay, sample: Voice):
    slow = SlowEngine(chunks=100_000)
    laid = line(slow)
    chunks = laid.remote().speak(Utterance("Hello.", "en"), sample)
    next(chunks)
    chunks.close()
    assert slow.closed.wait(5)
