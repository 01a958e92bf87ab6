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


def test_characters_without_a_reading_are_counted_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        TextReader(FrontEnd(), None).read("我买яж", "zh")
    assert "2 characters have no reading" in caplog.text
    assert "я" not in caplog.text
