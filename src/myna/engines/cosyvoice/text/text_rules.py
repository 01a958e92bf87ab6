"""How CosyVoice's texts are tidied and cut: the rules its models were published with."""

import re
import unicodedata
from collections.abc import Callable

LONGEST = 80  # a piece is closed before it would pass this
SHORTEST = 60  # and is no longer open beyond this
SHORTEST_LAST = 20  # a shorter rest joins the piece before

_ENDS_CHINESE = "。？！；：、.?!;"
_ENDS_OTHER = ".?!;:"
_CLOSING_QUOTES = ('"', "”")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CORNER_MARKS = str.maketrans({"²": "平方", "³": "立方"})
_BRACKETS = str.maketrans(dict.fromkeys("（）【】`", ""))


def is_chinese(text: str) -> bool:
    """Whether a Han character decides that the Chinese rules apply."""
    return _HAN.search(text) is not None


def pieces(text: str, length: Callable[[str], int], *, chinese: bool) -> list[str]:
    """Cut a text where sentences or clauses end, into pieces of about 60 to 80.

    `length` counts what matters: characters in Chinese, text tokens elsewhere. A text that does
    not end with a mark gets a full stop.
    """
    found: list[str] = []
    current = ""
    for clause in _clauses(text, chinese=chinese):
        if length(current + clause) > LONGEST and length(current) > SHORTEST:
            found.append(current)
            current = ""
        current += clause
    if current and found and length(current) < SHORTEST_LAST:
        found[-1] += current
    elif current:
        found.append(current)
    return found


def _clauses(text: str, *, chinese: bool) -> list[str]:
    """Return the parts of a text with the marks that end them; further marks are left out.

    A quote that closes after a mark belongs to the clause before it.
    """
    ends = _ENDS_CHINESE if chinese else _ENDS_OTHER
    if not text.endswith(tuple(ends)):
        text += "。" if chinese else "."
    clauses: list[str] = []
    start = 0
    for index, character in enumerate(text):
        if character not in ends or index < start:
            continue
        if index > start:
            clauses.append(text[start : index + 1])
        start = index + 1
        if text.startswith(_CLOSING_QUOTES, start):
            clauses[-1:] = [clause + text[start] for clause in clauses[-1:]]
            start += 1
    return clauses


def is_only_marks(text: str) -> bool:
    """Whether there is nothing in a text but punctuation and signs, or nothing at all."""
    return all(unicodedata.category(character)[0] in "PS" for character in text)


def without_blanks(text: str) -> str:
    """Drop the blanks of a Chinese text, but those between two Latin characters."""
    kept = [
        character
        for index, character in enumerate(text)
        if character != " " or (_is_latin(text, index - 1) and _is_latin(text, index + 1))
    ]
    return "".join(kept)


def _is_latin(text: str, index: int) -> bool:
    return 0 <= index < len(text) and text[index].isascii() and text[index] != " "


def tidied_chinese(text: str) -> str:
    """Tidy a Chinese text, or a part of one, whose figures are words already."""
    text = with_corner_marks_spelt(without_blanks(text.replace("\n", "")))
    text = text.replace(".", "。").replace(" - ", "，")
    return without_brackets(text)


def stopped(text: str) -> str:
    """Return a whole Chinese text with a full stop where it ends with a comma."""
    return re.sub("[，,、]+$", "。", text)


def with_corner_marks_spelt(text: str) -> str:
    """Spell out the small 2 and 3 of square and cubic measures."""
    return text.translate(_CORNER_MARKS)


def without_brackets(text: str) -> str:
    """Drop brackets, not what is in them; a dash becomes a blank."""
    return text.translate(_BRACKETS).replace("——", " ")
