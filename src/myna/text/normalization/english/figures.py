"""Amounts as English says them: money, measures, shares, telephone and plain numbers."""

import re
from collections.abc import Iterable

from myna.text.normalization.english.numbers import cardinal, decimal, digits, ordinal
from myna.text.normalization.patterns import CODES_OF_MONEY, SIGNS_OF_MONEY
from myna.text.normalization.rules import Reading, alternatives, parts, rule, whole
from myna.text.normalization.units import CENTS, CURRENCIES, LOOSE_UNITS, TIGHT_UNITS, UNITS, Unit

_NUMBER = r"(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)"
_MINUS = r"(?:(?<![\w)%.])[-−])?"
_AMOUNT = rf"{_MINUS}{_NUMBER}(?:(?:[-–—~]|\ [–—~]\ ){_NUMBER})?"
_SCALES = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million",
    "b": "billion", "B": "billion", "bn": "billion", "tn": "trillion", "T": "trillion",
}  # fmt: skip


def amount(written: str) -> str:
    """Say a number or a range of numbers, with a sign or without."""
    minus = "minus " if written[0] in "-−" else ""
    first, *second = re.split(r"\ ?[-–—~−]\ ?", written.lstrip("-−"))
    return minus + " to ".join(decimal(number) for number in (first, *second))


def _money(match: re.Match[str]) -> Iterable[Reading]:
    currency = CURRENCIES[match["currency"]]
    written = match["amount"].replace(match["currency"], "")
    scale, word = match["scale"], match["word"]
    if not (scale or word) and re.fullmatch(r"[\d,]+\.\d\d", written) and _has_cents(currency):
        said = _with_cents(written.replace(",", ""), currency)
    else:
        name = currency.one if written == "1" and not (scale or word) else currency.many
        said = amount(written) + (f" {_SCALES[scale]}" if scale else "")
        if word:
            return parts(match, money=_signed(match, said), word=f"{word} {name}")
        said = f"{said} {name}"
    return parts(match, money=_signed(match, said))


def _signed(match: re.Match[str], said: str) -> str:
    return f"minus {said}" if match["minus"] else said


def _has_cents(currency: Unit) -> bool:
    return currency.one.split()[-1] in CENTS


def _with_cents(written: str, currency: Unit) -> str:
    whole_part, _, hundredths = written.partition(".")
    units, cents = int(whole_part), int(hundredths)
    said = f"{cardinal(str(units))} {currency.one if units == 1 else currency.many}"
    if not cents:
        return said
    one, many = CENTS[currency.one.split()[-1]]
    change = f"{cardinal(str(cents))} {one if cents == 1 else many}"
    return f"{said} and {change}" if units else change


def _money_in_code(match: re.Match[str]) -> Iterable[Reading]:
    currency = CURRENCIES[match["currency"]]
    name = currency.one if match["amount"] == "1" else currency.many
    return parts(match, amount=amount(match["amount"]), currency=name)


def _code_first(match: re.Match[str]) -> Iterable[Reading]:
    currency = CURRENCIES[match["currency"]]
    return parts(match, currency=amount(match["amount"]), amount=currency.many)


def _percent(match: re.Match[str]) -> Iterable[Reading]:
    return parts(match, amount=amount(match["amount"]), sign="percent")


def _measure(match: re.Match[str]) -> Iterable[Reading]:
    unit = UNITS[match["unit"].removesuffix(".")]
    name = unit.one if match["amount"].lstrip("-−") == "1" else unit.many
    return parts(match, amount=amount(match["amount"]), unit=name)


def _inches(match: re.Match[str]) -> Iterable[Reading]:
    name = "inch" if match["amount"] == "1" else "inches"
    return parts(match, amount=amount(match["amount"]), unit=name)


def _height(match: re.Match[str]) -> Iterable[Reading]:
    inches = f" {cardinal(match['inches'])}" if match["inches"] else ""
    return whole(match, f"{cardinal(match['feet'])} foot{inches}")


def _phone(match: re.Match[str]) -> Iterable[Reading]:
    for piece in re.finditer(r"\S+", match.group()):
        groups = re.findall(r"\d+", piece.group())
        said = " ".join(digits(group) for group in groups)
        plus = "plus " if piece.group()[0] == "+" else ""
        start = match.start() + piece.start()
        yield Reading(start, start + len(piece.group()), plus + said)


def _fraction(match: re.Match[str]) -> Iterable[Reading]:
    above, below = int(match["above"]), int(match["below"])
    if above >= below or not (2 <= below <= 20 or below in _USUAL_PARTS):
        said = f"{cardinal(match['above'])} over {cardinal(match['below'])}"
    elif below == 2:
        said = "one half"
    else:
        part = "quarter" if below == 4 else ordinal(str(below))
        said = f"{cardinal(str(above))} {part}{'s' if above > 1 else ''}"
    if not match["units"]:
        return parts(match, fraction=said)
    said = said.replace("one half", "a half")
    return parts(match, units=cardinal(match["units"]), fraction=f"and {said}")


