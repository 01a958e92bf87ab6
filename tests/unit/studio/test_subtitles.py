import json
import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.core.errors import InvalidOption
from myna.core.timing import Alignment, TimedText
from myna.studio.subtitles import (
    CUE_SECONDS,
    LINE_WIDTH,
    SubtitleFormat,
    cues,
    join_words,
    write_alignment,
    write_subtitles,
)

HELLO = (TimedText("안녕하세요", 0.1, 0.8), TimedText("여러분", 0.85, 1.3))


@st.composite
def spoken(draw: st.DrawFn) -> list[TimedText]:
    """Words one after another, with and without silence between them."""
    at, words = 0.0, []
    for text in draw(st.lists(st.sampled_from(["tea", "약", "하나", "茶", "extraordinarily"]))):
        start = at + draw(st.sampled_from([0.0, 0.05, 0.3, 2.0]))
        at = start + draw(st.floats(0.01, 3.0))
        words.append(TimedText(text, start, at))
    return words


@given(spoken())
def test_every_word_is_in_one_cue_in_order(words: list[TimedText]):
    groups = list(cues(words))
    assert [word for group in groups for word in group] == words
    for group in groups:
        assert len(group) == 1 or group[-1].end - group[0].start <= CUE_SECONDS


@given(spoken())
def test_subtitle_times_are_valid_and_never_go_back(words: list[TimedText]):
    times = re.findall(r"(\d\d+):(\d\d):(\d\d),(\d{3})", write_subtitles(words, SubtitleFormat.SRT))
    seconds = [int(h) * 3600 + int(m) * 60 + int(s) + int(ms) / 1000 for h, m, s, ms in times]
    assert all(a <= b for a, b in pairwise(seconds))
    assert len(times) == 2 * len(list(cues(words)))


def test_subtitles_number_their_cues():
    text = write_subtitles(HELLO, SubtitleFormat.SRT)
    assert text == "1\n00:00:00,100 --> 00:00:01,300\n안녕하세요 여러분\n\n"


def test_hours_do_not_wrap():
    late = [TimedText("end", 100 * 3600 + 61.5, 100 * 3600 + 62.0)]
    assert "100:01:01,500" in write_subtitles(late, SubtitleFormat.SRT)


def test_web_subtitles_escape_what_would_be_markup():
    text = write_subtitles([TimedText("<b>&", 0.0, 1.0)], SubtitleFormat.VTT)
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n&lt;b&gt;&amp;\n")


def test_json_gives_words_characters_and_phones():
    alignment = Alignment(HELLO, (TimedText("안", 0.1, 0.2),), (TimedText("a", 0.1, 0.15),), 1.0)
    found = json.loads(write_alignment(alignment, SubtitleFormat.JSON))
    assert found["words"][0] == {"text": "안녕하세요", "start": 0.1, "end": 0.8}
    assert (found["characters"][0]["text"], found["phones"][0]["text"]) == ("안", "a")


@given(spoken())
def test_a_textgrid_has_no_gaps(words: list[TimedText]):
    text = write_subtitles(words, SubtitleFormat.TEXTGRID, duration=1000.0)
    edges = [float(x) for x in re.findall(r"^ {12}xm(?:in|ax) = ([\d.]+)$", text, re.MULTILINE)]
    starts, ends = edges[::2], edges[1::2]
    assert all(a == b for a, b in zip(ends, starts[1:], strict=False))
    assert not words or (starts[0], ends[-1]) == (0.0, 1000.0)


def test_a_quote_in_a_word_does_not_break_the_textgrid():
    assert 'text = "say ""hi"""' in write_subtitles(
        [TimedText('say "hi"', 0.0, 1.0)], SubtitleFormat.TEXTGRID
    )


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


def test_a_cue_ends_with_its_sentence_at_a_pause_and_not_after_a_title():
    texts = ["Good", "evening.", "It", "is", "Dr.", "Kim."]
    starts = [0.0, 0.4, 1.2, 1.4, 1.6, 1.9]
    words = [TimedText(t, s, s + 0.25) for t, s in zip(texts, starts, strict=True)]
    assert [[w.text for w in cue] for cue in cues(words)] == [
        ["Good", "evening."],
        ["It", "is", "Dr.", "Kim."],
    ]


def test_a_full_sentence_ends_its_cue_without_a_pause():
    texts = ["약", "두", "알을", "드실", "시간이에요.", "물과", "함께."]
    words = [TimedText(t, i * 0.3, (i + 1) * 0.3) for i, t in enumerate(texts)]
    assert [len(cue) for cue in cues(words)] == [5, 2]


@given(spoken())
def test_no_cue_is_wider_than_a_line_unless_a_word_is(words: list[TimedText]):
    for cue in cues(words):
        width = sum(
            2 if unicodedata.east_asian_width(c) in "WF" else 1
            for c in join_words([word.text for word in cue])
        )
        assert len(cue) == 1 or width <= LINE_WIDTH


def test_an_unknown_suffix_is_refused_by_name():
    with pytest.raises(InvalidOption, match=r"times\.doc.*\.srt"):
        SubtitleFormat.of(Path("times.doc"))
    assert SubtitleFormat.of(Path("A.SRT")) is SubtitleFormat.SRT
