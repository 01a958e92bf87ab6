"""Chinese text with everything that is not a Chinese character put into characters."""

import re
from collections.abc import Callable, Iterable

from myna.text.normalization.chinese.dialects import MEASURE_WORDS, Dialect
from myna.text.normalization.chinese.numbers import digits
from myna.text.normalization.patterns import (
    CODES_OF_MONEY,
    DATE,
    FRACTION,
    NUMBER,
    RATIO,
    SIGNS_OF_MONEY,
    TIME,
    UNIT,
    VERSION,
)
from myna.text.normalization.rules import Reading, Rule, apply, rule, whole
from myna.text.normalization.units import CURRENCIES, UNITS

_WAVE = r"(?:[-~～—–〜至到]|\ [~～—–〜]\ )"
_MINUS = r"(?:(?<![0-9A-Za-z)%])[-−])?"
_RANGE = re.compile(" ?[-~～—–〜至到−] ?")
_FIGURE = re.compile(r"[\d&+=×÷±%≥≤≈½⅓¼¾²³№°〇√∞$€£¥₩]")


def expander(dialect: Dialect) -> Callable[[str], list[Reading]]:
    """Return what reads the figures and signs of clean text in `dialect`."""
    rules = _Figures(dialect).rules()

    def expand(text: str) -> list[Reading]:
        return apply(rules, text) if _FIGURE.search(text) else []

    return expand


