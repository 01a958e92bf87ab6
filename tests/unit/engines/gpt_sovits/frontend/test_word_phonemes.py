import re

import pytest

from myna.engines.gpt_sovits.frontend.front_end import FrontEnd
from myna.engines.gpt_sovits.frontend.spoken_text import TextReader
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V2
from myna.engines.gpt_sovits.frontend.word_phonemes import laid_over
from myna.text.reading import read

READER = TextReader(FrontEnd(), None)


def spelt(text: str, language: str) -> list[tuple[str, str]]:
    """Return each word with its phones."""
    spoken = READER.read(text, language)
    words = READER.words(text, language, spoken)
    symbols = [SYMBOLS_V2.symbols[number] for number in spoken.phonemes]
    return [(word.written, " ".join(symbols[word.first : word.last])) for word in words]


def test_english_words_have_their_phones() -> None:
    words = spelt("We go to church, by foot.", "en")
    assert [(written, re.sub(r"\d", "", phones)) for written, phones in words] == [
        ("We", "W IY"),
        ("go", "G OW"),
        ("to", "T UW"),
        ("church", "CH ER CH"),
        ("by", "B AY"),
        ("foot", "F UH T"),
    ]


def test_a_figure_is_one_word_with_all_it_is_read_as() -> None:
    words = spelt("It is 25 years old.", "en")
    assert [written for written, _ in words] == ["It", "is", "25", "years", "old"]
    assert len(words[2][1].split()) == 9  # T W EH1 N T IY0 F AY1 V


def test_chinese_characters_have_two_phones_each() -> None:
    pytest.importorskip("pypinyin", reason="reading Chinese needs the extra zh")
    assert spelt("你好，世界。", "zh") == [
        ("你", "n i2"),
        ("好", "h ao3"),
        ("世", "sh ir4"),
        ("界", "j ie4"),
    ]


def test_korean_words_that_meet_keep_their_own_letters() -> None:
    pytest.importorskip("mecab", reason="reading Korean needs the extra ko")
    words = spelt("독립 문을 열어요.", "ko")
    assert [written for written, _ in words] == ["독립", "문을", "열어요"]
    assert words[1][1].startswith("ㅁ ㅜ ㄴ")
    assert words[2][1].endswith("ㅛ") or words[2][1].endswith("ㅗ")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The kettle is on, and tea will be ready in 4 minutes.", "en"),
        ("약은 하루에 3번, 밥을 먹은 뒤에 드세요.", "ko"),
        ("東京タワーは三百三十三メートルです。", "ja"),
        ("我们明天下午去看电影，好吗？", "zh"),
        ("我哋聽日去睇戲，好唔好？", "yue"),
        ("我喜欢听 jazz 音乐。", "zh"),
    ],
)
def test_every_word_is_found_in_order_and_apart(text: str, language: str) -> None:
    spoken = READER.read(text, language)
    words = READER.words(text, language, spoken)
    expected = [token.written for token in read(text, language) if token.spoken.strip()]
    assert [word.written for word in words] == expected
    edges = [edge for word in words for edge in word.span]
    assert edges == sorted(edges)
    assert all(word.last > word.first for word in words)
    assert edges[0] >= 0
    assert edges[-1] <= len(spoken.phonemes)


def test_readings_of_two_texts_are_not_laid_over_each_other() -> None:
    spoken = READER.read("The kettle is on.", "en")
    assert READER.words("Zwölf Boxkämpfer jagen Viktor quer über den Deich.", "en", spoken) == ()


def test_the_fewest_symbols_differ() -> None:
    assert laid_over(list("kettle"), list("a kettle on")) == [2, 3, 4, 5, 6, 7]
    assert laid_over(list("cat"), list("cut")) == [0, 1, 2]
    assert laid_over(list("abc"), list("")) == [None, None, None]
    assert laid_over([], list("abc")) == []
