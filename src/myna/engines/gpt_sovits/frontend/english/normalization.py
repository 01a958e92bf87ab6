"""Written English as it is said: numbers, times, money and units in words.

The rules, their order and their oddities (1,234 km is "twelve thirty-four km") are those of
GPT-SoVITS: its models were trained on what they give.
"""

import re
import unicodedata
from collections.abc import Callable

from myna.engines.gpt_sovits.frontend.english.numbers import (
    cardinal,
    ordinal,
    ordinal_suffix,
    year,
)
from myna.engines.gpt_sovits.frontend.width import half_width

_YEARS = range(1001, 3000)
_RAISED = "[⁰¹²³⁴⁵⁶⁷⁸⁹ˣʸⁿ]*"
_OPERAND = rf"(?:-?\d+(?:\.\d+)?{_RAISED}|\.\d+{_RAISED}|[A-Za-z]{_RAISED})"
_ARITHMETIC = re.compile(rf"({_OPERAND})\s+([+\-×÷=])\s+({_OPERAND})")
_OPERATORS = {"+": "plus", "-": "minus", "×": "times", "÷": "divided by", "=": "Equals"}
_UNITS = {
    "m": ("meter", "meters"),
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "km": ("kilometer", "kilometers"),
    "ft": ("feet", "feet"),
    "L": ("liter", "liters"),
    "tbsp": ("tablespoon", "tablespoons"),
    "tsp": ("teaspoon", "teaspoons"),
    "h": ("hour", "hours"),
    "min": ("minute", "minutes"),
    "s": ("second", "seconds"),
    "°C": ("degree celsius", "degrees celsius"),
    "°F": ("degree fahrenheit", "degrees fahrenheit"),
}
_FULL_WIDTH_ENDS = str.maketrans("。！？", ".!?")
_APOSTROPHE = re.compile("(?<=[A-Za-z])[’ʼ＇](?=[A-Za-z])")  # I’ll is not ill
_UNDECOMPOSED = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "þ": "th", "Þ": "Th", "ð": "th"}
    | dict(zip("øØłŁđĐħıŋ", "oOlLdDhin", strict=True))
)  # letters without an accent that could be taken off
_REPEATED_MARKS = re.compile(r"([!?…,.\-\s])[!?…,.\-]+")


def normalize(text: str) -> str:
    """Return `text` in the letters a to z, blanks, apostrophes and the marks `. , ? ! -` alone."""
    text = _APOSTROPHE.sub("'", half_width(text).translate(_FULL_WIDTH_ENDS))
    text = _in_words(text).translate(_UNDECOMPOSED)
    decomposed = unicodedata.normalize("NFD", text)
    text = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    text = re.sub(r"[^ A-Za-z'.,?!\-]", "", text.replace("%", " percent"))
    text = re.sub(r"(?i)i\.e\.", "that is", text)
    text = re.sub(r"(?i)e\.g\.", "for example", text)
    text = re.sub(r"(?<!^)(?<!\s)([A-Z])", r" \1", text)
    return _REPEATED_MARKS.sub(r"\1", text)


def _in_words(text: str) -> str:
    text = re.sub(r"\b([0-9]+)\. ", _numbered, text)
    while _ARITHMETIC.search(text):
        text = _ARITHMETIC.sub(_said_arithmetic, text)
    for pattern, say in _RULES:
        text = pattern.sub(say, text)
    return text


def _numbered(match: re.Match[str]) -> str:
    return f"{match[1]}{ordinal_suffix(int(match[1]))}, "


def _said_arithmetic(match: re.Match[str]) -> str:
    return f"{match[1]} {_OPERATORS[match[2]]} {match[3]}"


def _said_time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    period = "a.m." if hour < 12 else "p.m."
    hour -= 12 if hour > 12 else 0
    return f"{cardinal(hour)} {cardinal(minute) if minute else 'o' + chr(39) + 'clock'} {period}"


def _said_measure(match: re.Match[str]) -> str:
    one, many = _UNITS[match[3]]
    return f"{match[1]}{match[2] or ''} {one if int(match[1]) == 1 and not match[2] else many}"


def _said_money(one: str, many: str, small: str, smalls: str) -> Callable[[re.Match[str]], str]:
    def say(match: re.Match[str]) -> str:
        written = match[1].lstrip("(").replace(",", "")
        whole, *decimals = written.split(".")
        if len(decimals) > 1:
            return f"{match[1]} {many}"
        count = int(whole or 0)
        hundredths = int(decimals[0].ljust(2, "0")) if decimals else 0
        said = [f"{count} {one if count == 1 else many}"] if count else []
        said += [f"{hundredths} {small if hundredths == 1 else smalls}"] if hundredths else []
        return " and ".join(said) or f"zero {many}"

    return say


def _said_decimal(match: re.Match[str]) -> str:
    return f"{match[1]} point {' '.join(match[2])}"


def _said_fraction(match: re.Match[str]) -> str:
    count, parts = int(match[1]), int(match[2])
    if parts == 1:
        return cardinal(count)
    if parts == 2:
        return f"{cardinal(count)} {'half' if count == 1 else 'halves'}"
    return f"{cardinal(count)} {ordinal(cardinal(parts))}{'s' if count > 1 else ''}"


def _said_number(match: re.Match[str]) -> str:
    number = int(match[0])
    return year(number) if number in _YEARS else cardinal(number, joined_by=" ")


_pounds = _said_money("pound", "pounds", "penny", "pence")
_dollars = _said_money("dollar", "dollars", "cent", "cents")
_AMOUNT = r"[0-9.,]*[0-9]+"
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?:^|\s+)-(\d+)"), lambda match: f"negative {match[1]}"),
    (re.compile(r"[0-9][0-9,]+[0-9]"), lambda match: match[0].replace(",", "")),
    (re.compile(r"\b([01]?[0-9]|2[0-3]):([0-5][0-9])\b"), _said_time),
    (
        re.compile(r"\b([0-9]+)(\.[0-9]+)?(m|km|km/h|ft|L|tbsp|tsp|h|min|s|°C|°F)\b"),
        _said_measure,
    ),
    (re.compile(f"£({_AMOUNT})"), _pounds),
    (re.compile(f"({_AMOUNT})£"), _pounds),
    (re.compile(rf"\$({_AMOUNT})"), _dollars),
    (re.compile(r"([(0-9.,]*[0-9]+)\$"), _dollars),
    (re.compile(r"([0-9]+)\.(\s*[0-9]+)"), _said_decimal),
    (re.compile(r"([0-9]+)/([0-9]+)"), _said_fraction),
    (re.compile(r"([0-9]+)(?:st|nd|rd|th)"), lambda match: ordinal(cardinal(int(match[1])))),
    (re.compile(r"[0-9]+"), _said_number),
)
