"""Japanese text with everything that is not kana or kanji put into kana."""

import re
from collections.abc import Iterable

from myna.text.normalization.japanese.counters import (
    COUNTERS,
    DAY_OF_MONTH,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    YEAR,
    Counter,
    loanword,
)
from myna.text.normalization.japanese.numbers import cardinal, decimal, digits
from myna.text.normalization.japanese.words import LETTERS, SIGNS
from myna.text.normalization.patterns import (
    CODES_OF_MONEY,
    DATE,
    FRACTION,
    NUMBER,
    RATIO,
    SIGNS_OF_MONEY,
    TIME,
    VERSION,
)
from myna.text.normalization.rules import Reading, alternatives, apply, parts, rule, whole
from myna.text.normalization.units import CURRENCIES, LOOSE_UNITS, TIGHT_UNITS, UNITS

_WAVE = r"\ ?(?:[-–〜~～]|から)\ ?"
_SCALES = {"千": 3, "万": 4, "億": 8, "兆": 12}
_MIXED = r"(?<![\d.,])(?:\d[\d,]*千?[万億兆])+(?:\d[\d,]*)?(?!\.?\d)|(?<![\d.,])\d+千(?!\d)"
_COUNTER = alternatives(COUNTERS)
_RATES = {"km/h": "じそく", "kph": "じそく", "㎞/h": "じそく", "mph": "じそく", "m/s": "びょうそく"}
_FIGURE = re.compile(r"\d")
_PLAIN = Counter("")


def expand(text: str) -> list[Reading]:
    """Return how the figures, letters and signs in clean Japanese text are said, in kana.

    A figure and its counter are one reading: 三 or 3 + 本 sound together as さんぼん.
    """
    return apply(_RULES if _FIGURE.search(text) else _WITHOUT_FIGURES, text)


def _number(written: str) -> str:
    """Say a number or a range of numbers, with a sign or without."""
    return _say(_PLAIN, written)


def _say(counter: Counter, written: str) -> str:
    minus = "マイナス" if written[0] in "-−" else ""
    *before, last = re.split(r" ?(?:[-–〜~～−]|から) ?", written.lstrip("-−").replace(",", ""))
    said = "".join(f"{_PLAIN.say(number)}から" for number in before)
    return minus + said + counter.say(last)


def _date(match: re.Match[str]) -> Iterable[Reading]:
    month, day = int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return []
    year = YEAR.say(match["year"]) if match["year"] else ""
    return whole(match, year + MONTH.say(str(month)) + DAY_OF_MONTH.say(str(day)))


def _day_of_month(match: re.Match[str]) -> Iterable[Reading]:
    return parts(
        match,
        month=MONTH.say(str(int(match["month"][:-1]))),
        day=DAY_OF_MONTH.say(str(int(match["day"][:-1]))),
    )


def _time(match: re.Match[str]) -> Iterable[Reading]:
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 24 or minute > 59:
        return []
    half = {"A": "ごぜん", "P": "ごご"}.get((match["half"] or "-")[0].upper(), "")
    said = half + HOUR.say(str(hour)) + (MINUTE.say(str(minute)) if minute else "")
    return whole(match, said + (SECOND.say(str(second)) if second else ""))


def _money(match: re.Match[str]) -> Iterable[Reading]:
    name = CURRENCIES[match["currency"]].japanese
    counter = COUNTERS["円"] if name == "えん" else loanword(name)
    written, minus = match["amount"].replace(",", ""), "マイナス" if match["minus"] else ""
    cents = re.fullmatch(r"(\d+)\.(\d\d)", written)
    if match["scale"]:
        scaled = str(int(float(written) * 10 ** _SCALES[match["scale"]]))
        return whole(match, minus + counter.say(scaled))
    if cents and name.endswith(("ドル", "ユーロ")):
        said = counter.say(cents[1])
        said += loanword("セント").say(str(int(cents[2]))) if int(cents[2]) else ""
        return whole(match, minus + said)
    return whole(match, minus + _say(counter, written))


def _mixed(match: re.Match[str]) -> Iterable[Reading]:
    """Say 1億2000万円 as the one number that it is."""
    number, pending = 0, 0
    for digits_, scale in re.findall(r"([\d,]+)?([千万億兆])?", match["number"]):
        if digits_:
            pending = int(digits_.replace(",", ""))
        if scale == "千":
            pending *= 1000
        elif scale:
            number, pending = number + pending * 10 ** _SCALES[scale], 0
    counter = COUNTERS[match["counter"]] if match["counter"] else _PLAIN
    return whole(match, counter.say(str(number + pending)))


def _decimal_of_scale(match: re.Match[str]) -> Iterable[Reading]:
    scale = {"千": "せん", "万": "まん", "億": "おく", "兆": "ちょう"}[match["scale"]]
    counter = COUNTERS[match["counter"]].reading if match["counter"] else ""
    return whole(match, decimal(match["number"]) + scale + counter)


def _counted(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, _say(COUNTERS[match["counter"]], match["amount"]))


def _measure(match: re.Match[str]) -> Iterable[Reading]:
    unit = match["unit"]
    counter = loanword(UNITS[unit].japanese)
    return whole(match, _RATES.get(unit, "") + _say(counter, match["amount"]))


