import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.engines.gpt_sovits.frontend.chinese.normalization import normalize
from myna.engines.gpt_sovits.frontend.chinese.numerals import cardinal, digits, number


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("0", "零"),
        ("10", "十"),
        ("11", "十一"),
        ("110", "一百一十"),
        ("101", "一百零一"),
        ("1050", "一千零五十"),
        ("10000", "一万"),
        ("10001", "一万零一"),
        ("100000000", "一亿"),
        ("123456789", "一亿二千三百四十五万六千七百八十九"),
        ("007", "七"),
    ],
)
def test_whole_numbers_are_said_in_words(written: str, said: str) -> None:
    assert cardinal(written) == said


def test_decimals_are_said_digit_by_digit_and_keep_one_closing_zero() -> None:
    assert number("3.14") == "三点一四"
    assert number("5.50") == "五点五零"
    assert number("5.00") == "五点零"
    assert number(".5") == "零点五"


def test_on_the_telephone_one_has_another_name() -> None:
    assert digits("110", telephone=True) == "幺幺零"
    assert digits("110") == "一一零"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1998年12月3号", "一九九八年十二月三号"),
        ("98年", "九八年"),
        ("2024-05-01", "二零二四年五月一日"),
        ("2024/05/01", "二零二四年五月一日"),
        ("8:05:09", "八点零五分零九秒"),
        ("23:30", "二十三点半"),
        ("9:00-10:20", "九点至十点二十分"),
        ("3kg~5kg", "三千克至五千克"),
        ("-3°C", "零下三度"),
        ("25摄氏度", "二十五度"),
        ("120cm²", "一百二十平方厘米"),
        ("7-3=4", "七减三等于四"),
        ("x²+y", "的二次方加"),
        ("2³", "二的三次方"),
        ("-1/2", "负二分之一"),
        ("-5%", "负百分之五"),
        ("12.5%", "百分之十二点五"),
        ("+8613912345678", "八六幺三九幺二三四五六七八"),
        ("88886666", "八八八八六六六六"),
        ("4001234567", "四零零幺二三四五六七"),
        ("1.2.3", "一点二点三"),
        ("2个人", "两个人"),
        ("22个人", "二十二个人"),
        ("2次", "二次"),
        ("2百", "两百"),
        ("100公里", "幺零零公里"),
        ("100里", "一百里"),
        ("3微克", "三微克"),
        ("3多万", "三多万"),
        ("100+个", "一百多个"),
        ("50美元", "五十美元"),
        ("编号123", "编号幺二三"),
        ("编号12", "编号十二"),
        ("３５岁", "三十五岁"),
        ("①③⑩", "一三十"),
        ("α和Ω", "阿尔法和欧米伽"),
        ("a/b", "每"),
        ("3/天", "三每天"),
    ],
)
def test_written_forms_are_said_in_words(written: str, said: str) -> None:
    assert normalize(written) == said


def test_a_half_hour_counts_for_both_ends_of_a_range_as_the_models_learned_it() -> None:
    assert normalize("8:30-9:30") == "八点半至九点半"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("你好，世界。", "你好,世界."),
        ("真的？！太好了！", "真的?太好了!"),
        ("一：二；三、四·五", "一,二,三,四,五"),
        ("等等...好～", "等等…好…"),
        ("《书名》（注）“引”", "书名注引"),
        ("第一行\n第二行", "第一行第二行"),
        ("A股和B股", "股和股"),
        ("嗯嗯，呣", "恩恩,母"),
        ("你 好", "你好"),
    ],
)
def test_marks_are_those_the_models_know(written: str, said: str) -> None:
    assert normalize(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("臺灣國語", "台湾国语"),
        ("頭髮", "头发"),
        ("乾淨", "干净"),
        ("二〇二四年", "二零二四年"),
        ("於是", "于是"),
        ("朋友們", "朋友们"),
    ],
)
def test_traditional_characters_become_simplified_ones(written: str, said: str) -> None:
    assert normalize(written) == said


@given(st.text("0123456789.-~:/年月日%°C个元 kgm²+=×，。？…一繁體", max_size=24))
@settings(max_examples=100, deadline=None)
def test_only_hanzi_and_known_marks_are_left(written: str) -> None:
    assert all("一" <= c <= "龥" or c in "!?…,.-" for c in normalize(written))


def test_rare_hanzi_stay_and_other_scripts_go() -> None:
    assert normalize("生僻字：㐄和䶮，я和か。") == "生僻字,㐄和䶮,和."
