"""The words in which Mandarin and Cantonese say figures differently."""

from collections.abc import Mapping
from dataclasses import dataclass

from myna.text.normalization.chinese.numbers import CANTONESE as CANTONESE_NUMERALS
from myna.text.normalization.chinese.numbers import MANDARIN as MANDARIN_NUMERALS
from myna.text.normalization.chinese.numbers import Numerals


@dataclass(frozen=True, slots=True)
class Dialect:
    """One of the two, as far as figures go."""

    numerals: Numerals
    unit_column: str
    """The field of `Unit` that holds its names."""
    minus: str
    below_zero: str
    to: str
    ratio: str
    hour: str
    morning: str
    afternoon: str
    per_hour: str
    per_second: str
    phone_one: str
    """The digit 1 in telephone numbers."""
    signs: Mapping[str, str]


MANDARIN = Dialect(
    numerals=MANDARIN_NUMERALS,
    unit_column="chinese",
    minus="负",
    below_zero="零下",
    to="到",
    ratio="比",
    hour="点",
    morning="上午",
    afternoon="下午",
    per_hour="每小时",
    per_second="每秒",
    phone_one="幺",
    signs={
        "+": "加", "=": "等于", "×": "乘", "÷": "除以", "±": "正负", "&": "和", "%": "百分号",
        "≥": "大于等于", "≤": "小于等于", "≈": "约等于", "½": "二分之一", "⅓": "三分之一",
        "¼": "四分之一", "¾": "四分之三", "²": "平方", "³": "立方", "№": "第", "°": "度",
        "〇": "零", "√": "根号", "∞": "无穷大",
    },
)  # fmt: skip

CANTONESE = Dialect(
    numerals=CANTONESE_NUMERALS,
    unit_column="cantonese",
    minus="負",
    below_zero="零下",
    to="至",
    ratio="比",
    hour="點",
    morning="上晝",
    afternoon="下晝",
    per_hour="每小時",
    per_second="每秒",
    phone_one="一",
    signs={
        "+": "加", "=": "等於", "×": "乘", "÷": "除以", "±": "正負", "&": "同", "%": "巴仙",
        "≥": "大過等於", "≤": "細過等於", "≈": "大約等於", "½": "二分之一", "⅓": "三分之一",
        "¼": "四分之一", "¾": "四分之三", "²": "平方", "³": "立方", "№": "第", "°": "度",
        "〇": "零", "√": "開方", "∞": "無限大",
    },
)  # fmt: skip

MEASURE_WORDS = (
    "个月|個月|个|個|人|名|位|只|隻|条|條|张|張|本|件|块|塊|次|天|年|岁|歲|小时|小時|分钟|分鐘|秒|周|週|"
    "星期|个星期|倍|种|種|家|座|辆|輛|台|臺|部|层|層|里|米|公里|公斤|斤|吨|噸|杯|瓶|碗|份|支|枝|把|双|雙|"
    "对|對|套|篇|首|句|页|頁|门|門|场|場|队|隊|组|組|项|項|克|升|厘米|毫米|元|美元|欧元|歐元|港元|港幣|"
    "日元|蚊|毫|架|间|間|棵|朵|匹|头|頭|口|根|粒|颗|顆|串|群|排|行(?!动)|点(?!\\d)|點(?!\\d)|样|樣|"
    "遍|趟|顿|頓|回|步|声|聲|盒|箱|袋|包|罐|桶|盘|盤|幅|封|扇|艘|列|节|節|段|集|期(?!间)|轮|輪|票|"
    "万|萬|亿|億|千|岁半|餐|晚|日(?=游|遊|间|間|之)|平方米|平方公里|立方米|公顷|公頃|亩|畝|寸|尺|丈|打(?!电|電)"
)
"""What two of is 两 or 兩, as a pattern."""
