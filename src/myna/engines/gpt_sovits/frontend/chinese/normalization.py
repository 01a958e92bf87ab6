"""Written Chinese as it is said: numbers, dates, units and signs in hanzi, few marks.

The rules and their order are those of PaddleSpeech's Chinese front end as GPT-SoVITS extended it,
oddities included (5mm is 五米米): the models were trained on what they give.
"""

import re
from collections.abc import Callable

from myna.engines.gpt_sovits.frontend.chinese import pinyin
from myna.engines.gpt_sovits.frontend.chinese.numerals import cardinal, digits, number
from myna.engines.gpt_sovits.frontend.chinese.simplification import simplified
from myna.engines.gpt_sovits.frontend.symbols import collapse_punctuation
from myna.engines.gpt_sovits.frontend.width import half_width

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_DROPPED = re.compile(r"[—《》【】<>{}()（）#&@“”^_|\\]")
_CLAUSE = re.compile(r"(?<=[：、，；。？！,;?!])(?![”’])|(?<=[：、，；。？！,;?!][”’])")
_MARKS = {
    **dict.fromkeys("：；，·、/", ","),
    **dict.fromkeys("。\n$", "."),
    **dict.fromkeys("~～", "…"),
    "！": "!",
    "？": "?",
    "...": "…",
    "—": "-",
}
_MARK = re.compile("|".join(map(re.escape, _MARKS)))
_UNUSUAL = re.compile("[^\u4e00-\u9fa5!?…,.\\-]+")
_SOUND_ALIKE = str.maketrans("嗯呣〇", "恩母零")


def normalize(text: str) -> str:
    """Return `text` in hanzi and the marks `! ? … , . -` alone.

    Raises:
        PackageMissing: OpenCC is not installed.
    """
    return collapse_punctuation("".join(map(with_plain_marks, said_clauses(text))))


def said_clauses(text: str) -> list[str]:
    """Cut `text` behind its marks, and say the numbers and signs of each part in words."""
    plain = _DROPPED.sub("", text.replace(" ", ""))
    parts = re.split(r"\n+", _CLAUSE.sub("\n", plain).strip())
    return [_said(part.strip()) for part in parts]


def with_plain_marks(clause: str) -> str:
    """Map marks to those the models know, and drop what has no reading."""
    clause = _MARK.sub(lambda mark: _MARKS[mark.group()], clause.translate(_SOUND_ALIKE))
    return _UNUSUAL.sub(lambda rest: "".join(filter(pinyin.is_hanzi, rest[0])), clause)


def _said(clause: str) -> str:
    clause = half_width(simplified(clause))
    for pattern, say in _EARLY_RULES:
        clause = pattern.sub(say, clause)
    for written, said in _MEASURES.items():
        clause = clause.replace(written, said)
    while _ARITHMETIC.search(clause):
        clause = _ARITHMETIC.sub(_said_arithmetic, clause)
    for pattern, say in _LATE_RULES:
        clause = pattern.sub(say, clause)
    return _DROPPED.sub("", clause.translate(_SIGNS))


