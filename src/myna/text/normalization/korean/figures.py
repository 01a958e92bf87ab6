"""Amounts as Korean says them: money, measures, counted things, telephone and plain numbers."""

import re
from collections.abc import Iterable
from decimal import Decimal

from myna.text.normalization.korean.numbers import (
    counting,
    decimal,
    digits,
    english_digit,
    phone_digits,
    sino,
)
from myna.text.normalization.korean.words import (
    FEW,
    FEW_IN_SINO,
    ITEMS,
    NATIVE_COUNTERS,
    NOT_ITEMS,
    SINO_FROM,
    WINNING,
)
from myna.text.normalization.patterns import (
    CODES_OF_MONEY,
    FRACTION,
    NUMBER,
    SIGNS_OF_MONEY,
    UNIT,
    VERSION,
)
from myna.text.normalization.rules import Reading, parts, rule, whole
from myna.text.normalization.units import CURRENCIES, UNITS

_WAVE = r"\ ?[~∼〜～–-]\ ?"
_AMOUNT = rf"(?:(?<![0-9A-Za-z)%.])[-−])?{NUMBER}(?:{_WAVE}{NUMBER})?"
_INTEGER = r"(?<![\d.,])(?:\d{1,3}(?:,\d{3})+|\d+)(?![\d.,]*\d)"

_COUNTER = "|".join(NATIVE_COUNTERS)
_SCALES = {"K": 3, "M": 6, "B": 9, "k": 3}
_BY_THE_HOUR = {"km/h": "시속", "kph": "시속", "㎞/h": "시속", "mph": "시속", "m/s": "초속"}


def amount(written: str) -> str:
    """Say a number or a range of numbers, with a sign or without."""
    minus = "마이너스 " if written[0] in "-−" else ""
    numbers = re.split(r" ?[~∼〜～–-] ?", written.lstrip("-−"))
    return minus + "에서 ".join(decimal(number) for number in numbers)


def _money(match: re.Match[str]) -> Iterable[Reading]:
    name = CURRENCIES[match["currency"]].korean
    written, scale = match["amount"], match["scale"]
    cents = re.fullmatch(r"([\d,]+)\.(\d\d)", written)
    if scale:
        scaled = Decimal(written.replace(",", "")).scaleb(_SCALES[scale])
        said = f"{decimal(f'{scaled:f}'.removesuffix('.0'))} {name}"
    elif cents and name.endswith(("달러", "유로")):
        said = f"{amount(cents[1])}{name} {sino(str(int(cents[2])))}센트"
        said = said if int(cents[2]) else f"{amount(cents[1])}{name}"
    else:
        said = f"{amount(written)}{name}"
    return whole(match, f"마이너스 {said}" if match["minus"] else said)


def _money_in_code(match: re.Match[str]) -> Iterable[Reading]:
    return parts(
        match, amount=amount(match["amount"]), currency=CURRENCIES[match["currency"]].korean
    )


def _percent(match: re.Match[str]) -> Iterable[Reading]:
    sign = {"%": "퍼센트", "‰": "퍼밀"}.get(match["sign"], "퍼센트포인트")
    return parts(match, amount=amount(match["amount"]), sign=sign)


def _measure(match: re.Match[str]) -> Iterable[Reading]:
    written, unit = match["amount"], match["unit"] or match["tight"]
    before = _BY_THE_HOUR.get(unit, "")
    name = UNITS[unit].korean
    if name == "도" and written[0] in "-−":
        before, written = "영하", written[1:]
    if unit in ("°F", "℉", "ºF"):
        before = "화씨"
    said = f"{before} {amount(written)}".lstrip()
    if name == "시간":
        said = counted(written, "시간")
    return parts(match, amount=said, unit=name, tight=name)


def _below_zero(match: re.Match[str]) -> Iterable[Reading]:
    return parts(match, amount=f"영하 {decimal(match['amount'][1:])}")


def counted(written: str, counter: str) -> str:
    """Say how many of something there are, in the numerals that go with its counter."""
    digits = written.replace(",", "")
    if not digits.isdigit() or int(digits) >= SINO_FROM.get(counter, 10**16):
        return amount(written)
    return counting(digits)


