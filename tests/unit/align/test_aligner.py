from dataclasses import dataclass

import numpy as np
import pytest

from myna.align.aligner import DOUBTFUL_COST, LONGEST, align
from myna.core.audio import Audio
from myna.core.errors import BadAudio, BadText, MynaError, TextMismatch
from myna.core.timing import TimedText
from myna.dsp.resample import resample
from myna.espeak.phones import Phone
from myna.espeak.render import SourceVoice, render
from myna.text.reading import read

SPEAKER = SourceVoice(
    110.0, 190.0, rate=150, lines=("formant 1 108 90 110", "formant 2 105 90 110")
)
HASTY_SPEAKER = SourceVoice(95.0, 120.0, rate=230)

SENTENCES = {
    "en": "When the frost has come, it is time for turkey, and for long evenings.",
    "ko": "오늘은 날씨가 정말 좋네요. 우리 같이 공원에 가요.",
    "ja": "きょうは とても いい てんきです。 こうえんへ いきましょう。",
    "zh": "今天天气很好，我们一起去公园。",
    "yue": "今日天氣幾好，我哋一齊去公園。",
}
QUIET = 0.002  # of full scale, the noise around what is said
LEAD = 0.7  # seconds before it


@dataclass(frozen=True)
class Recording:
    """Speech whose word times are known, for espeak-ng made it, with another voice than ours."""

    audio: Audio
    words: tuple[TimedText, ...]


def recorded(
    text: str, language: str, voice: SourceVoice = SPEAKER, noise: float = QUIET
) -> Recording:
    rendering = render(read(text, language), voice)
    sample_rate = rendering.audio.sample_rate
    silence = np.zeros(round(LEAD * sample_rate))
    samples = np.concatenate([silence, rendering.audio.samples * 0.7, silence])
    samples += np.random.default_rng(7).normal(size=len(samples)) * noise
    words = tuple(word.shifted(LEAD) for word in rendering.words)
    return Recording(Audio(samples.astype(np.float32), sample_rate), words)


def errors(found: tuple[TimedText, ...], true: tuple[TimedText, ...]) -> np.ndarray:
    """Seconds, of all starts and ends."""
    assert [word.text for word in found] == [word.text for word in true]
    return np.abs(
        [
            (word.start - other.start, word.end - other.end)
            for word, other in zip(found, true, strict=True)
        ]
    )


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("voice", [SPEAKER, HASTY_SPEAKER], ids=["calm", "hasty"])
def test_words_are_found_where_they_are_said(language: str, voice: SourceVoice) -> None:
    recording = recorded(SENTENCES[language], language, voice)
    alignment = align(recording.audio, SENTENCES[language], language)
    wrong = errors(alignment.words, recording.words)
    assert np.median(wrong) < 0.02
    assert wrong.mean() < 0.03
    assert alignment.cost < DOUBTFUL_COST


def test_noise_costs_little() -> None:
    recording = recorded(SENTENCES["en"], "en", noise=0.015)
    alignment = align(recording.audio, SENTENCES["en"], "en")
    assert errors(alignment.words, recording.words).mean() < 0.04


def test_a_telephone_band_costs_little() -> None:
    recording = recorded(SENTENCES["en"], "en")
    narrow = resample(recording.audio, 8000)
    alignment = align(narrow, SENTENCES["en"], "en")
    assert errors(alignment.words, recording.words).mean() < 0.04


def test_pauses_nobody_wrote_are_found() -> None:
    sentence = "The old man told a story about the sea"
    recording = recorded(sentence, "en")
    at = recording.words[3].end
    rate = recording.audio.sample_rate
    pause = np.random.default_rng(3).normal(size=rate) * QUIET
    cut = round(at * rate)
    samples = recording.audio.samples
    audio = Audio(np.concatenate([samples[:cut], pause, samples[cut:]]).astype(np.float32), rate)
    later = tuple(word.shifted(1.0) if word.start >= at else word for word in recording.words)
    alignment = align(audio, sentence, "en")
    assert errors(alignment.words, later).mean() < 0.04


def test_pauses_nobody_made_are_left_out() -> None:
    recording = recorded("The old man told a story about the sea", "en")
    alignment = align(recording.audio, "The old man, told a story. about the sea", "en")
    assert errors(alignment.words, recording.words).mean() < 0.04


