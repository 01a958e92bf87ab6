import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.core.errors import AmbiguousSpan, InvalidOption, SpanNotFound
from myna.text.scripts import graphemes
from myna.text.spans import find_span, joins, on_graphemes


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("The cat sat.", "cat", "cat"),
        ("A cat in a category.", "cat", "cat"),
        ("빨간 사과를 먹었다.", "사과", "사과"),
        ("今天天气很好", "天气", "天气"),
        ("きのう 本を読んだ", "本", "本"),
        ("佢今日好開心", "開心", "開心"),
        ("I 👩‍👩‍👧 saw 👩 go", "👩", "👩"),
    ],
)
def test_words_are_found(text: str, words: str, found: str):
    start, end = find_span(text, words)
    assert text[start:end] == found


def test_a_whole_word_wins_over_a_part_of_one():
    assert find_span("category of cat", "cat") == (12, 15)


def test_a_composed_word_is_found_in_a_decomposed_text():
    text = unicodedata.normalize("NFD", "빨간 사과를 먹었다")
    start, end = find_span(text, "사과")
    assert unicodedata.normalize("NFC", text[start:end]) == "사과"


def test_a_base_character_is_not_found_inside_an_accented_one():
    with pytest.raises(SpanNotFound):
        find_span(unicodedata.normalize("NFD", "é"), "e")


def test_two_matches_are_listed():
    with pytest.raises(AmbiguousSpan, match=r"2 times: 4 to 7 .*; 12 to 15 "):
        find_span("the cat saw cat food", "cat")


@pytest.mark.parametrize("words", ["dog", "", "  "])
def test_words_that_are_not_there_are_refused(words: str):
    with pytest.raises(SpanNotFound):
        find_span("the cat", words)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (0, 99), (5, 99)])
def test_offsets_outside_the_text_are_refused(start: int, end: int):
    with pytest.raises(InvalidOption, match="7 characters"):
        on_graphemes("the cat", start, end)


def test_an_end_before_the_start_is_refused():
    with pytest.raises(InvalidOption, match="starts at 3"):
        on_graphemes("the cat", 3, 1)


@given(st.text(alphabet="aé가각\u0301\u1100\u1161\u11a8👩\u200d🏽 ", max_size=12), st.data())
def test_a_span_lands_on_whole_characters_around_it(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    first, last = on_graphemes(text, start, end)
    assert first <= start
    assert (last >= end) if end > start else (last == first)
    whole = graphemes(text)
    assert graphemes(text[:first]) + graphemes(text[first:]) == whole
    assert graphemes(text[:last]) + graphemes(text[last:]) == whole


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("big", "cat", True),
        ("사과", "를", True),
        ("天", "气", False),
        ("を", "読", False),
        ("big ", "cat", False),
        ("GPT", "4", True),
        ("", "cat", False),
    ],
)
def test_only_scripts_with_blanks_join(before: str, after: str, joined: bool):
    assert joins(before, after) is joined
