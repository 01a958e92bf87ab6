"""Text is cut where its sentences end, however it arrives."""

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from myna.core.speech import Pause, TextPiece
from myna.text.sentences import CJK_WIDTH, LONGEST, SLACK, sentences, speakable

PROSE = {
    "en": [
        "It was a bright cold day in April, and the clocks were striking thirteen.",
        "Dr. Kim, of the U.S. Army, met J. R. R. Tolkien at 5 p.m. on Monday.",
        "The bill came to $3.50, i.e. 3.5 dollars, for version 2.0.1 of example.com's tool.",
        '"Why?" she asked.',
        'He said, "I don\'t know."',
        "Well... perhaps not!",
        "Really?!",
        "Write to kim@example.co.uk or see https://example.com/a.b?c=d.",
        "No. 5 is, e.g., in Fig. 3 on p. 12 of Vol. 2.",
        "He left Apple Inc. for good at 10 a.m. today.",
        "(This one is in brackets.)",
        "The end.",
    ],
    "ko": [
        "안녕하세요, 저는 김철수입니다.",
        "오늘은 2026. 11. 21. 토요일이고 기온은 3.5도예요.",
        "3.1절에는 쉬나요?",
        "“간다.”라고 그가 말했다.",
        '"정말?" 하고 물었다.',
        "글쎄... 잘 모르겠네요!",
        "Dr. Kim은 No. 5를 골랐다.",
        "그래요.",
    ],
    "ja": [
        "吾輩は猫である。",
        "名前はまだ無い。",
        "「もう行こう。」と彼は言った。",
        "円周率は3.14です。",
        "本当ですか？！",
        "うーん……そうかもしれません。",
        "東京は広い！",
    ],
    "zh": [
        "今天天气很好，我们去公园吧。",
        "圆周率是3.14，对吗？",
        "他说……算了。",
        "真的吗？！",
        "太好了！",
        "第1.2版在example.com上。",
    ],
    "yue": ["佢哋今日唔返工。", "你食咗飯未呀？", "呢個要3.5蚊！", "係咁先啦。"],
}


@pytest.mark.parametrize("language", PROSE)
def test_prose_comes_apart_into_its_sentences(language: str) -> None:
    gap = " " if language in ("en", "ko") else ""
    assert list(sentences(gap.join(PROSE[language]))) == PROSE[language]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("...", []),
        ("😀🎉 !!", []),
        ("😀 Hi!", ["😀 Hi!"]),
        ("One line\nanother\r\n\r\nthird", ["One line", "another", "third"]),
        ("1. First item.\n2. Second item.", ["1. First item.", "2. Second item."]),
        ("a. one thing\nb. another", ["a. one thing", "b. another"]),
        ("“Yes.” “No.”", ["“Yes.”", "“No.”"]),
        ('"Yes." "No."', ['"Yes."', '"No."']),
        ("No. I will not.", ["No.", "I will not."]),
        ("We met at 5 p.m. The door was shut.", ["We met at 5 p.m.", "The door was shut."]),
        ("We met at 5 p.m. Monday.", ["We met at 5 p.m. Monday."]),
        ("Take plan B. It works.", ["Take plan B.", "It works."]),
        ("hey. how are you? i'm ok! bye", ["hey.", "how are you?", "i'm ok!", "bye"]),
        ("Wait... What? Fine... I guess.", ["Wait...", "What?", "Fine... I guess."]),
        ("그랬어요.그리고 갔어요.", ["그랬어요.", "그리고 갔어요."]),
        ("했습니다... 그런데요.", ["했습니다...", "그런데요."]),
        ("네. 알겠습니다.", ["네.", "알겠습니다."]),
        ("2026.11.21. 발표했다. 끝.", ["2026.11.21. 발표했다.", "끝."]),
        ("「はい。行きます。」彼は笑った。", ["「はい。", "行きます。」", "彼は笑った。"]),
        ("他说：“你好。再见。”然后走了。", ["他说：“你好。", "再见。”", "然后走了。"]),
        ("３．５です。はい。", ["３．５です。", "はい。"]),
        ("真的?太好了!走吧.好.", ["真的?", "太好了!", "走吧.", "好."]),
        ("Yahoo!とGoogle", ["Yahoo!", "とGoogle"]),
    ],
)
def test_sentences_end_where_readers_end_them(text: str, expected: list[str]) -> None:
    assert list(sentences(text)) == expected


@st.composite
def _chunked(draw: st.DrawFn) -> tuple[str, list[str]]:
    words = [
        "Dr. ",
        "Kim",
        ". ",
        "e.g. ",
        "3.5",
        "! ",
        "?",
        "。",
        "」",
        "「",
        "\n",
        "... ",
        "U.S. ",
    ]
    words += [
        "안녕",
        "요. ",
        "2026. 11. 21. ",
        "“",
        "” ",
        '"',
        "The ",
        "word ",
        "好",
        "、",
        ", ",
        "1. ",
    ]
    words += ["e\u0301", "x" * 90, "天" * 50, "그리고 ", "No. ", "I ", "a"]
    text = "".join(draw(st.lists(st.sampled_from(words), max_size=60)))
    places = draw(st.lists(st.integers(0, len(text)), max_size=30))
    bounds = [0, *sorted(places), len(text)]
    return text, [text[start:end] for start, end in pairwise(bounds)]


