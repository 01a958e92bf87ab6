"""English abbreviations, addresses, signs, Roman numerals and letters, said in words."""

import re
from collections.abc import Iterable

from myna.text.normalization.english import words
from myna.text.normalization.english.numbers import cardinal, digits, ordinal
from myna.text.normalization.rules import Reading, alternatives, parts, rule, whole
from myna.text.scripts import LATIN


def _address(match: re.Match[str]) -> Iterable[Reading]:
    said = re.sub(r"\Ahttps?://|/\Z", "", match.group())
    pieces = re.findall(r"\d+|[^\W\d_]+|[\W_]", said)
    return whole(match, " ".join(filter(None, map(_address_piece, pieces))))


def _address_piece(piece: str) -> str:
    if piece.isdigit():
        return cardinal(piece) if len(piece) <= 2 else digits(piece)
    if piece == "www":
        return "W W W"
    return piece if piece.isalpha() else words.IN_ADDRESSES.get(piece, "")


def _dotted(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, words.DOTTED[match.group()])


def _before_number(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, words.BEFORE_NUMBER[match["word"]])


def _saint_or_street(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "Street" if match["saint"] is None else "Saint")


def _abbreviation(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, words.ABBREVIATIONS[match["word"]])


def _initials(match: re.Match[str]) -> Iterable[Reading]:
    """Say J. R. R. or U.S.A. letter by letter."""
    return whole(match, _letters(match.group()))


def _letters(written: str) -> str:
    return " ".join(
        words.LETTER_A if letter in "Aa" else letter.upper()
        for letter in written
        if letter.isalpha()
    )


def _spelled(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, _letters(match.group()))


def _code(match: re.Match[str]) -> Iterable[Reading]:
    """Say letters and digits that stand together: A4, MP3, H2O, COVID-19, 747-400."""
    pieces = re.findall(rf"\d+|[{LATIN}]+", match.group())
    return whole(match, " ".join(_code_piece(piece) for piece in pieces))


def _code_piece(piece: str) -> str:
    if piece.isdigit():
        return cardinal(piece) if len(piece) <= 3 else digits(piece)
    return words.LETTER_A if piece == "A" else piece


def _roman_number(match: re.Match[str]) -> Iterable[Reading]:
    number = _roman(match["numeral"])
    return parts(match, numeral=cardinal(str(number))) if number else []


def _roman_ordinal(match: re.Match[str]) -> Iterable[Reading]:
    number = _roman(match["numeral"])
    return parts(match, numeral=f"the {ordinal(str(number))}") if number else []


_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_WELL_FORMED = re.compile(r"C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")


def _roman(written: str) -> int:
    """Return the value of a Roman numeral, 0 for one that is not well formed."""
    if not _WELL_FORMED.fullmatch(written):
        return 0
    values = [_ROMAN[letter] for letter in written]
    following = [*values[1:], 0]
    return sum(
        -value if value < after else value for value, after in zip(values, following, strict=True)
    )


def _sign(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, words.SIGNS[match.group()])


def _number_sign(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "hashtag" if match["digit"] is None else "number")


def _about(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "about")


def _per(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "per")


def _per_unit(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, f"per {words.PER[match['unit']]}")


def _comparison(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, words.COMPARISONS[match["sign"]])


def _possessive_initials(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, f"{_letters(match['letters'])}'s")


def _greek(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, words.GREEK[match.group().lower()])


ADDRESSES = (
    rule(
        r"""https?://[^\s<>"]*[\w/] | www\.[^\s<>"]*[\w/] | [\w.+-]+@[\w-]+(?:\.[\w-]+)+
        | (?<![\w@.])[a-zA-Z][\w-]*(?:\.[\w-]+)*
          \.(?:com|org|net|io|edu|gov|ai|dev|app|kr|jp|cn|hk|uk|de|eu|tv)\b(?:/[\w/?=&%.-]*[\w/])?""",
        _address,
    ),
)
DOTTED = (rule(rf"(?<![\w.])(?:{alternatives(words.DOTTED)})(?!\w)", _dotted),)
CODES = (
    rule(
        rf"""(?<![\w.$-])(?=[\w-]*[{LATIN}])(?=[\w-]*\d)[\d{LATIN}]+(?:-[\d{LATIN}]+)*
        (?![\w-]|[.,]\d)""",
        _code,
    ),
)
SHORT_FORMS = (
    rule(
        rf"\b(?P<word>{alternatives(words.BEFORE_NUMBER)})(?:\.(?=\ ?\d)|(?=\d))",
        _before_number,
    ),
    rule(r"\bSt\.(?P<saint>(?=\ [A-Z]))?(?!\w)|(?<=[a-z]\ )St\b(?P<street>)", _saint_or_street),
    rule(rf"\b(?P<word>{alternatives(words.ABBREVIATIONS)})\.(?!\w)", _abbreviation),
    rule(rf"\b(?P<word>{alternatives(words.WITHOUT_PERIOD)})\b", _abbreviation),
    rule(r"(?<![\w.])(?P<letters>(?:[A-Z]\.){2,})['’]s\b", _possessive_initials),
    rule(r"(?<![\w.])(?:[A-Za-z]\.){2,}|(?<![\w.])[A-Z]\.(?=\ [A-Z])", _initials),
    rule(rf"\b(?:{alternatives(words.SPELLED)})\b", _spelled),
    rule(rf"\b(?:{words.NUMBERED})\ (?P<numeral>[IVXLC]+)\b", _roman_number),
    rule(rf"\b(?:{words.RULERS})\ (?P<numeral>[IVX]+)\b", _roman_ordinal),
)
SIGNS = (
    rule(r"\#(?:(?P<digit>(?=\d))|(?=\w))", _number_sign),
    rule(r"~(?=\ ?[\d$€£])", _about),
    rule(rf"(?<=\w)/(?P<unit>{alternatives(words.PER)})\b\.?", _per_unit),
    rule(r"(?P<sign>[<>]=?|\*\*?|\^)(?=\ ?[-−]?\d)", _comparison),
    rule(r"(?<=\w)/(?=(?:second|minute|hour|day|night|week|month|year|person|kg|km)\b)", _per),
    rule(f"[{re.escape(''.join(words.SIGNS))}]", _sign),
    rule(f"[{''.join(words.GREEK)}{''.join(words.GREEK).upper()}]", _greek),
)
