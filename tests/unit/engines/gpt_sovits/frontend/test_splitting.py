import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.core.errors import BadText, InvalidOption
from myna.engines.gpt_sovits.frontend.splitting import (
    METHODS,
    collapse_punctuation,
    cut,
    pieces,
    split_long,
)

DATA = Path(__file__).parents[4] / "parity" / "data" / "gptsovits"
VECTORS = json.loads((DATA / "text_split.json").read_text("utf-8"))
WRITTEN = st.text("ab字。，.!?… \n—1", max_size=60)


@pytest.mark.parametrize("text", VECTORS["cases"])
def test_every_method_cuts_as_gpt_sovits_does(text: str) -> None:
    assert {name: cut(text, name) for name in METHODS} == VECTORS["cases"][text]


def test_a_long_text_is_cut_at_its_marks() -> None:
    parts = split_long("一二三四五六七八九十，" * 100)
    assert [len(part) for part in parts] == VECTORS["split_big_text_lens"]["lens"]


@given(WRITTEN, st.sampled_from(sorted(METHODS)))
@settings(max_examples=60, deadline=None)
def test_every_piece_has_something_to_say_and_an_end(text: str, method: str) -> None:
    try:
        found = pieces(text, "zh", method)
    except BadText:
        return
    for piece in found:
        assert piece[-1] in "，。？！,.?!~:：—…"
        assert any(character.isalnum() for character in piece)


def test_marks_that_follow_each_other_become_the_first() -> None:
    assert collapse_punctuation("好...！真的?!是-,。") == "好.！真的?是-。"


def test_a_short_opening_gets_a_mark_in_front() -> None:
    assert pieces("你好，世界和平", "zh", "cut0") == ["。你好，世界和平。"]
    assert pieces("Hi, how are you", "en", "cut0") == [".Hi, how are you."]


def test_short_pieces_join_the_next_and_the_last_joins_the_one_before() -> None:
    assert pieces("一二三四五，六七，八九十。十一", "zh", "cut5") == [
        "一二三四五，",
        "六七，八九十。十一。",
    ]


def test_symbols_alone_are_skipped() -> None:
    assert pieces("一二三四五六\n※※※※※※", "zh", "cut0") == ["一二三四五六。"]


def test_a_stretch_without_marks_is_cut_before_it_is_too_long() -> None:
    assert [len(piece) for piece in pieces("字" * 1200, "zh", "cut0")] == [509, 509, 183]


def test_nothing_to_say_is_refused() -> None:
    with pytest.raises(BadText, match="nothing to say"):
        pieces("\n\n", "zh", "cut5")
    with pytest.raises(BadText, match="nothing to say"):
        pieces("。。。", "zh", "cut5")


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(InvalidOption, match="cut9"):
        cut("你好", "cut9")