def _percent(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, _say(loanword("パーセント"), match["amount"].replace("%", "")))


def _before_loanword(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, _say(loanword(match["word"]), match["amount"]))


def _phone(match: re.Match[str]) -> Iterable[Reading]:
    groups = re.findall(r"\d+", match.group())
    plus = "プラス" if match.group()[0] == "+" else ""
    return whole(match, plus + "の".join(map(digits, groups)))


def _fraction(match: re.Match[str]) -> Iterable[Reading]:
    above, below = match["above"], match["below"]
    if 1 <= int(above) <= 12 < int(below) <= 31:
        return whole(match, MONTH.say(above) + DAY_OF_MONTH.say(below))
    return whole(match, f"{cardinal(below)}ぶんの{cardinal(above)}")


def _share(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, f"{cardinal(match['below'])}ぶんの{cardinal(match['above'])}")


def _ratio(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, f"{cardinal(match['above'])}たい{cardinal(match['below'])}")


def _version(match: re.Match[str]) -> Iterable[Reading]:
    *before, last = match.group().split(".")
    return whole(match, "".join(f"{_short(number)}てん" for number in before) + cardinal(last))


def _short(number: str) -> str:
    return decimal(f"{number}.0").removesuffix("てんれい")


def _plain(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, _number(match.group()))


def _digits(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, digits(match.group()))


def _latin(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "".join(LETTERS[letter.upper()] for letter in match.group()))


def _from(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "から")


def _sign(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, SIGNS[match.group()])


_AMOUNT = rf"(?P<amount>(?:(?<![0-9A-Za-z)%.])[-−])?{NUMBER}(?:{_WAVE}{NUMBER})?)"
_WITHOUT_FIGURES = (
    rule(r"(?<=\w)[〜~～](?=\w)", _from),
    rule("[A-Za-z]+", _latin),
    rule(f"[{re.escape(''.join(SIGNS))}]", _sign),
)
_RULES = (
    rule(DATE, _date),
    rule(
        r"(?<!\d)(?P<month>(?:1[0-2]|0?[1-9])月)(?P<day>(?:[12]\d|3[01]|0?[1-9])日)(?!間)",
        _day_of_month,
    ),
    rule(TIME, _time),
    rule(
        rf"(?P<minus>(?<![0-9A-Za-z])[-−])?(?P<currency>{SIGNS_OF_MONEY})\ ?"
        rf"(?P<amount>{NUMBER}(?:{_WAVE}{NUMBER})?)(?P<scale>[千万億兆])?",
        _money,
    ),
    rule(
        rf"(?P<minus>(?!))?(?P<amount>{NUMBER})(?P<scale>[千万億兆])?\ ?"
        rf"(?P<currency>{CODES_OF_MONEY})(?![A-Za-z])",
        _money,
    ),
    rule(
        r"(?<![0-9A-Za-z.-])(?:\+\d{1,3}[-.\ ]?)?(?:\(?0\d{1,3}\)?[-\ ]|\d{1,3}[-\ ])"
        r"\d{2,4}-\d{3,4}(?![\d-])",
        _phone,
    ),
    rule(r"(?<![\d.,-])\d{3}-\d{4}(?![\d-])", _phone),
    rule(r"(?<![\d.,])(?:110|119|117)(?=番|に(?:電話|通報))", _digits),
    rule(
        rf"(?<![\d.,])(?P<number>\d[\d,]*\.\d+)(?P<scale>[千万億兆])(?P<counter>{_COUNTER})?",
        _decimal_of_scale,
    ),
    rule(r"(?P<above>\d+)\ ?対\ ?(?P<below>\d+)", _ratio),
    rule(r"(?<![\d.,-])(?P<above>\d{1,2})-(?P<below>\d{1,2})(?=で?(?:勝|負|敗|引き分け))", _ratio),
    rule(r"(?<![\d.,])(?P<below>\d+)分の(?P<above>\d+)(?![\d.,]*\d)", _share),
    rule(rf"(?P<number>{_MIXED})(?P<counter>{_COUNTER})?", _mixed),
    rule(rf"(?P<amount>(?:(?<![0-9A-Za-z)])[-−])?{NUMBER}%?(?:{_WAVE}{NUMBER})?)\ ?%", _percent),
    rule(rf"{_AMOUNT}\ ?(?P<unit>{alternatives(LOOSE_UNITS)})(?![A-Za-z²³/])", _measure),
    rule(rf"{_AMOUNT}(?P<unit>{alternatives(TIGHT_UNITS)})(?![A-Za-z²³/])", _measure),
    rule(rf"{_AMOUNT}\ ?(?P<counter>{_COUNTER})", _counted),
    rule(rf"{_AMOUNT}\ ?(?P<word>[ァ-ヴー]{{2,}})", _before_loanword),
    rule(FRACTION, _fraction),
    rule(RATIO, _ratio),
    rule(VERSION, _version),
    rule(r"(?<![\d.,])(?:\d+-){2,}\d+(?![\d-])", _phone),
    rule(_AMOUNT, _plain),
    rule(r"(?<=[\d%℃円年月日時分])[-–~～〜](?=[-−]?\d)", _from),
    *_WITHOUT_FIGURES,
)
