import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.core.timing import TimedText
from myna.studio.cues import LINE_WIDTH, LONGEST_CUE, SHORTEST_CUE, cues, join_words


@st.composite
def spoken(draw: st.DrawFn) -> list[TimedText]:
    """Words one after another, with and without silence between them."""
    at, words = 0.0, []
    for text in draw(st.lists(st.sampled_from(["tea", "약", "하나", "茶", "extraordinarily"]))):
        start = at + draw(st.sampled_from([0.0, 0.05, 0.3, 2.0]))
        at = start + draw(st.floats(0.01, 3.0))
        words.append(TimedText(text, start, at))
    return words


def said(text: str, *, pace: float = 0.3, language: str = "") -> list[TimedText]:
    """Return the words of a text, said one after the other; hanzi and kana one by one."""
    words: list[str] = [""]
    for character in text:
        is_word = character.isalnum() or character in "'’-"
        if not is_word or language == "zh" or not words[-1]:
            words.append("")
        words[-1] += character if is_word else ""
    found = list(filter(None, words))
    return [TimedText(word, i * pace, (i + 1) * pace) for i, word in enumerate(found)]


def shown(text: str, **how: object) -> list[str]:
    return ["\n".join(cue.lines) for cue in cues(said(text, **how), text)]  # type: ignore[arg-type]


def width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize(
    "text",
    [
        "“Go on,” she said – and (as always) smiled.",
        "약은 두 알, 물과 함께… 드세요!",
        "他說：「今天天氣真好，我們走吧！」",
        "「お茶」は、はい、どうぞ。",
        "It costs $3.50 (50% less)…",
    ],
)
def test_a_sentence_is_shown_as_it_is_written(text: str):
    zh = "zh" if "他" in text else ""
    assert [cue.replace("\n", " ") for cue in shown(text, language=zh, pace=0.1)] == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tea is on. Two cups?", ["Tea is on.", "Two cups?"]),
        ("Yes! “No,” he said. (Why?)", ["Yes!", "“No,” he said.", "(Why?)"]),
        ("Dr. Kim is in at 3 p.m. today. Good.", ["Dr. Kim is in at 3 p.m. today.", "Good."]),
        ("안녕하세요. 약 드실 시간이에요.", ["안녕하세요.", "약 드실 시간이에요."]),
        ("你好。今天天气好吗？好！", ["你好。", "今天天气好吗？", "好！"]),
        ("はい。「お茶です。」どうぞ。", ["はい。", "「お茶です。」", "どうぞ。"]),
        ("One\ntwo", ["One", "two"]),
    ],
)
def test_a_cue_ends_with_its_sentence(text: str, expected: list[str]):
    assert shown(text, language="zh" if "你" in text else "") == expected


def test_a_long_sentence_is_cut_behind_a_comma_into_two_balanced_lines():
    text = (
        "When the kettle has boiled and the tea is ready, take your two tablets with a glass of "
        "water."
    )
    assert shown(text) == [
        "When the kettle has boiled\nand the tea is ready,",
        "take your two tablets\nwith a glass of water.",
    ]


def test_a_line_of_hanzi_is_half_as_many_characters():
    text = "春天来了花园里的花都开了鸟儿在树上唱歌孩子们在草地上跑来跑去真是热闹极了啊。"
    lines = [line for cue in cues(said(text, language="zh", pace=0.1), text) for line in cue.lines]
    assert "".join(lines) == text
    assert all(10 <= len(line) <= LINE_WIDTH // 2 for line in lines)


def test_a_cue_stays_no_longer_than_is_usual_and_long_enough_to_be_read():
    slow = cues(said("one two three four five six", pace=2.0))
    assert [cue.lines for cue in slow] == [("one two three",), ("four five six",)]
    (quick,) = cues([TimedText("Yes", 1.0, 1.2)])
    assert (quick.start, quick.end) == (1.0, 1.0 + SHORTEST_CUE)


def test_a_long_pause_ends_a_cue_in_mid_sentence():
    words = [TimedText("Well", 0.0, 0.5), TimedText("then", 2.0, 2.5)]
    assert [cue.lines for cue in cues(words, "Well… then.")] == [("Well…",), ("then.",)]


def test_words_without_times_are_shown_between_those_that_have_some():
    words = [TimedText("One", 0.0, 0.4), TimedText("three", 2.0, 2.4)]
    found = cues(words, "One. Two, 二人. Then three. Four.", duration=5.0)
    assert [(cue.lines[0], cue.start) for cue in found] == [
        ("One.", 0.0),
        ("Two, 二人.", 0.4),
        ("Then three.", pytest.approx(1.28, abs=0.1)),
        ("Four.", 2.4),
    ]


def test_words_of_another_text_stand_for_themselves():
    assert [cue.lines for cue in cues(said("tea please"), "茶")] == [("tea please",)]
    assert cues([], "Tea?") == []


@given(spoken())
def test_every_word_is_in_one_cue_in_order(words: list[TimedText]):
    found = cues(words)
    together = join_words([word.text for word in words])
    assert "".join(line for cue in found for line in cue.lines).replace(" ", "") == (
        together.replace(" ", "")
    )


@given(spoken())
def test_no_two_cues_overlap(words: list[TimedText]):
    for earlier, later in pairwise(cues(words)):
        assert earlier.start <= earlier.end <= later.start <= later.end


@given(spoken())
def test_cues_keep_their_limits_unless_a_word_does_not(words: list[TimedText]):
    for cue in cues(words):
        is_word = " " not in " ".join(cue.lines)
        assert is_word or len(cue.lines) <= 2
        assert is_word or all(width(line) <= LINE_WIDTH for line in cue.lines)
        assert is_word or cue.end - cue.start <= LONGEST_CUE


def test_times_that_run_into_each_other_are_put_in_order():
    words = [TimedText("one", 0.0, 2.5), TimedText("two", 2.0, 1.0), TimedText("three", 1.5, 3.0)]
    found = cues(words, "One. two. three.".replace("One", "one"))
    assert [cue.lines[0] for cue in found] == ["one.", "two.", "three."]
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["약", "드실", "시간"], "약 드실 시간"),
        (["今", "天", "天", "气"], "今天天气"),
        (["お茶", "です"], "お茶です"),
        (["我", "用", "Python", "写"], "我用 Python 写"),
        (["「お茶」", "です。", "はい。"], "「お茶」です。はい。"),
        ([], ""),
    ],
)
def test_words_stand_together_as_their_script_does(words: list[str], text: str):
    assert join_words(words) == text
