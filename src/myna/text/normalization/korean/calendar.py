"""Dates, times of day and remembered days as Korean says them."""

import re
from collections.abc import Iterable

from myna.text.normalization.korean.figures import month
from myna.text.normalization.korean.numbers import counting, digits, sino
from myna.text.normalization.korean.words import ANNIVERSARIES
from myna.text.normalization.patterns import DATE
from myna.text.normalization.rules import Reading, parts, rule, whole


def _date(match: re.Match[str]) -> Iterable[Reading]:
    number, day = int(match["month"].strip(" .")), int(match["day"].strip(" ."))
    if not (1 <= number <= 12 and 1 <= day <= 31):
        return []
    said = {"year": f"{sino(match['year'].strip(' .'))}년", "month": f"{month(number)}월"}
    said["day"] = f"{sino(str(day))}일"
    if "mark" in match.groupdict():
        return whole(match, " ".join(said.values()))
    return parts(match, **said)


def _month(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, month(int(match.group())))


def _remembered(match: re.Match[str]) -> Iterable[Reading]:
    """Say 3.1 as 삼일, 5·18 as 오일팔: each digit, but 10 and 12 as numbers."""
    said = [
        sino(number) if number in ("10", "12") else digits(number).replace("일육", "일륙")
        for number in (match["month"], match["day"])
    ]
    return whole(match, "".join(said))


def _time(match: re.Match[str]) -> Iterable[Reading]:
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 24 or minute > 59:
        return []
    half = {"A": "오전 ", "P": "오후 "}.get((match["half"] or "-")[0].upper(), "")
    said = f"{half}{counting(str(hour)) if 1 <= hour <= 12 else sino(str(hour))}시"
    said += f" {sino(str(minute))}분" if minute else ""
    said += f" {sino(str(second))}초" if second else ""
    return whole(match, said)


def _until(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "에서 ")


CALENDAR = (
    rule(DATE, _date),
    rule(r"(?<!\d)(?P<year>\d{4}\.)\ (?P<month>\d\d?\.)\ (?P<day>\d\d?\.?)(?!\d)", _date),
    rule(
        r"(?<![\d.])(?P<month>1[0-2]|[1-9])[.·](?P<day>[12]\d|3[01]|[1-9])"
        rf"(?=\ ?(?:{ANNIVERSARIES}))",
        _remembered,
    ),
    rule(r"(?<![\d·])(?P<month>1[0-2]|[1-9])·(?P<day>[12]\d|3[01]|[1-9])(?![\d·])", _remembered),
    rule(
        r"(?<![\d:.])(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
        r"(?:\ ?(?P<half>[AaPp]\.?[Mm]\.?(?![A-Za-z])))?(?![\d:]|\.\d)",
        _time,
    ),
    rule(r"(?<![\d.,])(?:6|10|06)(?=\ ?월(?!드|급|세|간))", _month),
    rule(
        r"(?<=[가-힣%])[~∼〜～](?=[가-힣\d])|(?<=[시분일월년원개명세살층회차호])[-–](?=\d)", _until
    ),
)