class _Figures:
    """The ways in which a dialect says figures, one method each."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._numerals = dialect.numerals

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules in order of precedence."""
        return (*self._calendar(), *self._money_and_phones(), *self._amounts())

    def _calendar(self) -> tuple[Rule, ...]:
        return (
            rule(DATE, self._date),
            rule(
                rf"(?<!\d)(?P<from>\d{{4}})(?:{_WAVE}(?P<until>\d{{4}}|\d\d))?"
                r"(?=\ ?年(?!前|来|來|历史|歷史|后|後|间|間|之))",
                self._years,
            ),
            rule(
                r"(?<!\d)(?P<from>[789][1-9])(?P<until>(?!))?(?=年(?!前|来|來|的?历|后|後|间|間|之))",
                self._years,
            ),
            rule(TIME, self._time),
            rule(r"(?<![\d.,])\d{1,2}(?=\ ?(?:月|日(?!游|遊|间|間|之)|号|號))", self._plain),
        )

    def _money_and_phones(self) -> tuple[Rule, ...]:
        return (
            rule(
                rf"(?P<minus>(?<![0-9A-Za-z])[-−])?(?P<currency>{SIGNS_OF_MONEY})\ ?"
                rf"(?P<amount>{NUMBER})"
                rf"(?:{_WAVE}(?:{SIGNS_OF_MONEY})?(?P<until>{NUMBER}))?(?P<scale>[万亿萬億])?",
                self._money,
            ),
            rule(
                rf"(?P<minus>(?!))?(?P<amount>{NUMBER})(?P<until>(?!))?(?P<scale>[万亿萬億])?\ ?"
                rf"(?P<currency>{CODES_OF_MONEY})(?![A-Za-z])",
                self._money,
            ),
            rule(
                rf"(?P<amount>{NUMBER})"
                r"(?=\ ?(?:元|块钱|塊|蚊|美元|欧元|歐元|英镑|港元|港幣|日元))",
                self._price,
            ),
            rule(
                r"""(?<![0-9A-Za-z.-])(?:\+\d{1,3}[-.\ ]?)?(?:\(?0\d{2,3}\)?[-\ ]\d{7,8}
                |1[3-9]\d[-\ ]?\d{4}[-\ ]?\d{4}|[48]00-\d{3,4}-\d{3,4}|\d{4}[-\ ]\d{4}
                |0?\d{2,3}-\d{3,4}-\d{4})(?![\d-])""",
                self._phone,
            ),
            rule(
                r"(?<=[打电電][话話])\d{3,6}(?!\d)|(?<=拨打)\d{3,6}(?!\d)|(?<=热线)\d{3,6}(?!\d)"
                r"|(?<![\d.,])(?:110|119|120|114|999)(?=报警|報警|急救|消防|火警|電話|电话|熱線|热线)"
                r"|(?<=[打或和、])(?:110|119|120|114|999)(?!\d)",
                self._phone,
            ),
        )

    def _amounts(self) -> tuple[Rule, ...]:
        return (
            rule(
                rf"(?P<minus>(?<![0-9A-Za-z)%])[-−])?(?P<amount>{NUMBER})"
                rf"(?:\ ?%?{_WAVE}(?P<until>{NUMBER}))?\ ?(?P<sign>[%‰])",
                self._percent,
            ),
            rule(
                rf"(?P<amount>{_MINUS}{NUMBER}(?:{_WAVE}{NUMBER})?){UNIT}(?![A-Za-z²³/])",
                self._measure,
            ),
            rule(rf"(?P<amount>(?<![0-9A-Za-z)])[-−]{NUMBER})(?=\ ?[度℃])", self._below_zero),
            rule(rf"(?<=第){NUMBER}|(?<=第\ ){NUMBER}", self._plain),
            rule(
                r"(?<![\d.,])\d{3,4}(?=室|房(?!屋)|路(?:公交|巴士|车|車)|次列|航班)", self._digits
            ),
            rule(FRACTION, self._fraction),
            rule(RATIO, self._ratio),
            rule(VERSION, self._version),
            rule(
                rf"(?<![\d.])(?P<amount>{NUMBER}(?:{_WAVE}{NUMBER})?)(?=\ ?(?:{MEASURE_WORDS}))",
                self._count,
            ),
            rule(
                r"(?<=[是号號码碼为為：:])\d{6,}(?![\d.,]*\d|\ ?[个個人元年万萬亿億])", self._digits
            ),
            rule(r"(?<![\d.,])(?:0\d+|\d{9,}(?<!0000)|\d+(?:-\d+){2,})(?![\d.,]*\d)", self._digits),
            rule(rf"{_MINUS}{NUMBER}(?:{_WAVE}{NUMBER})?", self._plain),
            rule(r"(?<=[\d%°℃C度点點分年月日号號])[-–—~～〜](?=[-−]?\d)", self._to),
            rule(f"[{re.escape(''.join(self._dialect.signs))}]", self._sign),
        )

    def _date(self, match: re.Match[str]) -> Iterable[Reading]:
        month, day = int(match["month"]), int(match["day"])
        if not (1 <= month <= 12 and 1 <= day <= 31):
            return []
        cardinal = self._numerals.cardinal
        return whole(
            match, f"{digits(match['year'])}年{cardinal(str(month))}月{cardinal(str(day))}日"
        )

    def _years(self, match: re.Match[str]) -> Iterable[Reading]:
        until = f"{self._dialect.to}{digits(match['until'])}" if match["until"] else ""
        return whole(match, digits(match["from"]) + until)

    def _time(self, match: re.Match[str]) -> Iterable[Reading]:
        hour, minute, second = match["hour"], match["minute"], match["second"]
        if int(hour) > 24 or int(minute) > 59:
            return []
        half = {"A": self._dialect.morning, "P": self._dialect.afternoon}
        said = half.get((match["half"] or "-")[0].upper(), "")
        said += self._numerals.amount(str(int(hour))) + self._dialect.hour
        said += "" if minute == "00" and not second else f"{self._two_digits(minute)}分"
        return whole(match, said + (f"{self._two_digits(second)}秒" if second else ""))

    def _two_digits(self, written: str) -> str:
        return digits(written) if written[0] == "0" else self._numerals.cardinal(written)

    def _range(self, written: str) -> str:
        minus = self._dialect.minus if written[0] in "-−" else ""
        numbers = _RANGE.split(written.lstrip("-−"))
        say = self._numerals.decimal
        return minus + self._dialect.to.join(map(say, numbers))

    def _counted(self, written: str) -> str:
        minus = self._dialect.minus if written[0] in "-−" else ""
        numbers = _RANGE.split(written.lstrip("-−"))
        return minus + self._dialect.to.join(map(self._numerals.amount, numbers))

    def _money(self, match: re.Match[str]) -> Iterable[Reading]:
        said = self._dialect.minus if match["minus"] else ""
        said += self._numerals.amount(_without_zeros(match["amount"]))
        if match["until"]:
            said += self._dialect.to + self._numerals.amount(_without_zeros(match["until"]))
        name = getattr(CURRENCIES[match["currency"]], self._dialect.unit_column)
        return whole(match, f"{said}{match['scale'] or ''}{name}")

    def _price(self, match: re.Match[str]) -> Iterable[Reading]:
        return whole(match, self._numerals.amount(_without_zeros(match["amount"])))

    def _phone(self, match: re.Match[str]) -> Iterable[Reading]:
        plus = self._dialect.signs["+"] if match.group()[0] == "+" else ""
        said = digits(re.sub(r"\D", "", match.group()))
        return whole(match, plus + said.replace("一", self._dialect.phone_one))

    def _percent(self, match: re.Match[str]) -> Iterable[Reading]:
        said = (self._dialect.minus if match["minus"] else "") + (
            "千分之" if match["sign"] == "‰" else "百分之"
        )
        said += self._numerals.decimal(match["amount"])
        if match["until"]:
            said += self._dialect.to + self._numerals.decimal(match["until"])
        return whole(match, said)

    def _measure(self, match: re.Match[str]) -> Iterable[Reading]:
        unit, written = match["unit"] or match["tight"], match["amount"]
        name = getattr(UNITS[unit], self._dialect.unit_column)
        if name.endswith("度"):
            below = self._dialect.below_zero if written[0] in "-−" else ""
            return whole(match, below + self._range(written.lstrip("-−")) + name)
        rate = ""
        if unit in ("km/h", "kph", "㎞/h", "mph", "m/s"):
            rate = self._dialect.per_second if unit == "m/s" else self._dialect.per_hour
        return whole(match, rate + self._counted(written) + name)

    def _below_zero(self, match: re.Match[str]) -> Iterable[Reading]:
        return whole(match, self._dialect.below_zero + self._numerals.decimal(match.group()[1:]))

    def _fraction(self, match: re.Match[str]) -> Iterable[Reading]:
        cardinal = self._numerals.cardinal
        if int(match["above"]) <= 12 < int(match["below"]) <= 31:
            return whole(match, f"{cardinal(match['above'])}月{cardinal(match['below'])}日")
        return whole(match, f"{cardinal(match['below'])}分之{cardinal(match['above'])}")

    def _ratio(self, match: re.Match[str]) -> Iterable[Reading]:
        cardinal = self._numerals.cardinal
        above, below = cardinal(match["above"]), cardinal(match["below"])
        return whole(match, f"{above}{self._dialect.ratio}{below}")

    def _version(self, match: re.Match[str]) -> Iterable[Reading]:
        numbers = match.group().split(".")
        return whole(match, self._numerals.point.join(map(self._numerals.cardinal, numbers)))

    def _count(self, match: re.Match[str]) -> Iterable[Reading]:
        return whole(match, self._counted(match["amount"]))

    def _digits(self, match: re.Match[str]) -> Iterable[Reading]:
        return whole(match, digits(re.sub(r"\D", "", match.group())))

    def _plain(self, match: re.Match[str]) -> Iterable[Reading]:
        return whole(match, self._range(match.group()))

    def _to(self, match: re.Match[str]) -> Iterable[Reading]:
        return whole(match, self._dialect.to)

    def _sign(self, match: re.Match[str]) -> Iterable[Reading]:
        return whole(match, self._dialect.signs[match.group()])


def _without_zeros(price: str) -> str:
    """Drop what a price does not say: 3.50 is 3.5, 3.00 is 3."""
    return price.rstrip("0").rstrip(".") if "." in price else price
