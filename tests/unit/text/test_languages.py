"""A text's languages are told apart by its scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.core.languages import LANGUAGES
from myna.text.languages import detect, runs


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("", "en", []),
        ("123", "ko", [("123", "ko")]),
        ("Café naïve, Zürich.", "ko", [("Café naïve, Zürich.", "en")]),
        ("안녕 world!", "ja", [("안녕 ", "ko"), ("world!", "en")]),
        ("今日は良い天気。", "en", [("今日は良い天気。", "ja")]),
        ("東京駅", "en", [("東京駅", "ja")]),
        ("東京、大阪", "ja", [("東京、大阪", "ja")]),
        ("今天天气", "en", [("今天天气", "zh")]),
        ("我们今天", "ja", [("我们今天", "zh")]),
        ("佢哋喺邊度", "zh", [("佢哋喺邊度", "yue")]),
        ("今日天氣", "yue", [("今日天氣", "yue")]),
        ("兩國關係", "zh", [("兩國關係", "zh")]),
        ("佢係我朋友", "zh", [("佢係我朋友", "yue")]),
        ("他说：「ありがとう、東京」", "zh", [("他说：「", "zh"), ("ありがとう、東京」", "ja")]),
        ("나는 3개", "en", [("나는 3개", "ko")]),
        ("가격은 $3.50, 무게는 2.5 kg!", "en", [("가격은 $3.50, 무게는 2.5 kg!", "ko")]),
        ("새 MacBook은 1.24kg다", "ko", [("새 ", "ko"), ("MacBook", "en"), ("은 1.24kg다", "ko")]),
        ("GPT4는 5G다", "ko", [("GPT4", "en"), ("는 ", "ko"), ("5G", "en"), ("다", "ko")]),
        ("他买了3个iPhone15", "zh", [("他买了3个", "zh"), ("iPhone", "en"), ("15", "zh")]),
        ("Chapter 3 begins", "ko", [("Chapter 3 begins", "en")]),
        ("오후 3:30 PM 시작", "ko", [("오후 3:30 PM 시작", "ko")]),
        ("HK$500 蚊", "yue", [("HK$500 蚊", "yue")]),
        ("用iPhone，1+1=2", "zh", [("用", "zh"), ("iPhone，", "en"), ("1+1=2", "zh")]),
        ("巴士5A，坐", "yue", [("巴士5", "yue"), ("A，", "en"), ("坐", "yue")]),
        ("メモリ8GB、4K", "ja", [("メモリ8GB、", "ja"), ("4K", "en")]),
    ],
)
def test_mixed_text_falls_into_runs_of_one_language(
    text: str, hint: str, expected: list[tuple[str, str]]
) -> None:
    assert [(run.text, run.language) for run in runs(text, hint)] == expected


@given(st.text(st.sampled_from("a é\n1.,3$안ㅋ漢字かなカ我们係😀(\ud800kmπд"), max_size=40))
def test_runs_are_the_text(text: str) -> None:
    found = runs(text, "ja")
    assert "".join(run.text for run in found) == text
    assert all(text.startswith(run.text, run.start) for run in found)
    assert all(run.language in LANGUAGES for run in found)


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("", "ja", "ja"),
        ("3.14", "ko", "ko"),
        ("오늘은 iPhone을 샀다", "en", "ko"),
        ("My friend 김민수 says hello to everyone", "ko", "en"),
        ("Hello", "ko", "en"),
        ("你好", "en", "zh"),
        ("こんにちは", "zh", "ja"),
        ("呢個係乜嘢？", "zh", "yue"),
        ("東京", "ja", "ja"),
    ],
)
def test_the_main_language_of_a_text_is_found(text: str, hint: str, language: str) -> None:
    assert detect(text, hint) == language
