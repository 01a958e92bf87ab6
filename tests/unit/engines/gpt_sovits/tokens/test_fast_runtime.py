import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from myna.core.errors import TextTooLong
from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_runtimes import (
    ExactRuntime,
    SemanticRuntime,
    open_runtime,
)
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech, SemanticSlots
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic
from myna.engines.gpt_sovits.weights import SemanticCheckpoint, read_semantic
from myna.engines.graphs.products import Floats
from tests.unit.engines.gpt_sovits import tiny_checkpoints

pytest.importorskip("onnxruntime", reason="the fast runtime needs onnxruntime")
from myna.engines.gpt_sovits.tokens.fast_runtime import FastRuntime

PROMPT = torch.tensor([5, 900, 17, 17, 3])
SPEECHES = [
    SemanticRequest(torch.arange(8), None, PROMPT, longest=120),
    SemanticRequest(torch.arange(40, 105), None, PROMPT[:2], longest=120),
    SemanticRequest(torch.arange(100, 103), None, PROMPT[:0], longest=120),
    SemanticRequest(torch.arange(300, 330), None, PROMPT, longest=600),
]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> SemanticCheckpoint:
    path = tmp_path_factory.mktemp("weights") / "gpt.ckpt"
    tiny_checkpoints.write_gpt(path)
    return read_semantic(path)


@pytest.fixture(scope="module")
def fast(checkpoint: SemanticCheckpoint) -> FastRuntime:
    return FastRuntime(checkpoint, None)


def _logits(runtime: SemanticRuntime, speech: SemanticRequest, tokens: Sequence[int]) -> Tensor:
    rows = [_row(runtime.admit(0, speech))]
    rows += [_stepped(runtime, [0], [token])[0] for token in tokens]
    runtime.release(0)
    return torch.stack(rows)


def _stepped(runtime: SemanticRuntime, slots: list[int], tokens: list[int]) -> list[Tensor]:
    """Step, and keep what the next step overwrites."""
    return [_row(logits.copy()) for logits in runtime.step(slots, tokens)]


def _row(logits: Floats) -> Tensor:
    return torch.from_numpy(logits)


@pytest.mark.parametrize("speech", SPEECHES)
def test_fast_logits_are_near_the_exact_ones(
    fast: FastRuntime, checkpoint: SemanticCheckpoint, speech: SemanticRequest
) -> None:
    said = torch.randint(1024, (40,), generator=torch.Generator().manual_seed(1)).tolist()
    exact = _logits(ExactRuntime(TextToSemantic(checkpoint)), speech, said)
    near = _logits(fast, speech, said)
    assert (near - exact).square().mean().sqrt() < 0.025 * exact.std()
    divergence = torch.nn.functional.kl_div(
        near.log_softmax(1), exact.log_softmax(1), log_target=True, reduction="batchmean"
    )
    assert divergence < 2e-3


def test_logits_are_the_same_to_the_bit_whoever_else_is_stepped(fast: FastRuntime) -> None:
    said = [3, 700, 41, 9]
    alone = [_logits(fast, speech, said) for speech in SPEECHES]
    together = [[_row(fast.admit(slot, speech))] for slot, speech in enumerate(SPEECHES)]
    for token in said:
        rows = _stepped(fast, [0, 1, 2, 3], [token] * 4)
        for slot in range(4):
            together[slot].append(rows[slot])
    for slot in range(4):
        fast.release(slot)
        assert torch.equal(torch.stack(together[slot]), alone[slot])


def test_a_sequence_is_not_disturbed_when_others_come_pause_and_go(fast: FastRuntime) -> None:
    said = [3, 700, 41, 9, 12]
    alone = _logits(fast, SPEECHES[1], said)
    fast.admit(6, SPEECHES[0])
    rows = [_row(fast.admit(2, SPEECHES[1]))]
    rows.append(_stepped(fast, [2, 6], [said[0], 88])[0])
    fast.admit(4, SPEECHES[3])  # needs more room than there was
    rows.append(_stepped(fast, [4, 2], [71, said[1]])[1])
    fast.release(6)
    rows += _stepped(fast, [2], [said[2]])
    fast.release(4)
    rows += [_stepped(fast, [2], [token])[0] for token in said[3:]]
    fast.release(2)
    assert torch.equal(torch.stack(rows), alone)


