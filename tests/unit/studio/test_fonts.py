"""Fonts chosen by what they can draw."""

import pytest

from myna.studio.fonts import LATIN, UNDRAWN, drawable, fonts_for


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("안녕하세요, 뷁!", "NanumGothic"),
        ("晴れた朝、友達と", "IPAexGothic"),
        ("我们说话", "Noto Sans SC"),
        ("佢哋喺嗰度睇嘢", "Noto Sans SC"),
    ],
)
def test_the_extra_draws_our_five_languages_each_in_its_own_font(text: str, family: str):
    assert fonts_for(text) == ([LATIN, family], "")


def test_latin_needs_no_other_font():
    assert fonts_for("Tea at 7:30 — naïve café") == ([LATIN], "")
    assert fonts_for("") == ([LATIN], "")


def test_mixed_text_gets_a_font_for_each_script():
    families, undrawn = fonts_for("한국어와 我们 and ここ")
    assert undrawn == ""
    assert {LATIN, "NanumGothic"} < set(families)


def test_what_no_font_has_is_a_box_and_what_cannot_be_seen_is_left_out():
    unassigned = "\u0378"  # not printable: left out
    private = "\U0001f9ff"
    _, undrawn = fonts_for(f"a{private}{unassigned}\ud800\x00")
    assert set(undrawn) <= {private}
    assert drawable(f"a{private}b\x00\ud800", private) == f"a{UNDRAWN}b"
