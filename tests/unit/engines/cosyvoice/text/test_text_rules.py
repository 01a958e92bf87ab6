import pytest

from myna.engines.cosyvoice.text.text_rules import is_only_marks, pieces, without_blanks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("他说：“走吧。”走了", "他说：“走吧。”走了。"),
        ("好；；”他说。", "好；”他说。"),  # the second mark ends nothing, its quote stays
        ("！”好", "好。"),  # nothing stands before the quote
        ("。！？", ""),
        ("", ""),
    ],
)
def test_a_quote_closes_the_clause_before_it(text: str, expected: str) -> None:
    assert "".join(pieces(text, len, chinese=True)) == expected


def test_a_piece_is_closed_beyond_sixty_and_a_short_rest_joins_it() -> None:
    clause = "一" * 30 + "，" + "二" * 30 + "。"
    assert pieces(clause + clause + "尾。", len, chinese=True) == [clause, clause + "尾。"]


def test_blanks_stay_between_latin_characters_only() -> None:
    assert without_blanks("a b 中 文 c d") == "a b中文c d"
    assert without_blanks(" a ") == "a"


def test_marks_of_any_script_say_nothing() -> None:
    assert is_only_marks("。…—$~")
    assert not is_only_marks("。 ")
