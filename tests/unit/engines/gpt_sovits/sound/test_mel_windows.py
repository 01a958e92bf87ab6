import pytest
import torch
from torch import Tensor

from myna.core.errors import BadReference
from myna.engines.batching.noise import normal_frames
from myna.engines.gpt_sovits.sound.flow_matching import FlowMatching, Windows
from myna.engines.gpt_sovits.sound.mel_windows import (
    LONGEST_WINDOW,
    OVERLAP,
    MelPlan,
    MelPrompt,
    MelWindows,
    mel_prompt,
)
from myna.engines.gpt_sovits.weights import Version
from tests.unit.engines.gpt_sovits.noise import normal

PROMPT = MelPrompt(normal(1, 32, 6), normal(1, 100, 6, seed=1))
FEATURES = normal(1, 32, 60, seed=2)


def _made(
    matching: FlowMatching, arriving: tuple[int, ...], *, longest: int = 1000, seed: int = 7
) -> list[Tensor]:
    """Make the mel of features that are known up to these frames, one after another."""
    windows = MelWindows(matching, PROMPT, MelPlan(2, seed, longest))
    return [
        mel
        for until in arriving
        for mel in windows.push(FEATURES[:, :, :until], last=until == FEATURES.shape[2])
    ]


def _plain(matching: FlowMatching, prompt: MelPrompt, first: int, last: int) -> Tensor:
    frames = prompt.mel.shape[2]
    noise = torch.cat([torch.zeros(1, 100, frames), normal_frames(7, first, last - first, 100)], 2)
    seen = torch.cat([prompt.features, FEATURES[:, :, first:last]], dim=2).transpose(1, 2)
    return matching(Windows(seen, prompt.mel, noise), 2)[:, :, frames:]


@pytest.mark.parametrize("arriving", [(60,), (10, 11, 30, 60), (1, 2, 60), (60, 60), (59, 60)])
@pytest.mark.parametrize("longest", [1000, 26])
def test_every_frame_is_made_once_however_features_arrive(
    matching: FlowMatching, arriving: tuple[int, ...], longest: int
) -> None:
    pieces = _made(matching, arriving, longest=longest)
    assert sum(piece.shape[2] for piece in pieces) == FEATURES.shape[2]
    assert {piece.shape[:2] for piece in pieces} == {(1, 100)}


def test_one_window_is_plain_flow_matching(matching: FlowMatching) -> None:
    (mel,) = _made(matching, (60,))
    assert torch.equal(mel, _plain(matching, PROMPT, 0, 60))


def test_a_window_continues_what_was_settled_before(matching: FlowMatching) -> None:
    first, second = _made(matching, (30, 60))
    settled = 30 - OVERLAP
    assert first.shape[2] == settled
    alone = _plain(matching, PROMPT, 0, 30)
    prompt = PROMPT.followed_by(FEATURES[:, :, :settled], alone[:, :, :settled])
    continued = _plain(matching, prompt, settled, 60)
    assert torch.equal(second[:, :, OVERLAP:], continued[:, :, OVERLAP:])
    share = torch.arange(1, OVERLAP + 1) / (OVERLAP + 1)
    faded = alone[:, :, settled:] * (1 - share) + continued[:, :, :OVERLAP] * share
    torch.testing.assert_close(second[:, :, :OVERLAP], faded)


def test_a_window_shorter_than_the_prompt_keeps_some_of_it() -> None:
    after = PROMPT.followed_by(normal(1, 32, 2, seed=5), normal(1, 100, 2, seed=6))
    assert torch.equal(after.mel[:, :, :4], PROMPT.mel[:, :, 2:])
    assert torch.equal(after.features[:, :, 4:], normal(1, 32, 2, seed=5))


def test_the_seed_decides_how_a_mel_turns_out(matching: FlowMatching) -> None:
    one, same, other = (
        torch.cat(_made(matching, (20, 60), seed=seed), dim=2) for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.allclose(one, other, atol=1e-3)


def test_a_prompt_is_what_both_have_and_of_a_long_one_the_end() -> None:
    short = mel_prompt(normal(1, 32, 90), normal(1, 100, 80), Version.V4)
    assert short.mel.shape[2] == short.features.shape[2] == 80
    features, mel = normal(1, 32, 700), normal(1, 100, 720)
    for version, frames in ((Version.V3, 468), (Version.V4, 500)):
        long = mel_prompt(features, mel, version)
        assert torch.equal(long.mel, mel[:, :, 700 - frames : 700])
        assert torch.equal(long.features, features[:, :, -frames:])
    with pytest.raises(BadReference):
        mel_prompt(features[:, :, :0], mel, Version.V4)


@pytest.mark.parametrize("version", [Version.V3, Version.V4])
def test_no_window_exceeds_what_the_network_was_trained_on(version: Version) -> None:
    longest, seen = LONGEST_WINDOW[version], []

    def matching(windows: Windows, _: int) -> Tensor:
        seen.append(windows.noise.shape[2])
        return windows.noise

    prompt = mel_prompt(normal(1, 32, 2000), normal(1, 100, 2000), version)
    windows = MelWindows(matching, prompt, MelPlan(2, 0, longest))
    for until in (96, 300, 800, 3000):
        list(windows.push(normal(1, 32, 3000)[:, :, :until], last=until == 3000))
    assert max(seen) == longest
    assert seen[0] < longest
