import threading
import time

import pytest

from myna.engines.checkpoints.when_needed import WhenNeeded


class _Reads:
    """Counts how often something is read."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> list[int]:
        self.count += 1
        return [self.count]


def test_it_is_read_when_it_is_used_and_let_go_afterwards() -> None:
    reads = _Reads()
    network = WhenNeeded(reads, kept_seconds=0)
    assert reads.count == 0
    for number in (1, 2):
        with network.held() as held:
            assert held == [number]
            assert network.is_there
        assert not network.is_there


def test_it_stays_a_while_for_whoever_comes_next() -> None:
    reads = _Reads()
    network = WhenNeeded(reads, kept_seconds=3600)
    for _ in range(3):
        with network.held():
            pass
    assert reads.count == 1
    assert network.is_there


def test_after_a_while_it_is_gone() -> None:
    network = WhenNeeded(_Reads(), kept_seconds=0.02)
    with network.held():
        pass
    until = time.monotonic() + 10
    while network.is_there and time.monotonic() < until:
        time.sleep(0.01)
    assert not network.is_there


def test_it_is_read_at_once_and_stays_where_it_is_to() -> None:
    reads = _Reads()
    network = WhenNeeded(reads, kept_seconds=None)
    assert reads.count == 1
    with network.held():
        pass
    assert network.is_there
    assert reads.count == 1


def test_those_who_use_it_at_once_share_it() -> None:
    reads = _Reads()
    network = WhenNeeded(reads, kept_seconds=0)
    inside = threading.Barrier(4, timeout=10)
    held: list[list[int]] = []

    def use() -> None:
        with network.held() as found:
            inside.wait()
            held.append(found)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(held) == 4
    assert all(found is held[0] for found in held)
    assert reads.count == 1
    assert not network.is_there


def test_what_fails_to_be_read_is_tried_again_the_next_time() -> None:
    attempts = []

    def read() -> str:
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("not there")
        return "network"

    network = WhenNeeded(read, kept_seconds=0)
    with pytest.raises(OSError, match="not there"), network.held():
        pass
    with network.held() as held:
        assert held == "network"
