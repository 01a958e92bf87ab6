import logging
from pathlib import Path

import pytest
import torch
from torch import Tensor

from myna.core.errors import TextTooLong
from myna.engines.cosyvoice.tokens.decoders import Decoder
from myna.engines.cosyvoice.tokens.key_value_cache import BackboneConfig
from myna.engines.cosyvoice.tokens.language_model import Segment, read_language_model
from myna.engines.cosyvoice.version import Version
from myna.engines.graphs.graph_folder import GraphFolder
from tests.unit.engines.cosyvoice.tiny_language_model import language_model, state

pytest.importorskip("onnxruntime", reason="the fast runtime needs onnxruntime")

EXACT = language_model()
FAST = language_model(runtime="fast")
TEXT = EXACT.embedded([Segment.text(range(20, 32))])
SPEECH = EXACT.embedded([Segment.speech(range(10))])


def _logits(decoder: Decoder) -> list[Tensor]:
    """Read and step two slots in several ways."""
    cache = decoder.new_cache(4, 64)
    logits = [
        decoder.read(TEXT[:7], cache, 2),
        decoder.read(TEXT[7:], cache, 2),
        decoder.read(TEXT[:3], cache, 0),
        *decoder.step(SPEECH[:2], cache, [2, 0]),
        *decoder.step(SPEECH[2:4], cache, [0, 2]),
        decoder.read(TEXT[:5], cache, 0),
    ]
    assert cache.lengths == [10, 0, 14, 0]
    return logits


def test_eight_bits_come_near_what_is_exact() -> None:
    for fast, exact in zip(_logits(FAST.decoder), _logits(EXACT.decoder), strict=True):
        error = (fast - exact).square().mean().sqrt() / exact.std()
        assert 0 < error < 0.04


def test_a_sequence_has_the_same_numbers_whichever_are_stepped_with_it() -> None:
    def filled(slots: list[int]) -> Tensor:
        cache = FAST.decoder.new_cache(8, 32)
        for slot in slots:
            FAST.decoder.read(TEXT[: 1 + slot], cache, slot)
        return FAST.decoder.step(SPEECH[slots], cache, slots)

    alone = torch.cat([filled([slot]) for slot in range(8)])
    for slots in ([0, 1, 2, 3, 4, 5, 6, 7], [0, 2, 3, 7], [5, 4, 1]):
        assert torch.equal(filled(slots), alone[slots])


def test_a_full_slot_is_refused() -> None:
    cache = FAST.decoder.new_cache(1, 12)
    FAST.decoder.read(TEXT, cache, 0)
    with pytest.raises(TextTooLong):
        FAST.decoder.step(SPEECH[:1], cache, [0])


def test_the_graph_is_made_once_and_kept(tmp_path: Path) -> None:
    graphs = GraphFolder(tmp_path)
    first = language_model(runtime="fast", graphs=graphs)
    (path,) = tmp_path.iterdir()
    made = path.stat().st_ino
    second = language_model(runtime="fast", graphs=graphs)
    assert [entry.stat().st_ino for entry in tmp_path.iterdir()] == [made]
    for one, other in zip(_logits(first.decoder), _logits(second.decoder), strict=True):
        assert torch.equal(one, other)
    language_model(Version.COSYVOICE3, runtime="fast", graphs=graphs)
    assert len(list(tmp_path.iterdir())) == 2


def test_what_cannot_run_fast_runs_exact_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    narrow = BackboneConfig(n_heads=8)  # heads of 8 channels: no kernel turns them
    with caplog.at_level(logging.WARNING):
        model = read_language_model(
            state(), version=Version.COSYVOICE2, config=narrow, runtime="fast"
        )
    assert model.decoder.precision == "exact1"
    assert "exact, not fast" in caplog.text
    assert FAST.decoder.precision == "fast2"


def test_the_third_generation_runs_fast_too() -> None:
    exact = language_model(Version.COSYVOICE3).decoder
    fast = language_model(Version.COSYVOICE3, runtime="fast").decoder
    logits = [each.read(TEXT, each.new_cache(1, 16), 0) for each in (exact, fast)]
    error = (logits[0] - logits[1]).square().mean().sqrt() / logits[0].std()
    assert 0 < error < 0.04
