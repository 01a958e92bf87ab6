import pytest
import torch

from myna.core.errors import TextTooLong, WeightsMissing
from myna.engines.cosyvoice.tokens.language_model import Segment, read_language_model
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.tiny_language_model import CONFIG, language_model, state

MODEL = language_model()
TEXT = MODEL.embedded([Segment.text(range(20, 32))])


def test_reading_in_parts_gives_what_reading_at_once_gives() -> None:
    whole = MODEL.decoder.read(TEXT, MODEL.decoder.new_cache(1, 12), 0)
    for sizes in ((12,), (5, 7), (1,) * 12, (4, 1, 6, 1)):
        cache = MODEL.decoder.new_cache(2, 12)
        for part in torch.split(TEXT, sizes):
            logits = MODEL.decoder.read(part, cache, 1)
        torch.testing.assert_close(logits, whole, rtol=1e-4, atol=1e-5)
        assert cache.lengths == [0, 12]


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_slots_stepped_together_get_what_each_gets_alone(rows: int) -> None:
    decoder = language_model(rows=rows).decoder
    tokens = MODEL.embedded([Segment.speech([7, 8, 9])])
    alone = []
    for length, token in zip((12, 3, 8), tokens, strict=True):
        cache = MODEL.decoder.new_cache(1, 13)
        MODEL.decoder.read(TEXT[:length], cache, 0)
        alone.append(MODEL.decoder.read(token[None], cache, 0))
    cache = MODEL.decoder.new_cache(5, 13)
    for length, slot in zip((12, 3, 8), (4, 0, 2), strict=True):
        MODEL.decoder.read(TEXT[:length], cache, slot)
    together = decoder.step(tokens, cache, [4, 0, 2])
    torch.testing.assert_close(together, torch.stack(alone), rtol=1e-4, atol=1e-5)
    assert cache.lengths == [4, 0, 9, 0, 13]


def test_a_cleared_slot_is_as_good_as_new() -> None:
    cache = MODEL.decoder.new_cache(1, 12)
    first = MODEL.decoder.read(TEXT[:5], cache, 0)
    MODEL.decoder.read(TEXT[5:], cache, 0)
    cache.clear(0)
    assert torch.equal(MODEL.decoder.read(TEXT[:5], cache, 0), first)


def test_what_does_not_fit_is_refused() -> None:
    cache = MODEL.decoder.new_cache(1, 11)
    with pytest.raises(TextTooLong, match="12 tokens, speech included, more than the 11"):
        MODEL.decoder.read(TEXT, cache, 0)
    MODEL.decoder.read(TEXT[:11], cache, 0)
    with pytest.raises(TextTooLong):
        MODEL.decoder.step(TEXT[:1], cache, [0])


def test_a_checkpoint_that_lacks_a_tensor_is_refused_by_name() -> None:
    for key in ("speech_embedding.weight", "llm.model.model.layers.1.mlp.up_proj.weight"):
        tensors = state()
        del tensors[key]
        with pytest.raises(WeightsMissing, match=key):
            read_language_model(tensors, version=Version.COSYVOICE2, config=CONFIG)


def test_half_precision_weights_are_computed_with_in_single_precision() -> None:
    halved = {key: tensor.half() for key, tensor in state().items()}
    model = read_language_model(halved, version=Version.COSYVOICE2, config=CONFIG)
    logits = model.decoder.read(
        model.embedded([Segment.text([1, 2])]), model.decoder.new_cache(1, 4), 0
    )
    assert logits.dtype == torch.float32


def test_the_third_generation_keeps_its_marks_in_the_speech_embedding() -> None:
    model = language_model(Version.COSYVOICE3)
    table = state(Version.COSYVOICE3)["speech_embedding.weight"]
    marks = model.marks
    assert torch.equal(model.embedded([marks.start, marks.task]), table[[6561, 6563]])
    assert (marks.end, marks.fill, model.decoder.vocabulary) == (6562, 6564, 6761)
    assert set(marks.unsayable) == set(range(6561, 6761)) - {6562, 6564}