@given(_chunked())
@example(("... “word. ", ["... “", "word. "]))
@example(("2026. 11. 21. 끝", ["2026. 1", "1. 21. 끝"]))
@settings(max_examples=300)
def test_sentences_do_not_depend_on_how_the_text_arrives(chunked: tuple[str, list[str]]) -> None:
    text, pieces = chunked
    whole = list(sentences(text))
    assert list(sentences(pieces)) == whole
    assert list(sentences(list(text))) == whole


@given(_chunked())
def test_nothing_that_can_be_said_is_lost(chunked: tuple[str, list[str]]) -> None:
    text, _ = chunked
    said = "".join(c for sentence in sentences(text) for c in sentence if c.isalnum())
    assert said == "".join(filter(str.isalnum, text))


@given(st.text(st.characters(), max_size=80))
def test_any_text_has_sentences(text: str) -> None:
    for sentence in sentences(text):
        assert sentence == sentence.strip()
        assert speakable(sentence)


def _arrivals(pieces: list[TextPiece]) -> list[tuple[int, str]]:
    """Pair each sentence with how many pieces had arrived when it was handed over."""
    taken = 0

    def arriving() -> Iterator[TextPiece]:
        nonlocal taken
        for piece in pieces:
            taken += 1
            yield piece

    return [(taken, sentence) for sentence in sentences(arriving())]


def test_a_sentence_is_handed_over_with_the_character_behind_it() -> None:
    assert _arrivals(["Hello", ".", " ", "You"]) == [(3, "Hello."), (4, "You")]
    assert _arrivals(["안녕하세요", ".", " ", "네"])[0] == (3, "안녕하세요.")
    assert _arrivals(["你好", "。", "再", "见"])[0] == (3, "你好。")
    assert _arrivals(["「はい。", "」", "次", "に"])[0] == (3, "「はい。」")


def test_an_abbreviation_waits_for_the_next_word() -> None:
    arrived = _arrivals(["At 5 p.m.", " The", " end", " came."])
    assert arrived[0] == (3, "At 5 p.m.")


def test_a_pause_hands_over_what_there_is() -> None:
    pieces: list[TextPiece] = ["One mo", Pause.FLUSH, "ment. Dr.", Pause.FLUSH, Pause.FLUSH, " Kim"]
    assert _arrivals(pieces) == [(2, "One mo"), (3, "ment."), (4, "Dr."), (6, "Kim")]


def _width(text: str) -> float:
    return sum(CJK_WIDTH if unicodedata.category(c) == "Lo" else 1.0 for c in text)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 2000,
        "天" * 700,
        "word " * 400,
        "on and on, " * 200,
        "그는 걸어가고 또 걸어가면서 " * 60,
        "走啊走，" * 150,
        "歩いて、" * 150,
        "e\u0301" * 900,
        "!" * 900 + "a" * 500,
    ],
)
def test_a_sentence_without_end_is_cut_into_speakable_lengths(text: str) -> None:
    parts = list(sentences(text))
    assert len(parts) > 1
    assert all(_width(part) <= LONGEST + SLACK for part in parts)
    assert not any(unicodedata.combining(part[0]) for part in parts)


def test_a_long_sentence_is_cut_at_its_best_mark() -> None:
    first = "We walked along the river for most of the afternoon, talking of nothing very much"
    second = "the evening came, the lamps were lit one by one, and still nobody had said a word"
    third = "about what had happened that morning, or of what was to happen when we came home again"
    text = f"{first}; {second} {third}."
    assert len(text) > LONGEST + SLACK
    assert list(sentences(text)) == [f"{first};", f"{second} {third}."]


def test_figures_are_not_cut_by_length() -> None:
    parts = list(sentences("1,234,567.89 " * 60))
    assert all(part.startswith("1,234") and part.endswith(".89") for part in parts)


def test_megabytes_of_text_are_read_to_their_end() -> None:
    text = "He paid Dr. Smith $3.50, e.g. at noon. " * 25_000
    assert sum(1 for _ in sentences(text)) == 25_000
    assert sum(1 for _ in sentences("x" * 1_000_000)) == 1_000_000 // LONGEST
    assert not list(sentences("!" * 1_000_000 + " " * 1_000_000))


def test_letters_and_digits_of_any_script_are_speakable_and_nothing_else() -> None:
    assert all(map(speakable, ["a", "7", "가", "好", "é", "Ω", "。a"]))
    assert not any(
        map(speakable, ["", " ", "...", "?!", "😀", "\n", "「」", "\x00", "\ud800", "$"])
    )
