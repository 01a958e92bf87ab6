import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given

from myna.core.errors import InvalidOption
from myna.core.timing import Alignment, TimedText
from myna.studio.cues import cues
from myna.studio.subtitles import SubtitleFormat, write_alignment, write_subtitles
from tests.unit.studio.test_cues import spoken

HELLO = (TimedText("안녕하세요", 0.1, 0.8), TimedText("여러분", 0.85, 1.3))


@given(spoken())
def test_subtitle_times_are_valid_and_never_go_back(words: list[TimedText]):
    times = re.findall(r"(\d\d+):(\d\d):(\d\d),(\d{3})", write_subtitles(words, SubtitleFormat.SRT))
    seconds = [int(h) * 3600 + int(m) * 60 + int(s) + int(ms) / 1000 for h, m, s, ms in times]
    assert all(a <= b for a, b in pairwise(seconds))
    assert len(times) == 2 * len(cues(words))


def test_subtitles_number_their_cues():
    text = write_subtitles(HELLO, SubtitleFormat.SRT)
    assert text == "1\n00:00:00,100 --> 00:00:01,300\n안녕하세요 여러분\n\n"


def test_subtitles_show_the_text_as_it_is_written():
    text = write_subtitles(HELLO, SubtitleFormat.SRT, text="“안녕하세요, 여러분!”")
    assert text == "1\n00:00:00,100 --> 00:00:01,300\n“안녕하세요, 여러분!”\n\n"


def test_a_long_cue_takes_two_lines():
    words = [TimedText(f"word{i}", i * 0.3, i * 0.3 + 0.3) for i in range(10)]
    text = write_subtitles(words, SubtitleFormat.VTT)
    assert text.endswith("\nword0 word1 word2 word3 word4\nword5 word6 word7 word8 word9\n\n")


def test_hours_do_not_wrap():
    late = [TimedText("end", 100 * 3600 + 61.5, 100 * 3600 + 62.0)]
    assert "100:01:01,500" in write_subtitles(late, SubtitleFormat.SRT)


def test_web_subtitles_escape_what_would_be_markup():
    text = write_subtitles([TimedText("b", 0.0, 1.0)], SubtitleFormat.VTT, text="<b> & --> c")
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n&lt;b&gt; &amp; --&gt; c\n")


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


def test_an_unknown_suffix_is_refused_by_name():
    with pytest.raises(InvalidOption, match=r"times\.doc.*\.srt"):
        SubtitleFormat.of(Path("times.doc"))
    assert SubtitleFormat.of(Path("A.SRT")) is SubtitleFormat.SRT