def _counted(match: re.Match[str]) -> Iterable[Reading]:
    number, counter = match["number"], match["counter"]
    if counter == "번째" and number == "1":
        return parts(match, number="첫")
    return parts(match, number=counted(number, counter))


def _counted_range(match: re.Match[str]) -> Iterable[Reading]:
    low, high, counter = match["low"], match["high"], match["counter"]
    few = FEW.get((int(low), int(high)))
    said = few or f"{counted(low, counter)}{counter}에서 {counted(high, counter)}"
    return parts(match, range=said)


def _few_in_sino(match: re.Match[str]) -> Iterable[Reading]:
    low, high = int(match["low"]), int(match["high"])
    return whole(match, FEW_IN_SINO[low - 1]) if high == low + 1 else []


def _score(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, f"{sino(match['above'])} 대 {sino(match['below'])}")


def _to(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "에서 ")


def _natively(match: re.Match[str]) -> Iterable[Reading]:
    return parts(match, number=counting(match["number"]))


def _first(match: re.Match[str]) -> Iterable[Reading]:
    said = {"1": "첫", "2": "둘", "3": "셋", "4": "넷"}
    return parts(match, number=said.get(match["number"]) or counting(match["number"]))


def _one_scaled(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, match["scale"])


def _phone(match: re.Match[str]) -> Iterable[Reading]:
    plus = "플러스 " if match.group()[0] == "+" else ""
    return whole(match, plus + " ".join(map(phone_digits, re.findall(r"\d+", match.group()))))


def _fraction(match: re.Match[str]) -> Iterable[Reading]:
    above, below = int(match["above"]), int(match["below"])
    if above >= below:
        return whole(match, f"{sino(match['above'])}에 {sino(match['below'])}")
    if above <= 12 < below <= 31:
        return whole(match, f"{month(above)}월 {sino(str(below))}일")
    return whole(match, f"{sino(match['below'])}분의 {sino(match['above'])}")


def month(number: int) -> str:
    """Say the number of a month: June is 유월, October 시월."""
    return {6: "유", 10: "시"}.get(number) or sino(str(number))


def _ratio(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, f"{sino(match['above'])} 대 {sino(match['below'])}")


def _version(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "점 ".join(sino(number) for number in match.group().split(".")))


def _plain(match: re.Match[str]) -> Iterable[Reading]:
    written = match.group()
    if re.fullmatch(r"0\d+", written):
        return whole(match, phone_digits(written))
    return whole(match, amount(written))


def _plain_digits(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, digits(match.group()))


def _people(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, counting(match.group()))


def _english_digit(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, english_digit(match.group()))


