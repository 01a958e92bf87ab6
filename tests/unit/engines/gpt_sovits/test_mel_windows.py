from pathlib import Path

import pytest
import torch
from torch import Tensor

from myna.core.errors import BadReference
from myna.engines.batching.noise import normal_frames
from myna.engines.gpt_sovits.flow_matching import FlowMatching, Windows
from myna.engines.gpt_sovits.mel_windows import MelPlan, MelPrompt, mel_prompt, mel_windows
from myna.engines.gpt_sovits.weights import Version, read_sovits
from tests.unit.engines.gpt_sovits import tiny_checkpoints


@pytest.fixture(scope="module")
def matching(tmp_path_factory: pytest.TempPathFactory) -> FlowMatching:
    path: Path = tmp_path_factory.mktemp("weights") / "s2.pth"
    tiny_checkpoints.write_sovits(path, "v4")
    return FlowMatching(read_sovits(path).tensors)


def _normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


PROMPT = MelPrompt(_normal(1, 32, 6), _normal(1, 100, 6, seed=1))
FEATURES = _normal(1, 32, 40, seed=2)


def _plan(*new_frames: int, seed: int = 7) -> MelPlan:
    return MelPlan(Version.V4, 2, seed, new_frames)


def test_windows_make_every_frame_once(matching: FlowMatching) -> None:
    lengths = [mel.shape for mel in mel_windows(matching, PROMPT, FEATURES, _plan(5, 12))]
    assert lengths == [(1, 100, 5), (1, 100, 12), (1, 100, 12), (1, 100, 11)]


def test_one_window_is_plain_flow_matching(matching: FlowMatching) -> None:
    (mel,) = mel_windows(matching, PROMPT, FEATURES, _plan())
    noise = torch.cat([torch.zeros(1, 100, 6), normal_frames(7, 0, 40, 100)], dim=2)
    seen = torch.cat([PROMPT.features, FEATURES], dim=2).transpose(1, 2)
    assert torch.equal(mel, matching(Windows(seen, PROMPT.mel, noise), 2)[:, :, 6:])


def test_a_window_continues_what_was_made_before(matching: FlowMatching) -> None:
    first, second = list(mel_windows(matching, PROMPT, FEATURES[:, :, :16], _plan(8)))
    prompt = MelPrompt(FEATURES[:, :, 2:8], first[:, :, 2:])
    noise = torch.cat([torch.zeros(1, 100, 6), normal_frames(7, 8, 8, 100)], dim=2)
    seen = torch.cat([prompt.features, FEATURES[:, :, 8:16]], dim=2).transpose(1, 2)
    assert torch.equal(second, matching(Windows(seen, prompt.mel, noise), 2)[:, :, 6:])


def test_a_window_shorter_than_the_prompt_keeps_some_of_it() -> None:
    after = PROMPT.followed_by(_normal(1, 32, 2, seed=5), _normal(1, 100, 2, seed=6))
    assert torch.equal(after.mel[:, :, :4], PROMPT.mel[:, :, 2:])
    assert torch.equal(after.features[:, :, 4:], _normal(1, 32, 2, seed=5))


def test_the_seed_decides(matching: FlowMatching) -> None:
    one, same, other = (
        torch.cat(list(mel_windows(matching, PROMPT, FEATURES, _plan(20, seed=seed))), dim=2)
        for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.allclose(one, other, atol=1e-3)


def test_a_prompt_is_what_both_have_and_of_a_long_one_the_end() -> None:
    short = mel_prompt(_normal(1, 32, 90), _normal(1, 100, 80), Version.V4)
    assert short.mel.shape[2] == short.features.shape[2] == 80
    features, mel = _normal(1, 32, 700), _normal(1, 100, 720)
    for version, frames in ((Version.V3, 468), (Version.V4, 500)):
        long = mel_prompt(features, mel, version)
        assert torch.equal(long.mel, mel[:, :, 700 - frames : 700])
        assert torch.equal(long.features, features[:, :, -frames:])
    with pytest.raises(BadReference):
        mel_prompt(features[:, :, :0], mel, Version.V4)


def test_windows_never_exceed_what_the_network_was_trained_on() -> None:
    assert _plan(5000).size(0, 500) == 500
    assert _plan().size(3, 200) == 800
    assert MelPlan(Version.V3, 8, 0).size(0, 468) == 466
