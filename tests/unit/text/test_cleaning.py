"""Any text becomes readable text, and knows where it came from."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.text.cleaning import clean

any_text = st.text(st.characters(), max_size=60)  # lone surrogates included


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("", ""),
        ("Plain text, nothing to do.", "Plain text, nothing to do."),
        ("a\x00b\x07c", "abc"),
        ("half \ud83d a pair", "half  a pair"),
        ("zero\u200bwidth\ufeff, so\u00adft", "zerowidth, soft"),
        ("private \ue000 use", "private  use"),
        ("cafe\u0301", "café"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
        ("ＡＢＣ１２３％", "ABC123%"),
        ("ｶﾞｷﾞｸﾞ", "ガギグ"),
        ("𝐁𝐨𝐥𝐝 𝟚", "Bold 2"),
        ("ﬁne", "fine"),
        ("你好，世界！（对）：「好」", "你好，世界！（对）：「好」"),
        ("“Don’t”", "“Don’t”"),
        ("hi😀there", "hi there"),
        ("👩\u200d👩\u200d👧 ok", "    ok"),
        ("1\ufe0f\u20e3", "1"),
        ("tab\tand\u3000wide\u00a0blank", "tab and wide blank"),
        ("line\u2028end\x85here", "line\nend\nhere"),
        ("\u202eright to left\u202c", "right to left"),
        ("e\u200b\u0301", "é"),
    ],
)
def test_text_is_cleaned_of_what_nobody_says(dirty: str, cleaned: str) -> None:
    assert clean(dirty).text == cleaned


@given(any_text)
def test_no_text_is_too_strange_to_clean(text: str) -> None:
    cleaned = clean(text).text
    assert clean(cleaned).text == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not {unicodedata.category(c) for c in cleaned if c != "\n"} & {
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
    }
    cleaned.encode()


@given(any_text)
def test_every_clean_character_names_where_it_came_from(text: str) -> None:
    cleaned = clean(text)
    spans = [cleaned.original(i, i + 1) for i in range(len(cleaned.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


def test_composed_letters_span_their_parts() -> None:
    cleaned = clean("cafe\u0301\u200b!")
    assert cleaned.text == "café!"
    assert cleaned.original(0, 4) == (0, 5)
    assert cleaned.original(4, 5) == (6, 7)


def test_a_vowel_jamo_behind_a_latin_letter_stands_alone() -> None:
    cleaned = clean("A\u1161")
    assert [cleaned.original(i, i + 1) for i in range(2)] == [(0, 1), (1, 2)]


def test_clean_text_is_not_walked_letter_by_letter() -> None:
    assert clean("Nothing to do, 나도. 我也是。").starts is None
