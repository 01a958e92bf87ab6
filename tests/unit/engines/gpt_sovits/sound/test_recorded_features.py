from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from myna.engines.batching.lane import Lane
from myna.engines.gpt_sovits.sound.recorded_features import RecordedFeatures
from myna.engines.gpt_sovits.sound.vits import Vits
from myna.engines.gpt_sovits.weights import read_sovits
from tests.unit.engines.gpt_sovits import tiny_checkpoints
from tests.unit.engines.gpt_sovits.noise import normal
from tests.unit.engines.pretended_device import DEVICE, PretendedDevice

SIZES = [
    (1, 1),
    (7, 30),
    (8, 16),
    (9, 3),
    (3, 17),
    (32, 32),
    (8, 33),
    (40, 5),
]  # the last: too long


@pytest.fixture(scope="module", params=["v1", "v2ProPlus"])
def vits(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Vits:
    path: Path = tmp_path_factory.mktemp("weights") / "s2.pth"
    tiny_checkpoints.write_sovits(path, request.param)
    return Vits(read_sovits(path))


def _recorded(vits: Vits, lane: Lane) -> RecordedFeatures:
    return RecordedFeatures(vits, lane, (8, 32), (16, 32))


def _sentence(vits: Vits, tokens: int, phonemes: int) -> tuple[Tensor, Tensor, Tensor]:
    return (
        torch.arange(tokens)[None] * 31 % 1024,
        torch.arange(phonemes)[None] * 7 % 300,
        normal(1, vits.voice_channels, 1, seed=tokens),
    )


def test_a_sentence_is_encoded_as_without_what_is_behind_it(vits: Vits) -> None:
    lane = Lane(vits.device)
    recorded = _recorded(vits, lane)
    for _ in range(2):  # what was there before does not matter
        for size in SIZES:
            given = _sentence(vits, *size)
            with lane.open():
                got = recorded(*given)
            expected = vits.features(*given)
            assert got.shape == expected.shape
            torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)


def test_it_reads_nothing_back(tmp_path: Path) -> None:
    path = tmp_path / "s2.pth"
    tiny_checkpoints.write_sovits(path, "v2ProPlus")
    checkpoint = read_sovits(path)
    here = Vits(checkpoint)
    with PretendedDevice() as device:
        there = Vits(replace(checkpoint, tensors=checkpoint.tensors.to(DEVICE)))
        lane = Lane(DEVICE)
        recorded = _recorded(there, lane)
        given = [each.to(DEVICE) for each in _sentence(here, 7, 30)]
        with lane.open(), device.refusing_reads():
            got = recorded(*given)
        expected = here.features(*_sentence(here, 7, 30))
        torch.testing.assert_close(got.cpu(), expected, rtol=0, atol=1e-5)