_CLOCK = r"([0-1]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?"
_DECIMAL = r"\d+(?:\.\d+)?"
_UNITS = r"(?:%|°C|℃|度|摄氏度|cm2|cm²|cm3|cm³|cm|db|ds|kg|km|m2|m²|m³|m3|ml|m|mm|s)"
_MEASURES = {
    "cm2": "平方厘米",
    "cm²": "平方厘米",
    "cm3": "立方厘米",
    "cm³": "立方厘米",
    "cm": "厘米",
    "db": "分贝",
    "ds": "毫秒",
    "kg": "千克",
    "km": "千米",
    "m2": "平方米",
    "m²": "平方米",
    "m³": "立方米",
    "m3": "立方米",
    "ml": "毫升",
    "m": "米",
    "s": "秒",
}  # replaced one after another, wherever they stand
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹ˣʸⁿ", "0123456789xyn")
_RAISED = "[⁰¹²³⁴⁵⁶⁷⁸⁹ˣʸⁿ]"
_OPERAND = rf"(?:-?{_DECIMAL}{_RAISED}*|\.\d+{_RAISED}*|[A-Za-z]{_RAISED}*)"
_ARITHMETIC = re.compile(rf"({_OPERAND})([+\-×÷=])({_OPERAND})")
_OPERATORS = {"+": "加", "-": "减", "×": "乘", "÷": "除", "=": "等于"}
_COUNTED_TIME = "世纪年代月旬周天日伏季春夏秋冬夜更时刻分秒岁辈"
_COUNTED_LENGTH_AND_WEIGHT = "里丈尺寸米程寻常亩斤两钱吨石担钧铢锱忽毫厘丝升斗斛合撮勺"
_COUNTED_MONEY_AND_NUMBER = "元块角毛百千万亿"
_COUNTED_VESSELS = "碗杯盆盘碟盏壶瓶罐桶锅煲钵卮盒箱袋篮笼箩"
_COUNTED_PLACES = "家户处所座栋幢层间堵墙床铺板顶山岭坡丘江溪网窠"
_COUNTED_THINGS = (
    "个只条支枝枚件张把片面页篇本首曲段目根株棵朵颗粒丸块砣泡壳线针管贴幅套身"
    "架辆艘台钟炮袭刀封令注单扎捆叠堆担挑手脚腔口头尾匹"
)
_COUNTED_PERSONS_AND_EVENTS = "人名位客双对队群列批方例项堂课场出回趟跳阵阙打罗贯平啖道"
_COUNTED = (
    f"[{_COUNTED_TIME}{_COUNTED_LENGTH_AND_WEIGHT}{_COUNTED_MONEY_AND_NUMBER}{_COUNTED_VESSELS}"
    f"{_COUNTED_PLACES}{_COUNTED_THINGS}{_COUNTED_PERSONS_AND_EVENTS}]"
    "|小时|美元|公分|[千毫微]克|十吨"
)  # 次, 倍 and 公里 are not among them
_GREEK = (
    "阿尔法 贝塔 伽马 德尔塔 艾普西隆 泽塔 伊塔 西塔 约塔 卡帕 拉姆达 缪 纽 克西 奥密克戎 派 柔 "
    "西格马 西格马 陶 宇普西隆 斐 希 普西 欧米伽"
)  # σ has a second form at the end of a word
_GREEK_LETTERS = "αβγδεζηθικλμνξοπρςστυφχψω"
_GREEK_NAMES = dict(zip(_GREEK_LETTERS, _GREEK.split(), strict=True)) | {
    letter.upper(): name for letter, name in zip(_GREEK_LETTERS, _GREEK.split(), strict=True)
}
_SIGNS = str.maketrans(
    {
        "/": "每",
        **dict(zip("①②③④⑤⑥⑦⑧⑨⑩", "一二三四五六七八九十", strict=True)),
        **_GREEK_NAMES,
        "+": "加",
        "-": "减",
        "×": "乘",
        "÷": "除",
        "=": "等",
    }
)


def _said_arithmetic(match: re.Match[str]) -> str:
    return match[1] + _OPERATORS[match[2]] + match[3]


def _said_power(match: re.Match[str]) -> str:
    return f"的{match[0].translate(_SUPERSCRIPTS)}次方"


def _said_date(match: re.Match[str]) -> str:
    year, month, day, day_mark = match.groups()
    said = f"{digits(year)}年"
    said += f"{cardinal(month)}月" if month else ""
    return said + (f"{cardinal(day)}{day_mark}" if day else "")


def _said_numeric_date(match: re.Match[str]) -> str:
    return f"{digits(match[1])}年{cardinal(match[3])}月{cardinal(match[4])}日"


def _said_time(match: re.Match[str]) -> str:
    hour, minute, second = match.groups()
    return _clock(hour, minute, second, half=int(minute) == 30)


def _said_time_range(match: re.Match[str]) -> str:
    hour, minute, second, last_hour, last_minute, last_second = match.groups()
    half = int(minute) == 30  # of both: GPT-SoVITS asks the first minute twice
    first = _clock(hour, minute, second, half=half)
    return f"{first}至{_clock(last_hour, last_minute, last_second, half=half)}"


def _clock(hour: str, minute: str, second: str | None, *, half: bool) -> str:
    said = f"{number(hour)}点"
    if minute.strip("0"):
        said += "半" if half else f"{_two_digits(minute)}分"
    return said + (f"{_two_digits(second)}秒" if second and second.strip("0") else "")


