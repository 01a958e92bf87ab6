"""Heads that follow a text, and the path of what they look at."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from myna.engines.batching.decode_attention import attention_on
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V2
from myna.engines.gpt_sovits.frontend.word_phonemes import WordPhonemes
from myna.engines.gpt_sovits.plausibility import reading_fault
from myna.engines.gpt_sovits.tokens.attention import Attended, AttentionRecord
from myna.engines.gpt_sovits.tokens.attention_heads import following
from myna.engines.gpt_sovits.tokens.attention_path import likeliest_path
from myna.engines.gpt_sovits.tokens.captured_slots import CAPACITY, CapturedSlots
from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_models import SteppedByDevice, SteppedByRuntime
from myna.engines.gpt_sovits.tokens.semantic_runtimes import ExactRuntime, SemanticRuntime
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech, SemanticSlots
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic
from myna.engines.gpt_sovits.tokens.word_times import word_times
from myna.engines.gpt_sovits.weights import SemanticCheckpoint, read_semantic
from tests.unit.engines.gpt_sovits import tiny_checkpoints
from tests.unit.engines.gpt_sovits.following_checkpoint import (
    FOLLOWING,
    PHONEMES_PER_TOKEN,
    write_following_gpt,
)

PHONEMES = 40
WORDS = [(start, start + 4) for start in range(0, PHONEMES - 1, 5)]  # a mark behind each


def looking(places: Sequence[float], blur: float = 0.6, seed: int = 0) -> np.ndarray:
    """Return attention around a place for each token, with some noise: (T, L)."""
    apart = np.arange(PHONEMES) - np.asarray(places)[:, None]
    noise = np.random.default_rng(seed).random(apart.shape) * 0.02
    weights = np.exp(-0.5 * (apart / blur) ** 2) + noise
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def steadily(first: float, last: float, rate: float = 0.45) -> list[float]:
    return np.arange(first, last, rate).tolist()


def fault(places: Sequence[float], **how: float) -> str | None:
    weights = looking(places, **how)
    return reading_fault(likeliest_path(weights), weights, WORDS)


@pytest.mark.parametrize("rate", [0.2, 0.45, 1.0, 1.4])
@pytest.mark.parametrize("blur", [0.3, 1.0])
def test_whoever_reads_word_after_word_reads_well(rate: float, blur: float) -> None:
    assert fault(steadily(0, 39.5, rate), blur=blur) is None


def test_pauses_and_hesitations_are_no_faults() -> None:
    places = steadily(0, 14) + [14.0] * 30 + steadily(14, 22) + [21.0] * 3 + steadily(21, 39.5)
    assert fault(places) is None


def test_a_glance_elsewhere_is_no_fault() -> None:
    places = steadily(0, 39.5)
    places[30] = 38.0
    places[50] = 2.0
    assert fault(places) is None


@pytest.mark.parametrize("gap", [(10, 14), (15, 24), (0, 9)])
def test_words_passed_over_are_missed(gap: tuple[int, int]) -> None:
    places = [place for place in steadily(0, 39.5) if not gap[0] - 0.5 <= place < gap[1] + 0.5]
    assert fault(places) == "words were passed over"


def test_an_end_before_the_last_words_misses_them() -> None:
    assert fault(steadily(0, 29)) == "words were passed over"


@pytest.mark.parametrize("back", [5, 10, 20])
def test_words_read_twice_are_said_again(back: int) -> None:
    assert fault(steadily(0, 24) + steadily(24 - back, 39.5)) == "words are said again"


def test_a_step_back_within_a_word_is_not() -> None:
    assert fault(steadily(0, 22.4) + steadily(21, 39.5)) is None


def test_whoever_does_not_end_holds_still() -> None:
    assert fault(steadily(0, 39.5) + [39.0] * 55) == "it holds still"


def test_words_are_timed_along_the_path() -> None:
    places = [float(token // 2) for token in range(80)]
    words = [WordPhonemes(f"word {first}", first, last) for first, last in WORDS]
    timed = word_times(likeliest_path(looking(places)), words, 80, 25)
    assert [word.text for word in timed] == [word.written for word in words]
    for word, (first, last) in zip(timed, WORDS, strict=True):
        assert word.start == pytest.approx((2 * first + 0.5) / 25 if first else 0)
        assert word.end == pytest.approx((2 * last + 0.5) / 25)


def test_words_that_are_not_all_read_in_order_are_not_timed() -> None:
    words = [WordPhonemes("word", first, last) for first, last in WORDS]
    missing = likeliest_path(looking(steadily(0, 9) + steadily(15, 39.5)))
    assert word_times(missing, words, 80, 25) == ()
    again = likeliest_path(looking(steadily(0, 24) + steadily(10, 39.5)))
    assert word_times(again, words, 120, 25) == ()


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("sway", [0.0, 0.9])
def test_heads_that_look_about_are_not_trusted(scale: float, sway: float) -> None:
    """As many as a published decoder has, independent or like those of neighbouring tokens."""
    random = np.random.default_rng(5)
    keys = random.normal(size=(24, 16, PHONEMES, 32)).astype(np.float32) * scale
    queries = random.normal(size=(24, 16, 90, 32)).astype(np.float32) * scale
    for token in range(1, 90):
        queries[:, :, token] *= np.sqrt(1 - sway**2)
        queries[:, :, token] += sway * queries[:, :, token - 1]
    found = following(Attended(keys, queries))
    assert found is not None
    assert not found.is_trusted


def test_a_head_that_looks_at_one_phoneme_only_is_not_trusted() -> None:
    keys = np.zeros((1, 1, PHONEMES, 8), np.float32)
    keys[:, :, 7] = 10
    found = following(Attended(keys, np.full((1, 1, 90, 8), 10, np.float32)))
    assert found is not None
    assert found.quality.focus == pytest.approx(1)
    assert not found.is_trusted


def test_of_very_few_phonemes_nothing_is_said() -> None:
    assert following(Attended(np.ones((1, 1, 7, 8), np.float32), np.ones((1, 1, 90, 8)))) is None


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> SemanticCheckpoint:
    path = tmp_path_factory.mktemp("weights") / "gpt.ckpt"
    write_following_gpt(path)
    return read_semantic(path)


def request(checkpoint: SemanticCheckpoint, length: int = PHONEMES, seed: int = 1) -> SeededSpeech:
    """Ask for phonemes whose last is a full stop; none before it is."""
    phonemes = torch.arange(100, 100 + length)
    phonemes[-1] = SYMBOLS_V2.numbers["."]
    speech = SemanticRequest(phonemes, None, torch.zeros(0, dtype=torch.int64), longest=400)
    return SeededSpeech(speech, seed, AttentionRecord(slice(0, length)))


def drawn(
    slots: SemanticSlots | CapturedSlots, requests: Sequence[SeededSpeech]
) -> list[list[int]]:
    """Draw requests side by side."""
    said: list[list[int]] = [[] for _ in requests]
    live = list(range(len(requests)))
    for slot in live:
        slots.admit(slot, requests[slot])
    while live:
        for slot, outcome in zip(list(live), slots.step(live), strict=True):
            for token in outcome if isinstance(outcome, tuple) else (outcome,):
                if token is None:
                    slots.release(slot)
                    live.remove(slot)
                else:
                    assert isinstance(token, int)
                    said[slot].append(token)
    return said


def on_device(checkpoint: SemanticCheckpoint) -> SteppedByDevice:
    """Return what is stepped on a GPU, here."""
    network = TextToSemantic(checkpoint)
    attention = attention_on(torch.device("cpu"), network.cache_shape(CAPACITY))
    return SteppedByDevice(network, torch.float32, attention)


def runtimes(checkpoint: SemanticCheckpoint) -> dict[str, SemanticRuntime]:
    pytest.importorskip("onnxruntime", reason="two of three runtimes need onnxruntime")
    from myna.engines.gpt_sovits.tokens.exact_graph_runtime import ExactGraphRuntime
    from myna.engines.gpt_sovits.tokens.fast_runtime import FastRuntime

    return {
        "fast": FastRuntime(checkpoint, None),
        "exact graph": ExactGraphRuntime(checkpoint),
        "torch": ExactRuntime(TextToSemantic(checkpoint)),
    }


def test_every_runtime_and_the_device_find_the_head_and_its_path(
    checkpoint: SemanticCheckpoint,
) -> None:
    models = {name: SteppedByRuntime(runtime) for name, runtime in runtimes(checkpoint).items()}
    device = on_device(checkpoint)
    for name, model in {**models, "device": device}.items():
        asked = request(checkpoint)
        slots = model.slots(2)
        assert isinstance(slots, SemanticSlots | CapturedSlots)
        (tokens,) = drawn(slots, [asked])
        attended = model.attended(asked, tokens)
        assert attended is not None
        assert attended.queries.shape[2] == len(tokens)
        found = following(attended)
        assert found is not None
        assert found.is_trusted, name
        assert found.heads == (FOLLOWING,)
        wanted = np.arange(len(tokens)) * PHONEMES_PER_TOKEN
        assert np.abs(likeliest_path(found.weights) - wanted).max() < 1


def test_what_is_attended_to_does_not_depend_on_company(checkpoint: SemanticCheckpoint) -> None:
    for name, runtime in runtimes(checkpoint).items():
        lengths = (40, 12, 31, 40, 25)
        company = [request(checkpoint, length, seed) for seed, length in enumerate(lengths)]
        alone = [request(checkpoint, length, seed) for seed, length in enumerate(lengths)]
        together = drawn(SemanticSlots(runtime), company)
        for one, other, tokens in zip(company, alone, together, strict=True):
            assert drawn(SemanticSlots(runtime), [other]) == [tokens]
            first, second = (each.record and each.record.attended() for each in (one, other))
            assert first is not None
            assert second is not None
            assert np.array_equal(first.keys, second.keys), name
            assert np.array_equal(first.queries, second.queries), name


def test_tokens_are_the_same_whether_they_are_observed_or_not(
    checkpoint: SemanticCheckpoint,
) -> None:
    for runtime in runtimes(checkpoint).values():
        asked = request(checkpoint)
        observed = drawn(SemanticSlots(runtime), [asked])
        assert drawn(SemanticSlots(runtime), [replace(asked, record=None)]) == observed


@pytest.mark.parametrize(
    ("order", "wrong"),
    [
        ([*range(60), *range(20, 120)], "words are said again"),
        ([*range(40), *range(70, 120)], "words were passed over"),
        ([*range(120), *[119] * 60], "it holds still"),
        ([*range(120)], None),
    ],
)
def test_a_decoder_that_goes_astray_is_found_out(
    checkpoint: SemanticCheckpoint, order: list[int], wrong: str | None
) -> None:
    """Real keys and queries, in the order of a decoder that reads otherwise than the text goes."""
    runtime = ExactRuntime(TextToSemantic(checkpoint))
    asked = request(checkpoint)
    (tokens,) = drawn(SemanticSlots(runtime), [asked])
    attended = SteppedByRuntime(runtime).attended(asked, tokens)
    assert attended is not None
    found = following(replace(attended, queries=attended.queries[:, :, order]))
    assert found is not None
    assert found.is_trusted
    assert reading_fault(likeliest_path(found.weights), found.weights, WORDS) == wrong


def test_a_random_decoder_is_not_trusted(tmp_path: Path) -> None:
    tiny_checkpoints.write_gpt(tmp_path / "gpt.ckpt")
    runtime = ExactRuntime(TextToSemantic(read_semantic(tmp_path / "gpt.ckpt")))
    for seed in range(8):
        phonemes = torch.randint(1, 700, (30,), generator=torch.Generator().manual_seed(seed))
        speech = SemanticRequest(phonemes, None, torch.tensor([5, 900, 17]), longest=80)
        asked = SeededSpeech(speech, seed, AttentionRecord(slice(10, 30)))
        (tokens,) = drawn(SemanticSlots(runtime), [asked])
        attended = SteppedByRuntime(runtime).attended(asked, tokens)
        assert attended is not None
        found = following(attended)
        assert found is None or not found.is_trusted


def test_a_call_that_is_not_recorded_has_no_attention(checkpoint: SemanticCheckpoint) -> None:
    asked = replace(request(checkpoint), record=None)
    runtime = ExactRuntime(TextToSemantic(checkpoint))
    assert SteppedByRuntime(runtime).attended(asked, [1, 2]) is None
    assert on_device(checkpoint).attended(asked, [1, 2]) is None
    assert AttentionRecord(slice(0, 4)).attended() is None
