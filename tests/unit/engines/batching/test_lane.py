"""What a lane does with CUDA, on stand-ins for torch's streams and graphs that note it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from myna.engines.batching.device import CPU
from myna.engines.batching.lane import Lane


class Cuda:
    """Notes in `done` what torch would do on a GPU; `refuses` has recording fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.refuses = False
        for name, standing_in in {
            "device": lambda device: self._within(f"on {device}"),
            "current_stream": lambda device=None: _Outside(self.done),
            "graph_pool_handle": lambda: "pool",
            "Stream": self._stream,
            "stream": lambda stream: self._within("in lane"),
            "CUDAGraph": lambda: self,
            "graph": self._graph,
        }.items():
            monkeypatch.setattr(torch.cuda, name, standing_in)

    def _stream(self, priority: int) -> "Cuda":
        self.priority = priority
        return self

    def wait_stream(self, stream: object) -> None:
        self.done.append(f"waits for {stream}")

    def __str__(self) -> str:
        return "lane"

    def replay(self) -> None:
        self.done.append("replays")

    @contextmanager
    def _within(self, what: str) -> Iterator[None]:
        self.done.append(what)
        yield

    @contextmanager
    def _graph(self, graph: Any, pool: str, stream: Any, capture_error_mode: str) -> Iterator[None]:
        assert (graph, pool) == (self, "pool")
        assert stream is self
        assert capture_error_mode == "thread_local"
        assert not gc.isenabled()
        self.done.append("records")
        yield
        if self.refuses:
            raise RuntimeError("operation not permitted when stream is capturing")


class _Outside:
    """The stream that is current outside of a lane."""

    def __init__(self, done: list[str]) -> None:
        self._done = done

    def __str__(self) -> str:
        return "default"

    def wait_stream(self, stream: object) -> None:
        self._done.append(f"default waits for {stream}")


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Cuda:
    return Cuda(monkeypatch)


def test_a_lane_begins_behind_what_made_the_weights(cuda: Cuda) -> None:
    Lane(torch.device("cuda:1"))
    assert cuda.done == ["on cuda:1", "waits for default"]
    assert cuda.priority < 0
    Lane(torch.device("cuda:1"), urgent=False)
    assert cuda.priority == 0


def test_a_step_is_recorded_once_after_some_runs_and_then_replayed(cuda: Cuda) -> None:
    lane = Lane(torch.device("cuda:1"))
    del cuda.done[:]
    repeat = lane.recorded(lambda: cuda.done.append("steps"))
    recorded = ["in lane", *["steps"] * 3, "records", "steps"]
    assert cuda.done == ["waits for default", *recorded, "default waits for lane"]
    assert gc.isenabled()
    repeat()
    assert cuda.done[-1] == "replays"


def test_a_step_that_cannot_be_recorded_is_repeated_as_it_is(
    cuda: Cuda, caplog: pytest.LogCaptureFixture
) -> None:
    cuda.refuses = True
    repeat = Lane(torch.device("cuda:1")).recorded(lambda: cuda.done.append("steps"))
    assert "could not be recorded on cuda:1" in caplog.text
    assert gc.isenabled()
    del cuda.done[:]
    repeat()
    assert cuda.done == ["steps"]


def test_a_lane_may_be_asked_not_to_record(cuda: Cuda) -> None:
    def step() -> None:
        raise AssertionError

    assert Lane(torch.device("cuda:1"), records=False).recorded(step) is step


def test_on_a_cpu_a_step_is_repeated_and_what_is_fetched_does_not_change_later() -> None:
    lane, numbers = Lane(CPU), torch.zeros(2)
    repeat = lane.recorded(lambda: None)
    with lane.open():
        repeat()
        assert torch.is_inference_mode_enabled()
        fetched = lane.fetched(numbers)
    numbers += 1
    assert fetched.wait().tolist() == [0, 0]
