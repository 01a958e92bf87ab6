import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from myna.engines.graphs import eight_bit
from myna.engines.graphs.graph_folder import UNUSED_DAYS, GraphFolder, GraphRefused
from myna.engines.graphs.onnx_format import Graph, Port

pytest.importorskip("onnxruntime", reason="the fast runtime needs onnxruntime")
from myna.engines.graphs.sessions import open_session

RNG = np.random.default_rng(0)
WEIGHT = RNG.standard_normal((24, 200), dtype=np.float32)
BIAS = RNG.standard_normal(24, dtype=np.float32)


def _product() -> Iterator[bytes]:
    graph = Graph("one product", [Port("inputs", "float32", ("rows", 200))])
    product = eight_bit.product(graph, "product", "inputs", WEIGHT, BIAS)
    graph.outputs.append(Port(graph.node("Relu", [product], ["outputs"]), "float32", ("rows", 24)))
    return graph.model()


def test_a_written_graph_computes_what_it_says() -> None:
    inputs = RNG.standard_normal((3, 200), dtype=np.float32)
    (outputs,) = open_session(_product(), 1).run(None, {"inputs": inputs})
    exact = np.maximum(inputs @ WEIGHT.T + BIAS, 0)
    assert np.sqrt(np.mean((outputs - exact) ** 2)) < 0.02 * exact.std()


def test_a_weight_is_at_most_half_a_step_off() -> None:
    codes, scales = eight_bit.quantized(WEIGHT)
    assert codes.shape == (24, 4, 64)
    steps = codes.astype(np.float32) - 128
    restored = (steps * scales[:, :, None]).reshape(24, 256)[:, :200]
    assert np.all(np.abs(restored - WEIGHT) <= 0.5001 * np.repeat(scales, 64, axis=1)[:, :200])


def test_weights_of_zero_stay_zero() -> None:
    codes, scales = eight_bit.quantized(np.zeros((2, 64), np.float32))
    assert set(codes.reshape(-1).tolist()) == {128}
    assert not scales.any()


def test_an_unknown_operator_is_refused_by_name() -> None:
    graph = Graph("odd", [Port("inputs", "float32", (1,))])
    graph.outputs.append(Port(graph.node("Frobnicate", ["inputs"], ["odd"]), "float32", (1,)))
    with pytest.raises(GraphRefused, match="Frobnicate"):
        open_session(graph.model(), 1)


def _never() -> Iterator[bytes]:
    raise AssertionError("it was built again")


def test_a_graph_is_built_once_and_kept(tmp_path: Path) -> None:
    folder = GraphFolder(tmp_path / "graphs")
    path = folder.path("product", "key", _product)
    assert path.read_bytes() == b"".join(_product())
    assert GraphFolder(tmp_path / "graphs").path("product", "key", _never) == path


def test_another_key_is_another_graph(tmp_path: Path) -> None:
    folder = GraphFolder(tmp_path)
    first, second = (folder.path("product", key, _product) for key in ("a", "b"))
    assert first != second
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("damage", ["cut short", "altered"])
def test_a_damaged_graph_is_built_again(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = GraphFolder(tmp_path)
    path = folder.path("product", "key", _product)
    whole = path.read_bytes()
    altered = whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]
    path.write_bytes(whole[:-9] if damage == "cut short" else altered)
    with caplog.at_level(logging.WARNING):
        assert folder.path("product", "key", _product).read_bytes() == whole
    assert "damaged graph" in caplog.text
    assert len(list(tmp_path.iterdir())) == 1


def test_a_graph_that_fails_to_be_built_leaves_nothing_behind(tmp_path: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield b"half of it"
        raise MemoryError

    with pytest.raises(MemoryError):
        GraphFolder(tmp_path).path("product", "key", failing)
    assert not list(tmp_path.iterdir())


def _last_used(path: Path, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def test_graphs_nobody_uses_any_more_are_removed_and_those_in_use_stay(tmp_path: Path) -> None:
    folder = GraphFolder(tmp_path)
    used, unused, lately = (folder.path("product", key, _product) for key in "abc")
    asked_for_next = folder.path("another", "a", _product)
    for path in (used, asked_for_next, unused):
        _last_used(path, UNUSED_DAYS + 1)
    _last_used(lately, UNUSED_DAYS - 1)
    assert folder.path("product", "a", _never) == used
    assert sorted(tmp_path.iterdir()) == sorted([used, asked_for_next, lately])
    _last_used(lately, UNUSED_DAYS + 1)
    assert folder.path("another", "a", _never) == asked_for_next
    assert sorted(tmp_path.iterdir()) == sorted([used, asked_for_next])


def test_what_a_killed_process_left_unfinished_is_removed_a_day_later(tmp_path: Path) -> None:
    left, being_written = tmp_path / "tmpleft.part", tmp_path / "tmpnow.part"
    for path in (left, being_written):
        path.write_bytes(b"half a graph")
    _last_used(left, 2)
    kept = GraphFolder(tmp_path).path("product", "key", _product)
    assert sorted(tmp_path.iterdir()) == sorted([kept, being_written])


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    own = tmp_path / "0123.digest"
    own.write_bytes(b"a digest")
    _last_used(own, 10 * UNUSED_DAYS)
    GraphFolder(tmp_path).path("product", "key", _product)
    assert own.exists()
