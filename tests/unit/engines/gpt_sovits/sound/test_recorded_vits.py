from dataclasses import replace
from pathlib import Path

import pytest
import torch

from myna.engines.batching.device import settle
from myna.engines.gpt_sovits.sound.recorded_vits import (
    MOST_FRAMES,
    Made,
    RecordedVits,
    Window,
)
from myna.engines.gpt_sovits.sound.speech_windows import FLOW_REACH
from myna.engines.gpt_sovits.sound.vits import Vits
from myna.engines.gpt_sovits.sound.window_places import LENGTHS, MASKED
from myna.engines.gpt_sovits.weights import SovitsCheckpoint, read_sovits
from tests.unit.engines.gpt_sovits import tiny_checkpoints
from tests.unit.engines.gpt_sovits.noise import normal
from tests.unit.engines.pretended_device import DEVICE, PretendedDevice


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> SovitsCheckpoint:
    path: Path = tmp_path_factory.mktemp("weights") / "s2.pth"
    tiny_checkpoints.write_sovits(path, "v2ProPlus")
    return read_sovits(path)


@pytest.fixture(scope="module")
def windows(checkpoint: SovitsCheckpoint) -> RecordedVits:
    return RecordedVits(Vits(checkpoint), 4)


def _window(vits: Vits, length: int, *, seed: int, known: int = 20, size: float = 1.0) -> Window:
    """Return the middle of a sentence, of which some frames are decided."""
    place = vits.device
    return Window(
        length,
        normal(1, vits.voice_channels, 1, seed=seed).to(place),
        size * normal(1, vits.channels, length - known + 2 * FLOW_REACH, seed=seed + 1).to(place),
        known,
        [normal(1, vits.channels, n, seed=seed + n).to(place) for n in (known - 7, 7)],
        length,
    )


def _ended(vits: Vits, frames: int, seed: int) -> Window:
    """Return a whole sentence that is shorter than the shortest window."""
    latents = normal(1, vits.channels, frames, seed=seed)
    return Window(
        MASKED, normal(1, vits.voice_channels, 1, seed=seed), latents, FLOW_REACH, [], frames
    )


def _assert_same(got: Made, expected: Made, near: float = 1e-5) -> None:
    torch.testing.assert_close(got.flowed.cpu(), expected.flowed, rtol=0, atol=near)
    sounds = (torch.from_numpy(made.sound) for made in (got, expected))
    torch.testing.assert_close(*sounds, rtol=0, atol=near)
    assert abs(expected.sound).max() > 0.005


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("count", [2, 5])
def test_a_row_does_not_hear_the_others(windows: RecordedVits, length: int, count: int) -> None:
    vits = windows.vits
    given = [_window(vits, length, seed=seed, size=10.0**-seed) for seed in range(count)]
    for got, window in zip(windows.made(given), given, strict=True):
        _assert_same(got, windows.made([window])[0])


def test_what_a_row_was_before_is_not_heard(windows: RecordedVits) -> None:
    vits = windows.vits
    expected = windows.made([_ended(vits, 20, 1)])[0]
    before = _window(vits, MASKED, seed=2)
    before.latents.fill_(torch.nan)
    assert windows.made([before])[0].flowed.isnan().all()
    _assert_same(windows.made([_ended(vits, 20, 1)])[0], expected)


@pytest.mark.parametrize("frames", [1, 2, 20, 63, 64])
def test_a_sentence_shorter_than_its_window_ends_as_it_does_alone(
    windows: RecordedVits, frames: int
) -> None:
    window = _ended(windows.vits, frames, seed=frames)
    made = windows.made([window, _window(windows.vits, MASKED, seed=9)])[0]
    flowed = windows.vits.flow.inverse(window.latents, window.voice)
    torch.testing.assert_close(made.flowed, flowed, rtol=0, atol=1e-5)
    sound = windows.vits.vocoder(flowed, window.voice)[0, 0]
    got = torch.from_numpy(made.sound)[: len(sound)]
    torch.testing.assert_close(got, sound, rtol=0, atol=1e-5)


def test_what_was_decided_before_stays_as_it_was(windows: RecordedVits) -> None:
    window = _window(windows.vits, 96, seed=4)
    made = windows.made([window])[0]
    assert made.flowed.shape[2] == 96 - 20
    flowed = torch.cat([*window.flowed, made.flowed], dim=2)
    sound = windows.vits.vocoder(flowed, window.voice)[0, 0]
    torch.testing.assert_close(torch.from_numpy(made.sound), sound, rtol=0, atol=1e-5)


def test_a_step_is_recorded_for_few_numbers_of_rows(checkpoint: SovitsCheckpoint) -> None:
    def rows(most: int) -> dict[int, list[int]]:
        steps = RecordedVits(Vits(checkpoint), most)._steps
        return {length: [step.rows for step in steps[length]] for length in steps}

    assert set(map(tuple, rows(1).values())) == {(1,)}
    assert rows(8)[64] == [8, 4, 1]
    assert all(n * length <= MOST_FRAMES for length, of in rows(64).items() for n in of)


def test_a_step_reads_nothing_back(checkpoint: SovitsCheckpoint, windows: RecordedVits) -> None:
    with PretendedDevice() as device:
        there = RecordedVits(Vits(_on(DEVICE, checkpoint)), 2)
        for length in LENGTHS[:2]:
            with there.lane.open(), device.refusing_reads():
                there._steps[length][0]._run()
            got = there.made([_window(there.vits, length, seed=seed) for seed in (0, 1)])[1]
            _assert_same(got, windows.made([_window(windows.vits, length, seed=1)])[0])


def _on(device: torch.device, checkpoint: SovitsCheckpoint) -> SovitsCheckpoint:
    return replace(checkpoint, tensors=checkpoint.tensors.to(device))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")
def test_recorded_it_makes_what_it_makes_unrecorded(
    checkpoint: SovitsCheckpoint, windows: RecordedVits
) -> None:
    settle(torch.device("cuda"), exact=True)
    there = RecordedVits(Vits(_on(torch.device("cuda"), checkpoint)), 16)
    for length in LENGTHS:
        for count in (1, 4, 16):
            given = [_window(windows.vits, length, seed=seed) for seed in range(count)]
            placed = [_window(there.vits, length, seed=seed) for seed in range(count)]
            for got, window in zip(there.made(placed), given, strict=True):
                _assert_same(got, windows.made([window])[0], 1e-4)
