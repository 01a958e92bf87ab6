import threading

import pytest
import torch
from torch import Tensor

from myna.engines.gpt_sovits.sound.flow_matching import FlowMatching, Known, Windows
from myna.engines.gpt_sovits.sound.window_batches import WindowBatches, stacked
from tests.unit.engines.gpt_sovits.noise import noise_in_decibels, normal


def _window(frames: int, prompt: int, *, seed: int, known: bool = False) -> Windows:
    mask = torch.zeros(1, 1, frames, dtype=torch.bool)
    mask[:, :, frames - 5 :] = True
    return Windows(
        normal(1, frames, 32, seed=seed),
        normal(1, 100, prompt, seed=seed + 100),
        normal(1, 100, frames, seed=seed + 200),
        Known(normal(1, 100, frames, seed=seed + 300), mask) if known else None,
    )


SHAPES = [(40, 12), (23, 4), (61, 30), (23, 0)]


@pytest.mark.parametrize("known", [False, True])
def test_a_window_is_the_same_beside_others_to_90_decibels(
    matching: FlowMatching, known: bool
) -> None:
    windows = [
        _window(frames, prompt, seed=seed, known=known and seed % 2 == 0)
        for seed, (frames, prompt) in enumerate(SHAPES)
    ]
    together = matching(stacked(windows), 4)
    for row, window in enumerate(windows):
        alone = matching(window, 4)
        got = together[row : row + 1, :, : alone.shape[2]]
        assert noise_in_decibels(got, alone) < -90
        assert not got[:, :, : window.prompt.shape[2]].any()


def test_one_window_is_not_touched(matching: FlowMatching) -> None:
    window = _window(30, 5, seed=1)
    assert stacked([window]) is window
    assert torch.equal(WindowBatches(matching)(window, 2), matching(window, 2))


class _Counted:
    """Flow matching that notes how many rows each batch had, and waits for a crowd."""

    def __init__(self, matching: FlowMatching, crowd: int) -> None:
        self.rows: list[int] = []
        self._matching = matching
        self._arrived = threading.Semaphore(0)
        self._crowd = crowd

    def arrived(self) -> None:
        self._arrived.release()

    def __call__(self, windows: Windows, steps: int) -> Tensor:
        if not self.rows:
            for _ in range(self._crowd):
                self._arrived.acquire(timeout=20)
        self.rows.append(windows.noise.shape[0])
        return self._matching(windows, steps)


@pytest.mark.parametrize("most", [1, 3])
def test_windows_of_several_threads_are_made_in_batches(matching: FlowMatching, most: int) -> None:
    crowd = 7
    counted = _Counted(matching, crowd)
    batches = WindowBatches(counted, most)
    windows = [_window(20 + 3 * index, 4, seed=index) for index in range(crowd)]
    found: dict[int, Tensor] = {}

    def make(index: int) -> None:
        counted.arrived()
        found[index] = batches(windows[index], 2 if index < crowd - 1 else 3)

    threads = [threading.Thread(target=make, args=(index,)) for index in range(crowd)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == crowd
    assert sum(counted.rows) == crowd
    assert max(counted.rows) <= most
    for index, window in enumerate(windows):
        alone = matching(window, 2 if index < crowd - 1 else 3)
        assert noise_in_decibels(found[index], alone) < -90
        if most == 1:
            assert torch.equal(found[index], alone)


def test_a_failure_is_heard_by_those_it_belongs_to(matching: FlowMatching) -> None:
    batches = WindowBatches(matching)
    broken = Windows(normal(1, 30, 31), normal(1, 100, 4), normal(1, 100, 30))
    with pytest.raises(RuntimeError):
        batches(broken, 2)
    assert batches(_window(30, 4, seed=0), 2).shape == (1, 100, 30)
