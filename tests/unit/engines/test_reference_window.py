import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.errors import BadReference
from myna.core.timing import TimedText
from myna.core.voice import Voice
from myna.engines.reference_window import best_window, transcript_between, window_of


def test_a_reference_of_up_to_ten_seconds_is_taken_whole(sample: Voice) -> None:
    audio, said = best_window(sample)
    assert audio is sample.reference
    assert said == sample.transcript


def test_less_than_a_second_is_refused() -> None:
    with pytest.raises(BadReference, match=r"0\.50 s"):
        best_window(Voice(Audio.silence(0.5, 16000), "", "en"))


@pytest.mark.parametrize(
    ("sample", "reason"), [(np.nan, "not numbers"), (np.inf, "not numbers"), (1e-5, "silent")]
)
def test_a_reference_nobody_speaks_in_is_refused(sample: float, reason: str) -> None:
    samples = np.zeros(32000, np.float32)
    samples[1000] = sample
    with np.errstate(invalid="ignore"):  # its id is taken of 16 bits
        voice = Voice(Audio(samples, 16000), "", "en")
    with pytest.raises(BadReference, match=reason):
        best_window(voice)


def test_the_window_has_most_speech_and_ends_in_pauses() -> None:
    speech = [(0.5, 2.0), (6.0, 10.0), (10.4, 15.0), (19.0, 20.0)]
    first, last = window_of(speech, 21.0)
    assert 3 <= last - first <= 10
    assert any(abs(first - cut) < 1e-9 for cut in (0.0, 4.0, 10.2, 17.0))
    assert any(abs(last - cut) < 1e-9 for cut in (10.2, 17.0, 21.0, 4.0))


def test_without_pauses_it_begins_with_the_speech() -> None:
    assert window_of([(2.0, 29.0)], 30.0) == (2.0, 12.0)
    assert window_of([(25.0, 29.0)], 30.0) == (20.0, 30.0)
    assert window_of([], 30.0) == (0.0, 10.0)


def test_words_are_cut_with_the_marks_between_them() -> None:
    words = tuple(
        TimedText(word, number, number + 0.8)
        for number, word in enumerate(["One", "two", "three", "two", "one"])
    )
    text = "One, two; three! two... one."
    assert transcript_between(text, words, 1.0, 3.0) == "two; three!"
    assert transcript_between(text, words, 3.0, 9.0) == "two... one."
    assert transcript_between(text, words, 20.0, 30.0) == ""


def test_a_long_reference_is_cut_with_its_words(sample: Voice) -> None:
    gap = np.zeros(round(0.4 * sample.reference.sample_rate), np.float32)
    twice = np.concatenate([sample.reference.samples, gap, sample.reference.samples])
    text = f"{sample.transcript} {sample.transcript}"
    voice = Voice(Audio(twice, sample.reference.sample_rate), text, "en")
    audio, said = best_window(voice)
    assert 3 <= audio.duration <= 10
    assert said in text
    assert len(said) > 40


def test_a_long_reference_that_says_something_else_has_no_words(sample: Voice) -> None:
    long = np.concatenate([sample.reference.samples] * 2)
    voice = Voice(Audio(long, sample.reference.sample_rate), "word " * 2000, "en")
    assert best_window(voice)[1] == ""
