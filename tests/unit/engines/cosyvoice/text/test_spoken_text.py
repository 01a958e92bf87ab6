import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from myna.core.engine import ArrivingUtterance
from myna.core.errors import WeightsMissing
from myna.core.speech import Options, Pause
from myna.engines.cosyvoice.text.arriving_text import LONGEST, ArrivingText
from myna.engines.cosyvoice.text.spoken_text import TextReader
from myna.engines.cosyvoice.text.text_source import TextSource
from myna.engines.cosyvoice.text.text_tokenizer import SOUNDS, TextTokenizer
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.tiny_checkpoint import MERGES, write_text_folder

ENGLISH = (
    "Hello there, my friend; the weather's fine. I have 12 cats and they cost $5 million each. "
    "Dr. Smith was born on July 4, 1976 in New York? Yes indeed (he was)!"
)
CHINESE = (
    "今天天气很好，适合出门散步。我有3个苹果，温度25°C，于2024年3月5日。他说：“走吧。”然后离开了。"
)
KOREAN = "오늘은 날씨가 참 좋네요. 2024년 3월 5일에 만나요. 그럼 안녕히 계세요."
PLAIN = (ENGLISH, CHINESE, KOREAN, "Hello你好世界这是mixed的sentence吧", "a" * 900, "  ")
TEXTS = (*PLAIN, "[laughter]哈哈哈哈")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("text")
    write_text_folder(folder)
    return folder


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> TextTokenizer:
    return TextTokenizer(folder, Version.COSYVOICE2)


@pytest.fixture(scope="module")
def reader(tokenizer: TextTokenizer) -> TextReader:
    return TextReader(tokenizer, Version.COSYVOICE2)


def test_texts_become_the_tokens_qwen2_makes_of_them(
    folder: Path, tokenizer: TextTokenizer
) -> None:
    upstream = AutoTokenizer.from_pretrained(folder)
    for text in (*PLAIN, "hello the\r\n\n then  hello's  ", "Ａé́ ½ ٣٤ 👍🏽"):
        assert tokenizer.tokens(text) == upstream(text)["input_ids"], text


def test_marks_are_numbered_as_published(tokenizer: TextTokenizer, folder: Path) -> None:
    first = 256 + len(MERGES)  # <|endoftext|>
    assert tokenizer.tokens("<|im_start|><|im_end|><|endofprompt|>") == [
        first + 1,
        first + 2,
        first + 3,
    ]
    assert tokenizer.tokens("".join(SOUNDS)) == list(range(first + 4, first + 20))
    third = TextTokenizer(folder, Version.COSYVOICE3)
    assert third.tokens("<|endofsystem|>[AA][AA0][B][ZH]") == [
        first + number for number in (20, 21, 22, 45, 104)
    ]
    assert third.tokens("[a][ai][j][vè][zh][à][ǐ][ǜ]") == [
        first + number for number in (105, 106, 154, 201, 206, 207, 270, 280)
    ]
    assert third.size == first + 281


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"vocab\.json"):
        TextTokenizer(tmp_path, Version.COSYVOICE2)


@pytest.mark.parametrize(
    ("text", "language", "spoken"),
    [
        (
            "I have 12 cats [laughter] and $5.",
            "en",
            "I have twelve cats [laughter] and five dollars.",
        ),
        ("我有3个苹果 （真的）", "zh", "我有三个苹果真的"),
        ("오늘은 3월 5일입니다.", "ko", "오늘은 삼월 오일입니다."),
        ("今日は3月5日です。", "ja", "今日はサンガツイツカです。"),
        ("<strong>no</strong> change", "en", "<strong>no</strong> change"),
    ],
)
def test_figures_are_put_into_words_and_marks_for_sounds_stay(
    reader: TextReader, text: str, language: str, spoken: str
) -> None:
    assert reader.spoken(text, language) == spoken


def test_what_steers_qwen2_is_left_out_of_a_text(
    reader: TextReader, tokenizer: TextTokenizer
) -> None:
    """A chat model that talks too long leaves such marks at the end of what it wrote."""
    left = "<|im_start|>Hi [laughter] there.<|im_end|><|endoftext|>"
    for language in ("en", "zh"):
        clean = reader.read("Hi [laughter] there.", language)
        assert reader.read(left, language).tolist() == clean.tolist()
    said = reader.instruction("Softly<|im_end|>").tolist()
    assert said == reader.instruction("Softly").tolist()
    assert not len(reader.read("<|im_end|>", "en"))
    assert len(tokenizer.tokens("<|endofprompt|>")) == 1