@torch.inference_mode()
def test_a_sequence_that_broke_leaves_nothing_to_the_next_in_its_place(fast: FastRuntime) -> None:
    clean = _logits(fast, SPEECHES[0], [3, 700])
    for slot in (0, 1):
        fast.admit(slot, SPEECHES[1])
    for pair in fast.steps.rows.layers:
        for tensor in pair:
            tensor[0] = np.nan
    fast.release(0)
    fast.admit(0, SPEECHES[0])
    assert torch.equal(_stepped(fast, [0, 1], [3, 3])[0], clean[1])
    fast.release(0)
    fast.release(1)


def test_rows_that_must_be_stepped_alone_give_the_same(
    checkpoint: SemanticCheckpoint, fast: FastRuntime
) -> None:
    single = FastRuntime(checkpoint, None)
    single.steps.batches = False
    for runtime in (fast, single):
        for slot in (0, 1):
            runtime.admit(slot, SPEECHES[slot])
    rows = [torch.stack(_stepped(runtime, [0, 1], [7, 9])) for runtime in (fast, single)]
    assert torch.equal(*rows)
    for slot in (0, 1):
        fast.release(slot)


def _tokens(runtime: SemanticRuntime, requests: dict[int, SeededSpeech]) -> dict[int, list[int]]:
    slots = SemanticSlots(runtime)
    said: dict[int, list[int]] = {slot: [] for slot in requests}
    for slot, request in requests.items():
        slots.admit(slot, request)
    live = list(requests)
    while live:
        for slot, token in zip(list(live), slots.step(live), strict=True):
            if token is None:
                live.remove(slot)
                slots.release(slot)
            else:
                said[slot].append(token)
    return said


@pytest.mark.parametrize("name", ["fast", "exact"])
def test_tokens_drawn_together_are_those_drawn_alone(
    checkpoint: SemanticCheckpoint, name: str
) -> None:
    runtime = open_runtime(checkpoint, name)
    requests = {slot: SeededSpeech(speech, slot + 5) for slot, speech in enumerate(SPEECHES)}
    together = _tokens(runtime, requests)
    assert len({tuple(tokens) for tokens in together.values()}) == 4
    for slot, request in requests.items():
        assert _tokens(runtime, {slot: request})[slot] == together[slot]


def test_a_speech_ends_at_its_longest(fast: FastRuntime) -> None:
    short = SemanticRequest(torch.arange(30), None, PROMPT, longest=4)
    assert len(_tokens(fast, {0: SeededSpeech(short, 1)})[0]) == 4


def test_a_text_that_does_not_fit_is_refused_and_leaves_nothing(fast: FastRuntime) -> None:
    with pytest.raises(TextTooLong):
        fast.admit(0, SemanticRequest(torch.zeros(4001, dtype=torch.int64), None, PROMPT))
    assert not fast.steps.rows.slots


def test_graphs_are_kept_and_other_weights_get_others(
    checkpoint: SemanticCheckpoint, tmp_path: Path
) -> None:
    folder, file = tmp_path / "graphs", tmp_path / "gpt.ckpt"
    first = _logits(open_runtime(checkpoint, "fast", folder), SPEECHES[0], [1])
    kept = {path.name: path.stat().st_ino for path in folder.iterdir()}
    assert len(kept) == 2
    assert torch.equal(_logits(open_runtime(checkpoint, "fast", folder), SPEECHES[0], [1]), first)
    assert kept == {path.name: path.stat().st_ino for path in folder.iterdir()}
    tiny_checkpoints.write_gpt(file, half=True)
    open_runtime(read_semantic(file), "fast", folder)
    assert len(list(folder.iterdir())) == 4


def test_where_graphs_cannot_be_kept_they_are_made_at_each_start(
    checkpoint: SemanticCheckpoint, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "not a folder"
    file.write_text("")
    with caplog.at_level(logging.WARNING):
        assert isinstance(open_runtime(checkpoint, "fast", file), FastRuntime)
    assert "could not be kept" in caplog.text


def test_without_onnxruntime_the_exact_runtime_takes_over_and_says_so(
    checkpoint: SemanticCheckpoint,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for module in ("fast_runtime", "exact_graph_runtime", "token_steps"):
        monkeypatch.delitem(sys.modules, f"myna.engines.gpt_sovits.tokens.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # as if it were not installed
    with caplog.at_level(logging.WARNING):
        runtime = open_runtime(checkpoint, "fast")
    assert isinstance(runtime, ExactRuntime)
    assert runtime.precision != FastRuntime.precision
    assert len(caplog.records) == 1
    assert "onnxruntime" in caplog.text