@pytest.mark.parametrize("language", SENTENCES)
def test_characters_and_phones_fill_their_words(language: str) -> None:
    recording = recorded(SENTENCES[language], language)
    alignment = align(recording.audio, SENTENCES[language], language)
    written = "".join(word.text for word in alignment.words)
    assert "".join(character.text for character in alignment.characters) == written
    for parts in (alignment.characters, alignment.phones):
        assert parts[0].start == pytest.approx(alignment.words[0].start)
        assert parts[-1].end == pytest.approx(alignment.words[-1].end)
        for part in parts:
            assert any(
                word.start - 1e-9 <= part.start <= part.end <= word.end + 1e-9
                for word in alignment.words
            )


def test_times_never_run_backwards() -> None:
    recording = recorded(SENTENCES["en"], "en")
    for text in (SENTENCES["en"], "Nothing of this kind was ever said by anyone here, I believe"):
        alignment = align(recording.audio, text, "en")
        for items in (alignment.words, alignment.characters, alignment.phones):
            times = [time for item in items for time in (item.start, item.end)]
            assert times == sorted(times)
            assert times[0] >= 0
            assert times[-1] <= recording.audio.duration + 0.01


def test_hanzi_are_timed_one_by_one() -> None:
    text = "好八一马"
    recording = recorded(text, "zh")
    phones = render(read(text, "zh"), SPEAKER).phones
    begins = [first.start + LEAD for first in firsts_of_hanzi(phones)]
    alignment = align(recording.audio, text, "zh")
    assert [character.text for character in alignment.characters] == list(text)
    found = [character.start for character in alignment.characters]
    assert np.abs(np.subtract(found, begins)).mean() < 0.03


def firsts_of_hanzi(phones: tuple[Phone, ...]) -> list[Phone]:
    spoken = [phone for phone in phones if phone.token is not None]
    before = [None, *spoken[:-1]]
    return [
        phone
        for phone, last in zip(spoken, before, strict=True)
        if last is None or (phone.token, phone.offset) != (last.token, last.offset)
    ]


def test_words_of_another_language_are_timed_too() -> None:
    text = "저는 Python을 정말 좋아해요."
    recording = recorded(text, "ko")
    alignment = align(recording.audio, text, "ko")
    assert errors(alignment.words, recording.words).mean() < 0.05


@pytest.mark.parametrize("language", SENTENCES)
def test_other_words_cost_more(language: str) -> None:
    recording = recorded(SENTENCES[language], language)
    right = align(recording.audio, SENTENCES[language], language).cost
    others = [other for other in SENTENCES if other != language]
    wrong = [align(recording.audio, SENTENCES[other], other).cost for other in others]
    assert right < DOUBTFUL_COST
    assert np.median(wrong) > DOUBTFUL_COST
    assert min(wrong) > right + 0.3


def test_the_same_recording_is_aligned_the_same_again() -> None:
    recording = recorded(SENTENCES["en"], "en")
    first = align(recording.audio, SENTENCES["en"], "en")
    align(recording.audio, "something else in between", "en")
    assert align(recording.audio, SENTENCES["en"], "en") == first


def test_a_long_recording_is_aligned_from_end_to_end() -> None:
    text = " ".join([SENTENCES["en"], "Please wait outside of the house."] * 8)
    recording = recorded(text, "en", HASTY_SPEAKER)
    assert recording.audio.duration > 30
    alignment = align(recording.audio, text, "en")
    assert errors(alignment.words, recording.words).mean() < 0.03


@pytest.mark.parametrize("text", ["", "  ", "...", "?!", "🙂"])
def test_a_text_without_words_is_refused(text: str) -> None:
    with pytest.raises(BadText):
        align(recorded("hello", "en").audio, text, "en")


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0),
        np.zeros(16000),
        np.full(16000, np.nan),
        np.ones(800),
    ],
    ids=["empty", "silent", "not numbers", "too short"],
)
def test_a_recording_without_speech_is_refused(samples: np.ndarray) -> None:
    with pytest.raises(BadAudio):
        align(Audio(samples.astype(np.float32), 16000), "hello", "en")


def test_an_overlong_recording_is_refused() -> None:
    hum = np.full(round(8000 * (LONGEST + 1)), 0.1, np.float32)
    with pytest.raises(BadAudio, match="30 minutes"):
        align(Audio(hum, 8000), "hello", "en")


@pytest.mark.parametrize("times", [8, 100_000])
def test_more_text_than_can_be_said_is_refused(times: int) -> None:
    recording = recorded("Good morning", "en")
    with pytest.raises(TextMismatch):
        align(recording.audio, "Every good thing has an end, and so on. " * times, "en")


def test_noise_alone_is_survived() -> None:
    noise = np.random.default_rng(1).normal(size=32000).astype(np.float32) * 0.1
    try:
        alignment = align(Audio(noise, 16000), "Every good thing has an end", "en")
    except MynaError:
        return
    assert alignment.cost > DOUBTFUL_COST