MONEY = (
    rule(
        rf"(?P<minus>(?<![0-9A-Za-z])[-−])?(?P<currency>{SIGNS_OF_MONEY})\ ?"
        rf"(?P<amount>{NUMBER}(?:{_WAVE}{NUMBER})?)(?:(?P<scale>[KMBk])(?![A-Za-z]))?",
        _money,
    ),
    rule(rf"(?P<amount>{_AMOUNT})\ ?(?P<currency>{CODES_OF_MONEY})(?![A-Za-z])", _money_in_code),
)
PHONES = (
    rule(
        r"""(?<![0-9A-Za-z.-])(?:\+\d{1,3}[-.\ ]?)?(?:\(0?\d{1,3}\)\ ?|0?\d{1,3}[-.\ ])
        \d{3,4}[-.]\d{4}(?![\d-])""",
        _phone,
    ),
    rule(r"(?<![0-9A-Za-z.-])1[5-9]\d\d-\d{4}(?![\d-])", _phone),
    rule(r"(?<![\d.,-])(?:\d+-){2,}\d+(?![\d-])", _phone),
    rule(r"(?<![\d.,])(?:01\d{8,9}|\+\d{8,15})(?!\d)", _phone),
    rule(
        r"(?<![\d.,-])(?:119|112|114|911)(?![\d-]|[.,]\d|\ ?[가-힣]*[개명원층호동번])",
        _plain_digits,
    ),
)
COUNTS = (
    rule(
        rf"(?P<range>(?P<low>\d{{1,2}}){_WAVE}(?P<high>\d{{1,2}}))\ ?(?P<counter>{_COUNTER})",
        _counted_range,
    ),
    rule(
        rf"(?<![\d.,])(?P<low>[1-8]){_WAVE}(?P<high>[2-9])"
        r"(?=\ ?(?:일|년|개월|주|초|회|층|인|미터|도|차|세)(?!대))",
        _few_in_sino,
    ),
    rule(rf"(?<![\d.,-])(?P<above>\d{{1,2}})[-:](?P<below>\d{{1,2}})(?=\ ?(?:{WINNING}))", _score),
    rule(r"(?<!\d)\d\d(?=\ ?(?:올림픽|학번))", _plain_digits),
    rule(rf"(?<=제)(?P<number>{NUMBER})|(?<=제\ )(?P<spaced>{NUMBER})", _plain),
    rule(rf"(?P<number>{_INTEGER})\ ?(?P<counter>{_COUNTER})", _counted),
    rule(
        r"(?<![\d.,:])(?P<number>[1-9]|1[0-2])(?=\ ?시(?!간|장|즌|리|대|각|도|절|민|험))", _natively
    ),
    rule(r"(?<![\d.,])(?P<number>[1-9]|10)(?=\ ?배(?!기량|관|럭|달|터|송|우))", _natively),
    rule(r"(?<![\d.,])(?P<number>[1-5])(?=\ ?째)", _first),
    rule(rf"(?<![\d.,])(?P<number>\d+)(?=\ ?번\ ?(?:{NOT_ITEMS}))", _natively),
    rule(rf"(?<![\d.,])\d+(?=\ ?번(?:\ ?(?:{ITEMS}|\d)|\ *[,、]))", _plain),
    rule(r"(?<![\d.,])1(?=\ ?번)(?<!에\ 1)(?<!마다\ 1)(?<!씩\ 1)(?<!딱\ 1)(?<!단\ 1)", _plain),
    rule(r"(?<![\d.,])(?P<number>\d{1,2})(?=\ ?번)", _natively),
    rule(r"(?<![\d.,])[1-9]0(?=\ ?대)", _plain),
    rule(r"(?<![\d.,])\d+(?=\ ?대\ ?\d)|(?<=\d\ 대\ )\d+|(?<=\d대\ )\d+(?!\d*대)", _plain),
    rule(
        r"(?<![\d.,])(?<!세계\ )(?<!국내\ )(?<!초\ )(?P<number>\d{1,2})"
        r"(?=\ ?대(?!\ ?(?:통령|표|주주|륙|강|회|학|비|로)))",
        _natively,
    ),
    rule(r"(?<![\d.,])(?P<number>\d{1,2})(?=\ ?장(?!관|르|소|치|기))", _natively),
    rule(
        r"(?<=손님\ |고객\ )\d{1,2}(?=분)|(?<![\d.,])\d{1,2}(?=\ ?분(?:께서|이서|만\ 모|을\ 모))",
        _people,
    ),
    rule(r"(?<![\d.,])1\ ?(?P<scale>[만천백](?!\d*분의))", _one_scaled),
)
AMOUNTS = (
    rule(rf"(?P<amount>{_AMOUNT})\ ?(?P<sign>%p|%P|%|‰)", _percent),
    rule(rf"(?P<amount>{_AMOUNT}){UNIT}(?![A-Za-z²³/])", _measure),
    rule(r"(?P<amount>(?<![0-9A-Za-z)])[-−]\d+(?:\.\d+)?)(?=\ ?도(?!로|시|서))", _below_zero),
    rule(FRACTION, _fraction),
    rule(r"(?<![\d.:])(?P<above>\d+)\ ?:\ ?(?P<below>\d+)(?![\d:])", _ratio),
    rule(VERSION, _version),
    rule(
        r"(?:(?<=[A-Za-z])|(?<=[A-Za-z]-))\d(?![\d.,])|(?<![\d.,])\d(?=[A-Z](?![A-Za-z]))",
        _english_digit,
    ),
)
NUMBERS = (rule(_AMOUNT, _plain), rule(r"(?<=[\d%℃])[-–~∼〜～](?=[-−]?\d)", _to))
