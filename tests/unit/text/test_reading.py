"""A text comes apart into its words, each with how it is said."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.core.errors import PackageMissing, Unsupported
from myna.core.languages import LANGUAGES
from myna.text.reading import Token, normalized, read


def said(text: str, language: str) -> list[str]:
    return [token.spoken for token in read(text, language)]


def test_a_token_is_the_written_word_where_it_stands() -> None:
    assert read("“Hi,” said Dr. Kim.", "en") == (
        Token("Hi", 1, 3, "Hi", "en", ","),
        Token("said", 6, 10, "said", "en", ""),
        Token("Dr.", 11, 14, "Doctor", "en", ""),
        Token("Kim", 15, 18, "Kim", "en", "."),
    )


@pytest.mark.parametrize(
    ("text", "language", "written"),
    [
        (
            "It's 3.5kg (or $3.50), well-known!",
            "en",
            ["It's", "3.5kg", "or", "$3.50", "well-known"],
        ),
        ("tall—and thin…no", "en", ["tall", "and", "thin", "no"]),
        ("A/B, e.g. this.", "en", ["A", "B", "e.g.", "this"]),
        ("2026-11-21 and 3:30 PM", "en", ["2026-11-21", "and", "3:30", "PM"]),
        ("'quoted' dogs' *bold*", "en", ["quoted", "dogs", "bold"]),
        ("학교에서, 3시 30분에 KBS를", "ko", ["학교에서", "3시", "30분에", "KBS를"]),
        ("“안녕”하세요… 서울·부산", "ko", ["안녕", "하세요", "서울", "부산"]),
        ("你好，2026年！", "zh", ["你", "好", "2026", "年"]),
        ("佢哋喺HK$500", "yue", ["佢", "哋", "喺", "HK$500"]),
    ],
)
def test_where_words_begin_and_end(text: str, language: str, written: list[str]) -> None:
    assert [token.written for token in read(text, language)] == written


@pytest.mark.parametrize(
    ("between", "mark"),
    [
        (" ", ""),
        (", ", ","),
        ("、", ","),
        (". ", "."),
        ("。", "."),
        ("\n", "."),
        ("? ", "?"),
        ("?! ", "?"),
        ("！", "!"),
        ("; ", ";"),
        ("：", ":"),
        ("... ", "…"),
        ("……", "…"),
        (" — ", ","),
        (" - ", ","),
        (" (", ","),
        ('," ', ","),
        (".” “", "."),
    ],
)
def test_a_mark_belongs_to_the_word_before_it(between: str, mark: str) -> None:
    first, _ = read(f"one{between}two", "en")
    assert first.mark == mark


def test_the_last_mark_counts_too() -> None:
    assert [token.mark for token in read("좋아요?", "ko")] == ["?"]


@pytest.mark.parametrize(
    ("text", "language", "spoken"),
    [
        ("독립 같이 좋아요", "ko", ["동닙", "가치", "조아요"]),
        ("있다 옷 했습니다", "ko", ["잇따", "옷", "해씀니다"]),
        ("할 수 있어요", "ko", ["할", "쑤", "이써요"]),
        ("16년 10월", "ko", ["심늉년", "시월"]),
        ("熊猫和兄弟", "zh", ["xi2yong2", "猫", "和", "xi1yong1", "弟"]),
        ("花儿", "zh", ["花", "er5"]),
        ("女儿儿子", "zh", ["女", "儿", "儿", "子"]),
        ("占地", "zh", ["zhan4", "di4"]),
        ("占，地", "zh", ["占", "地"]),
        ("佢哋聽日", "yue", ["佢", "地", "汀", "日"]),
    ],
)
def test_words_are_spelt_as_espeak_says_them_right(
    text: str, language: str, spoken: list[str]
) -> None:
    assert said(text, language) == spoken


def test_ordinary_spelling_is_to_be_had_too() -> None:
    assert [token.spoken for token in normalized("독립 16년", "ko")] == ["독립", "십육년"]
    assert [token.spoken for token in normalized("熊猫2只", "zh")] == ["熊", "猫", "两", "只"]


def test_each_word_is_in_its_own_language() -> None:
    tokens = read("나는 iPhone 15를 샀다. 你好", "ko")
    assert [(token.written, token.language) for token in tokens] == [
        ("나는", "ko"),
        ("iPhone", "en"),
        ("15를", "ko"),
        ("샀다", "ko"),
        ("你", "zh"),
        ("好", "zh"),
    ]


def test_a_figure_alone_is_read_in_the_language_asked_for() -> None:
    assert said("12", "en") == ["twelve"]
    assert said("12", "ko") == ["시비"]
    assert said("12", "zh") == ["十二"]


def test_acronyms_are_spelt_out_in_korean_only_beside_korean() -> None:
    assert [token.spoken for token in normalized("KBS 뉴스", "ko")] == ["케이비에스", "뉴스"]
    assert [token.language for token in read("KBS", "ko")] == ["en"]
    assert [token.language for token in read("HELLO 여러분", "ko")] == ["en", "ko"]


def test_offsets_name_the_text_as_it_was_given() -> None:
    text = "\ufeffＣafe\u0301\u200b 😀 １２!\ud800"
    assert [text[token.start : token.end] for token in read(text, "en")] == ["Ｃafe\u0301", "１２"]
    assert said(text, "en") == ["Café", "twelve"]


@pytest.mark.parametrize("text", ["", "   ", "...", "😀", "\x00", "\ud800", "—"])
def test_nothing_to_say_has_no_words(text: str) -> None:
    assert read(text, "en") == ()


def test_letters_of_other_scripts_are_words_without_sound() -> None:
    assert [(t.written, t.spoken) for t in read("hello مرحبا", "en")] == [
        ("hello", "hello"),
        ("مرحبا", ""),
    ]


def test_a_page_without_blanks_is_read_piece_by_piece() -> None:
    assert "".join(token.written for token in read("1" * 2000, "en")) == "1" * 2000
    assert len(read("word " * 2000, "en")) == 2000


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(Unsupported, match="'fr'"):
        read("Bonjour", "fr")


def test_kanji_without_the_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyopenjtalk", None)
    with pytest.raises(PackageMissing, match=r"myna\[ja\]"):
        read("東京です", "ja")


_ALPHABET = (
    "aéZ가힣ㅋ漢雄儿字かなカー我们係π д\n\t 0123456789.,-–~:/$%€°+()\"'’?!…。、"
    "年月日時本個개시명km😀\u0301\ud800"
)


@given(st.text(st.characters(), max_size=40) | st.text(st.sampled_from(_ALPHABET), max_size=40))
@settings(max_examples=200, deadline=None)
@pytest.mark.parametrize("language", LANGUAGES)
def test_any_text_can_be_read(language: str, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pyopenjtalk", None)
        try:
            tokens = read(text, language)
        except PackageMissing:
            return
    end = 0
    for token in tokens:
        assert end <= token.start < token.end
        assert text[token.start : token.end] == token.written
        assert token.language in LANGUAGES
        assert token.mark in ("", *",.?!;:…")
        end = token.end
        letters = token.spoken.replace(" ", "").replace("'", "")
        if token.language != "zh":
            assert not letters or letters.replace("ー", "").isalpha()
        if token.language in ("ko", "ja"):
            assert not any(c.isascii() for c in letters)
