"""Dates, times of day and years as English says them."""

import re
from collections.abc import Iterable

from myna.text.normalization.english.numbers import cardinal, ordinal, plural, year
from myna.text.normalization.english.words import DAYS, LETTER_A, MONTHS
from myna.text.normalization.patterns import DATE
from myna.text.normalization.rules import Reading, alternatives, parts, rule, whole

_MONTH_NAMES = list(dict.fromkeys(MONTHS.values()))
_MONTH = rf"(?P<month>(?:{alternatives(MONTHS)})\b\.?)"
_DAY = r"(?P<day>(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?)\b(?![.,:/]\d|%)"
_YEAR = r"(?P<year>1\d{3}|2[01]\d\d)\b(?![.,:/]\d|%)"


def _numeric_date(match: re.Match[str]) -> Iterable[Reading]:
    """Say 2026-11-21 or 11/21/2026: month first, as in America, unless it cannot be."""
    month, day = int(match["month"]), int(match["day"])
    if month > 12:
        month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return []
    said = f"{_MONTH_NAMES[month - 1]} {ordinal(str(day))}"
    written = match.groupdict().get("year")
    if written:
        said += f" {year(written) if len(written) == 4 else cardinal(written)}"
    return whole(match, said)


def _named_date(match: re.Match[str]) -> Iterable[Reading]:
    groups = match.groupdict()
    day = groups.get("day")
    return parts(
        match,
        month=MONTHS[match["month"].rstrip(".")],
        **({"day": ordinal(day.strip("stndrh").lstrip("0"))} if day else {}),
        **({"year": year(match["year"])} if groups.get("year") else {}),
    )


def _month_alone(match: re.Match[str]) -> Iterable[Reading]:
    name = match["name"]
    return whole(match, MONTHS.get(name) or DAYS[name])


def _time(match: re.Match[str]) -> Iterable[Reading]:
    hour, minute, second = int(match["hour"]), match["minute"], match["second"]
    if hour > 24 or int(minute or 0) > 59:
        return []
    half = _half(match["half"])
    said = cardinal(str(hour))
    if minute == "00":
        said += "" if half else " hundred" if hour > 12 or match["hour"][0] == "0" else " o'clock"
    elif minute:
        said += f" oh {cardinal(minute[1])}" if minute[0] == "0" else f" {cardinal(minute)}"
    if second:
        said += f" and {cardinal(str(int(second)))} seconds"
    return parts(match, clock=said, half=half)


def _half(written: str | None) -> str:
    return f"{LETTER_A if written[0] in 'Aa' else 'P'} M" if written else ""


def _decade(match: re.Match[str]) -> Iterable[Reading]:
    century, tens = match["century"], match["tens"]
    said = plural(cardinal(f"{tens}0")) if tens != "0" else ""
    if century and said:
        said = f"{cardinal(century)} {said}"
    elif century:
        said = plural(year(f"{century}00"))
    return whole(match, said) if said else []


def _year(match: re.Match[str]) -> Iterable[Reading]:
    """Say a number that is likely a year: 1999, not 1999 dollars."""
    first, _, second = match["years"].partition(match["to"] or "\0")
    said = year(first)
    if second:
        said += f" to {year(second) if len(second) == 4 else cardinal(str(int(second)))}"
    return whole(match, said)


def _to(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "to")


_HALF = r"(?P<half>[AaPp]\.[Mm]\.|[AaPp][Mm]\b)"

_SHORT_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_BEFORE_DATE = "|".join(
    rf"(?<={words}\ )"
    for words in (
        r"\bon",
        r"\bby",
        r"\buntil",
        r"\bsince",
        f"(?:{_SHORT_DAYS})",
        rf"(?:{_SHORT_DAYS})\.",
    )
)

DATES = (
    rule(DATE, _numeric_date),
    rule(r"(?<![\d/])(?P<month>\d\d?)/(?P<day>\d\d?)/(?P<year>\d{4}|\d\d)(?![\d/])", _numeric_date),
    rule(
        rf"(?:{_BEFORE_DATE})(?P<month>1[0-2]|0?[1-9])/(?P<day>[12]\d|3[01]|0?[1-9])(?![\d/])",
        _numeric_date,
    ),
    rule(rf"\b{_MONTH}\ +(?:the\ +)?{_DAY}(?:,?\ +{_YEAR})?", _named_date),
    rule(rf"\b{_DAY}\ +(?:of\ +)?{_MONTH}(?:,?\ +{_YEAR})?", _named_date),
    rule(rf"\b{_MONTH},?\ +(?:of\ +)?{_YEAR}", _named_date),
)

TIMES = (
    rule(r"(?<=\d[AaPp][Mm])[-–](?=\d)|(?<=[AaPp][Mm]\ )[-–](?=\ \d)", _to),
    rule(
        r"(?<![\d:.])(?P<clock>(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d))?)"
        rf"(?:\ ?{_HALF})?(?![\d:]|\.\d)",
        _time,
    ),
    rule(
        r"(?<![\d:.,$])(?P<clock>(?P<hour>1[0-2]|[1-9])(?P<minute>)(?P<second>))\ ?" + _HALF, _time
    ),
)

YEARS = (
    rule(r"(?<![\d,.])['’]?(?P<century>1\d|2[01])?(?P<tens>\d)0['’]?s\b", _decade),
    rule(
        r"(?<![\w$€£¥₩.,:/+-])(?P<years>(?:1[1-9]|2[01])\d\d(?P<to>[-–])(?:(?:1[1-9]|2[01])\d\d|\d\d))"
        r"(?![\w%°/-]|[.,:]\d)",
        _year,
    ),
    rule(
        r"(?<![\w$€£¥₩.,:/+-])(?P<years>(?:1[6-9]|2[01])\d\d)(?P<to>)(?![\w%°/-]|[.,:]\d)"
        r"(?!\ (?:[a-z]+s|people|men|women|children|percent)\b)",
        _year,
    ),
    rule(
        r"(?<=\b(?:in|of|by|ad|bc|AD|BC)\ )(?P<years>\d{3,4})(?P<to>)(?=\ (?:AD|BC|CE|BCE)\b)",
        _year,
    ),
)

NAMES = (
    rule(rf"\b(?P<name>{alternatives([*MONTHS, *DAYS])})\.(?!\w)", _month_alone),
    rule(r"\b(?P<name>Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?=,?\ (?:\d|[A-Z][a-z]{2}\ \d))", _month_alone),
)