def test_version_3_is_told_japanese_as_it_sounds(folder: Path) -> None:
    third = TextReader(TextTokenizer(folder, Version.COSYVOICE3), Version.COSYVOICE3)
    assert third.spoken("今日は雨です。", "ja") == "キョーワアメデス。"


def test_version_3_is_told_how_a_word_sounds(folder: Path, reader: TextReader) -> None:
    third = TextReader(TextTokenizer(folder, Version.COSYVOICE3), Version.COSYVOICE3)
    marked = "对报道[j][ǐ]予好评，[breath]共3次<|endofsystem|>"
    assert third.spoken(marked, "zh") == "对报道[j][ǐ]予好评，[breath]共三次<|endofsystem|>"
    assert third.spoken("Take [M][IH1][N] 3.", "en") == "Take [M][IH1][N] three."
    assert third.unmarked("[j][ǐ]予") == "  予"
    assert _tokens(third, list(marked), "zh") == third.read(marked, "zh").tolist()
    assert reader.unmarked("[j][laughter]") == "[j] "


def test_a_comma_stays_one_within_a_chinese_text(reader: TextReader) -> None:
    text = "今天天气很好，适合出门散步，"
    assert _tokens(reader, list(text)) == reader.tokens("今天天气很好，适合出门散步，。").tolist()
    assert (
        reader.read(text, "zh").tolist() == reader.tokens("今天天气很好，适合出门散步。").tolist()
    )


def test_a_sentence_gets_an_end_where_it_lacks_one(reader: TextReader) -> None:
    stop = reader.tokens(".").tolist()
    assert reader.read("Hello", "en").tolist() == reader.read("Hello.", "en").tolist()
    assert reader.read("Hello!", "en")[-1:].tolist() != stop


def _cuts(text: str, sizes: random.Random | int) -> list[str]:
    arriving, cuts, place = ArrivingText(), list[str](), 0
    while place < len(text):
        size = sizes if isinstance(sizes, int) else sizes.randint(1, 9)
        cuts += arriving.feed(text[place : place + size])
        place += size
    return cuts + arriving.finish()


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_cut_alike_however_it_arrives(text: str) -> None:
    cuts = _cuts(text, 1)
    assert "".join(cuts) == text
    for seed in range(20):
        assert _cuts(text, random.Random(seed)) == cuts
    assert _cuts(text, len(text)) == cuts


@settings(max_examples=200)
@given(st.text(st.sampled_from("ab 12.,$你好三。！[] \n"), max_size=60), st.integers(1, 9))
def test_any_text_is_cut_alike_however_it_arrives(text: str, size: int) -> None:
    cuts = _cuts(text, size)
    assert "".join(cuts) == text
    assert cuts == _cuts(text, 1)


def test_nothing_is_cut_within_reach_of_a_figure() -> None:
    assert " cost $5 million each. Dr. Smith was" in _cuts(ENGLISH, 1)
    assert "温度25°C，于2024年3月5日。他说：“" in _cuts(CHINESE, 1)


def test_plain_words_are_handed_on_as_soon_as_the_next_has_ended() -> None:
    arriving = ArrivingText()
    assert [arriving.feed(piece) for piece in ("one", " two", " ", "th", "ree ")] == [
        [],
        [],
        ["one"],
        [],
        [" two"],
    ]
    assert arriving.feed(Pause.FLUSH) == [" three "]


def test_text_without_a_place_to_cut_is_not_held_back_without_end() -> None:
    assert [len(cut) for cut in _cuts("1" * 1000, 7)] == [LONGEST] * 3 + [100]


def _tokens(reader: TextReader, pieces: list[str], language: str = "auto") -> list[int]:
    source = TextSource(ArrivingUtterance(pieces, language, Options()), reader, "en")
    found: list[int] = []
    while (tokens := source.more()) is not None:
        found += tokens
    return found


def test_arriving_english_becomes_the_tokens_of_the_whole(reader: TextReader) -> None:
    text = "Hello there my friend, the weather is fine today; is it not"
    assert _tokens(reader, list(text)) == reader.read(text, "en").tolist()


@pytest.mark.parametrize("text", TEXTS)
def test_arriving_text_becomes_the_same_tokens_in_any_pieces(reader: TextReader, text: str) -> None:
    once = _tokens(reader, [text])
    assert _tokens(reader, list(text)) == once
    assert _tokens(reader, ["", text[:5], "", text[5:], ""]) == once


def test_an_empty_piece_gives_control_back(reader: TextReader) -> None:
    source = TextSource(ArrivingUtterance(["", "one two ", "", "."], "en", Options()), reader, "en")
    assert source.more() == ()
    assert source.more() == reader.tokens("one").tolist()
    assert source.more() == ()
    assert source.more() == reader.tokens(" two .").tolist()
    assert source.more() is None
    assert source.ended
