import numpy as np
import pytest
import torch

from myna.core.errors import TextTooLong
from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_runtimes import (
    ExactRuntime,
    SemanticRuntime,
    open_runtime,
)
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic
from myna.engines.gpt_sovits.weights import SemanticCheckpoint, read_semantic
from myna.engines.graphs.products import Floats
from tests.unit.engines.gpt_sovits import tiny_checkpoints

pytest.importorskip("onnxruntime", reason="the graph needs onnxruntime")
from myna.engines.gpt_sovits.tokens.exact_graph_runtime import ExactGraphRuntime

PROMPT = torch.tensor([5, 900, 17, 17, 3])
SPEECHES = [
    SemanticRequest(torch.arange(8), None, PROMPT, longest=40),
    SemanticRequest(torch.arange(40, 105), None, PROMPT[:2], longest=40),
    SemanticRequest(torch.arange(100, 103), None, PROMPT[:0], longest=600),
]
SAID = [3, 700, 41, 9, 1023, 0, 12, 12]


@pytest.fixture(scope="module", params=[False, True], ids=["in 32 bits", "in 16 bits"])
def checkpoint(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> SemanticCheckpoint:
    path = tmp_path_factory.mktemp("weights") / "gpt.ckpt"
    tiny_checkpoints.write_gpt(path, half=request.param)
    return read_semantic(path)


@pytest.fixture(scope="module")
def runtime(checkpoint: SemanticCheckpoint) -> ExactGraphRuntime:
    return ExactGraphRuntime(checkpoint)


def _logits(runtime: SemanticRuntime, speech: SemanticRequest) -> Floats:
    rows = [runtime.admit(0, speech)]
    rows += [runtime.step([0], [token])[0].copy() for token in SAID]
    runtime.release(0)
    return np.stack(rows)


@pytest.mark.parametrize("speech", SPEECHES)
def test_logits_are_those_of_torch(
    runtime: ExactGraphRuntime, checkpoint: SemanticCheckpoint, speech: SemanticRequest
) -> None:
    expected = _logits(ExactRuntime(TextToSemantic(checkpoint)), speech)
    found = _logits(runtime, speech)
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()


def test_logits_are_the_same_to_the_bit_whoever_else_is_stepped(runtime: ExactGraphRuntime) -> None:
    alone = [_logits(runtime, speech) for speech in SPEECHES]
    together = [[runtime.admit(slot, speech)] for slot, speech in enumerate(SPEECHES)]
    for token in SAID:
        rows = runtime.step([2, 0, 1], [token] * 3)
        for slot, row in zip([2, 0, 1], rows, strict=True):
            together[slot].append(row.copy())
    for slot, expected in enumerate(alone):
        runtime.release(slot)
        assert np.array_equal(np.stack(together[slot]), expected)


def test_it_is_what_exact_means_where_onnxruntime_is_installed(
    checkpoint: SemanticCheckpoint,
) -> None:
    opened = open_runtime(checkpoint, "exact")
    assert isinstance(opened, ExactGraphRuntime)
    assert opened.precision != ExactRuntime.precision


def test_a_text_that_does_not_fit_is_refused_and_leaves_nothing(runtime: ExactGraphRuntime) -> None:
    with pytest.raises(TextTooLong):
        runtime.admit(0, SemanticRequest(torch.zeros(4001, dtype=torch.int64), None, PROMPT))
    assert not runtime.steps.rows.slots