def _two_digits(written: str) -> str:
    return ("零" if written.startswith("0") else "") + number(written.lstrip("0"))


def _said_tilde(match: re.Match[str]) -> str:
    return match[0].replace("~", "至")


def _said_temperature(match: re.Match[str]) -> str:
    return ("零下" if match[1] else "") + number(match[2]) + "度"


def _said_fraction(match: re.Match[str]) -> str:
    return f"{_sign(match[1])}{number(match[3])}分之{number(match[2])}"


def _said_percentage(match: re.Match[str]) -> str:
    return f"{_sign(match[1])}百分之{number(match[2])}"


def _said_mobile_number(match: re.Match[str]) -> str:
    parts = match[0].strip("+").split()
    return "，".join(digits(part, telephone=True) for part in parts)


def _said_telephone_number(match: re.Match[str]) -> str:
    return "，".join(digits(part, telephone=True) for part in match[0].split("-"))


def _said_range(match: re.Match[str]) -> str:
    first, last = (_NUMBER.sub(_said_number, match[group]) for group in (1, 2))
    return f"{first}到{last}"


def _said_version(match: re.Match[str]) -> str:
    return "点".join(map(digits, match[0].split(".")))


def _said_number(match: re.Match[str]) -> str:
    return _sign(match[1] or "") + number(match[2] or match[3])


def _said_count(match: re.Match[str]) -> str:
    count = number(match[1])
    more = "多" if match[2] == "+" else match[2] or ""
    return ("两" if count == "二" else count) + more


def _said_code(match: re.Match[str]) -> str:
    return digits(match[0], telephone=True)


def _sign(minus: str) -> str:
    return "负" if minus else ""


_NUMBER = re.compile(rf"(-?)({_DECIMAL})|(\.\d+)")
_EARLY_RULES: tuple[Rule, ...] = (
    (
        re.compile(r"(\d{4}|\d{2})年(?:(0?[1-9]|1[0-2])月)?(?:(0?[1-9]|[12][0-9]|30|31)([日号]))?"),
        _said_date,
    ),
    (
        re.compile(r"(\d{4})([- /.])(0[1-9]|1[012])\2(0[1-9]|[12][0-9]|3[01])"),
        _said_numeric_date,
    ),
    (re.compile(f"{_CLOCK}[~-]{_CLOCK}"), _said_time_range),
    (re.compile(_CLOCK), _said_time),
    (
        re.compile(rf"(?:-?{_DECIMAL}|\.\d+){_UNITS}~(?:-?{_DECIMAL}|\.\d+){_UNITS}"),
        _said_tilde,
    ),
    (re.compile(rf"(-?)({_DECIMAL})(?:°C|℃|度|摄氏度)"), _said_temperature),
)
_LATE_RULES: tuple[Rule, ...] = (
    (re.compile(f"{_RAISED}+"), _said_power),
    (re.compile(r"(-?)(\d+)/(\d+)"), _said_fraction),
    (re.compile(rf"(-?)({_DECIMAL})%"), _said_percentage),
    (
        re.compile(r"(?<!\d)(?:\+?86 ?)?1(?:[38]\d|5[0-35-9]|7[678]|9[89])\d{8}(?!\d)"),
        _said_mobile_number,
    ),
    (
        re.compile(r"(?<!\d)(?:0(?:10|2[1-3]|[3-9]\d{2})-?)?[1-9]\d{6,7}(?!\d)"),
        _said_telephone_number,
    ),
    (re.compile(r"400-?\d{3}-?\d{4}"), _said_telephone_number),
    (
        re.compile(rf"(?<![\d+\-×÷=])(-?{_DECIMAL})[-~](-?{_DECIMAL})(?![\d+\-×÷=])"),
        _said_range,
    ),
    (re.compile(r"(-)(\d+)()"), _said_number),
    (re.compile(r"\d+\.\d+(?:\.\d+)+"), _said_version),
    (re.compile(r"(-?)(\d+\.\d+)|(\.\d+)"), _said_number),
    (
        re.compile(rf"(\d+)([多余几+])?(?={_COUNTED})"),
        _said_count,
    ),
    (re.compile(r"\d{3,}"), _said_code),
    (_NUMBER, _said_number),
)