def _mixed_fraction(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, f"{cardinal(match['units'])} and {_VULGAR[match['fraction']]}")


_USUAL_PARTS = {32, 50, 64, 100}  # beyond twentieths
_VULGAR = {
    "½": "a half", "¼": "a quarter", "¾": "three quarters", "⅓": "a third", "⅔": "two thirds",
}  # fmt: skip


def _version(match: re.Match[str]) -> Iterable[Reading]:
    numbers = match["numbers"].split(".")
    point = " dot " if len(numbers) == 4 else " point "
    prefix = "version " if match["prefix"] else ""
    return whole(match, prefix + point.join(cardinal(number) for number in numbers))


def _chain(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, " ".join(digits(number) for number in re.findall(r"\d+", match.group())))


def _ratio(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, f"{cardinal(match['above'])} to {cardinal(match['below'])}")


def _ordinal(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, ordinal(match["number"].replace(",", "")))


def _scaled(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, f"{amount(match['number'])} {_SCALES[match['scale']]}")


def _times(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, f"{amount(match['number'])} times")


def _plain(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, amount(match.group()))


MONEY = (
    rule(
        rf"(?P<money>(?P<minus>(?<!\w)[-−])?(?P<currency>(?<![A-Za-z])(?:{SIGNS_OF_MONEY}))\ ?"
        rf"(?P<amount>{_NUMBER}(?:[-–—~](?:{SIGNS_OF_MONEY})?{_NUMBER})?)"
        rf"(?P<scale>(?:{alternatives(_SCALES)})\b)?)"
        r"(?:[\ -](?P<word>(?:hundred|thousand|million|billion|trillion))\b)?",
        _money,
    ),
    rule(rf"(?P<amount>{_AMOUNT})\ ?(?P<currency>{CODES_OF_MONEY})\b", _money_in_code),
    rule(rf"\b(?P<currency>{CODES_OF_MONEY})\ (?P<amount>{_NUMBER})", _code_first),
)

PHONES = (
    rule(
        r"""(?<![\w.-])(?:\+\d{1,3}[-.\ ]?)?(?:\(\d{2,4}\)[-.\ ]?|\d{2,4}[-.\ ])\d{3,4}[-.\ ]\d{4}
        (?![\w-])""",
        _phone,
    ),
    rule(r"(?<![\w.-])\+\d{7,15}(?!\w)", _phone),
    rule(r"(?<![\w.-])(?:1-)?[2-9]\d\d-\d{4}(?![\w-])", _phone),
    rule(r"(?<=[Cc]all\ )\d{3}(?!\w|[.,]\d)|(?<=[Dd]ial\ )\d{3}(?!\w|[.,]\d)", _phone),
)

AMOUNTS = (
    rule(rf"(?P<amount>{_AMOUNT})\ ?(?P<sign>%)", _percent),
    rule(r"(?<![\w.,])(?P<number>\d[\d,]*)(?:st|nd|rd|th)\b", _ordinal),
    rule(
        r"(?<![\w/.])(?:(?P<units>\d+)\ )?(?P<fraction>(?P<above>\d{1,3})/(?P<below>\d{1,3}))"
        r"(?![\w/]|\.\d)",
        _fraction,
    ),
    rule(rf"(?P<units>\d+)(?P<fraction>[{''.join(_VULGAR)}])", _mixed_fraction),
    rule(r"(?<!\w)(?P<feet>\d)['’′](?P<inches>1[01]|\d)?[\"”″]?(?!\w)", _height),
    rule(
        rf"(?P<amount>{_AMOUNT})\ ?(?P<unit>(?:{alternatives(LOOSE_UNITS)})(?:\.(?=\ [a-z]))?)"
        r"(?![\w²³/])",
        _measure,
    ),
    rule(rf"(?P<amount>{_AMOUNT})\ ?(?P<unit>in\.)(?=\ [a-z])", _inches),
    rule(rf"(?P<amount>{_AMOUNT})(?P<unit>{alternatives(TIGHT_UNITS)})(?![\w²³/'’])", _measure),
    rule(rf"(?P<number>{_NUMBER})(?P<scale>k|M|bn)\b", _scaled),
    rule(rf"(?P<number>{_NUMBER})[x×](?!\w|\ ?\d)", _times),
    rule(r"(?<![\d.])(?P<prefix>\b[vV]\.?)?(?P<numbers>\d+(?:\.\d+){2,})(?![\d])", _version),
    rule(r"\b(?P<prefix>[vV])(?P<numbers>\d+(?:\.\d+)?)(?!\w|\.\d)", _version),
    rule(r"(?<![\w.,])\d+(?:-\d+){2,}(?![\w-])", _chain),
    rule(r"(?<![\d.,:])(?P<above>\d+):(?P<below>\d+)(?![\d:])", _ratio),
)
NUMBERS = (rule(_AMOUNT, _plain),)
