import logging

import pytest

from myna.engines.gpt_sovits.frontend.front_end import FrontEnd
from myna.engines.gpt_sovits.frontend.spoken_text import TextReader


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("10명 중 7명", "ko", "열명 중 일곱명"),
        ("走100公里，2次", "zh", "走一百公里，两次"),
        (
            "It's 1,234 km, well-known.",
            "en",
            "It's one thousand two hundred thirty four kilometers, well-known.",
        ),
        ("3本の木", "ja", "3本の木"),
        ("plain text", "en", "plain text"),
    ],
)
def test_figures_are_said_as_a_listener_expects(text: str, language: str, said: str) -> None:
    in_words, as_written = FrontEnd().read(f"{said}.", language), TextReader(FrontEnd(), None)
    assert as_written.read(f"{text}.", language).phonemes.tolist() == list(in_words.ids)


@pytest.mark.parametrize(
    ("text", "language", "runs"),
    [
        ("I say 안녕 today.", "en", ["en I say ", "ko 안녕 ", "en today."]),
        ("她说안녕，然后走了。", "zh", ["zh 她说", "ko 안녕，", "zh 然后走了."]),
        ("佢話안녕。", "yue", ["yue 佢话", "ko 안녕。"]),
        ("韓国語で안녕と言う。", "ja", ["ja 韓国語で", "ko 안녕", "ja と言う。"]),
        ("그는 你好 라고 했다.", "ko", ["ko 그는 ", "zh 你好", "ko 라고 했다."]),
        ("她说hello。", "zh", ["zh 她说", "en hello."]),
    ],
)
def test_words_of_another_language_are_read_in_theirs(
    text: str, language: str, runs: list[str]
) -> None:
    read = TextReader(FrontEnd(), None).read(text, language)
    assert [f"{run.language} {run.normalized}" for run in read.runs] == runs


def test_a_model_of_the_first_version_leaves_out_korean_and_says_the_rest() -> None:
    read = TextReader(FrontEnd("v1"), None).read("她说안녕，然后走了。", "zh")
    alone = TextReader(FrontEnd("v1"), None).read("她说，然后走了。", "zh")
    assert read.phonemes.tolist() == alone.phonemes.tolist()


def test_characters_without_a_reading_are_counted_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        TextReader(FrontEnd(), None).read("我买яж", "zh")
    assert "2 characters have no reading" in caplog.text
    assert "я" not in caplog.text
