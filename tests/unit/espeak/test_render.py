import itertools
import multiprocessing
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.core.audio import Audio
from myna.core.errors import PackageMissing
from myna.espeak import library as library_module
from myna.espeak.phones import PhoneClass
from myna.espeak.render import Rendering, SourceVoice, render, render_clauses
from myna.text.reading import Token

VOICE = SourceVoice(pitch_low=100.0, pitch_high=150.0)

SENTENCES = {
    "en": "Doctor Smith paid, at the end of the day, three hundred dollars.",
    "ko": "오늘은 날씨가 정말 좋네요. 책을 안 읽어요",
    "ja": "きょうは いい てんき です。 そう です か?",
    "zh": "你 好, 世 界 三百二十五 年 的",
    "yue": "你 好 嗎, 今日 天氣 幾 好",
}
VOWELS_OF = {
    "en": {"Doctor": "ɑɚ", "end": "ɛ", "of": "ʌ", "day": "eɪ", "dollars": "ɑɚ"},
    "ko": {"오늘은": "oɯɯ", "날씨가": "ɐiɐ", "안": "ɐ"},
    "ja": {"いい": "i", "てんき": "ei", "か": "a"},
    "zh": {"好": "ɑu", "三百二十五": "aaiɚɨu", "的": "ə"},
    "yue": {"好": "ou", "今日": "aa", "天氣": "iei"},
}


def tokens_of(text: str, language: str) -> tuple[Token, ...]:
    """Cut at blanks; the last of , . ? of a word is its mark."""
    tokens = []
    for word in text.split():
        spoken = word.rstrip(",.?。")
        mark = word[len(spoken) :].replace("。", ".")
        tokens.append(Token(spoken, 0, 0, spoken, language, mark))
    return tuple(tokens)


def vowels_of(rendering: Rendering, token: int) -> str:
    return "".join(
        phone.symbol
        for phone in rendering.phones
        if phone.token == token and phone.kind is PhoneClass.VOWEL
    )


@pytest.mark.parametrize("language", SENTENCES)
def test_every_word_holds_its_own_sounds(language: str) -> None:
    tokens = tokens_of(SENTENCES[language], language)
    rendering = render(tokens, VOICE)
    expected = VOWELS_OF[language]
    heard = {
        token.written: vowels_of(rendering, index)
        for index, token in enumerate(tokens)
        if token.written in expected
    }
    assert heard == expected


@pytest.mark.parametrize("language", SENTENCES)
def test_words_and_phones_follow_each_other_to_the_end(language: str) -> None:
    tokens = tokens_of(SENTENCES[language], language)
    rendering = render(tokens, VOICE)
    assert [word.text for word in rendering.words] == [token.written for token in tokens]
    assert all(word.end - word.start > 0.05 for word in rendering.words)
    phones = rendering.phones
    for before, after in itertools.pairwise(phones):
        assert before.end == pytest.approx(after.start, abs=1e-6)
    assert phones[0].start == 0.0
    assert phones[-1].end == pytest.approx(rendering.audio.duration, abs=0.01)


def test_a_word_sounds_where_it_is_said_to() -> None:
    rendering = render(tokens_of("ah, ah, ah", "en"), VOICE)
    level = np.abs(rendering.audio.samples)
    for word in rendering.words:
        inside = rendering.audio.between(word.start, word.end).samples
        assert np.abs(inside).mean() > 2 * level[level < 0.01].mean()
    pauses = [phone for phone in rendering.phones if phone.kind is PhoneClass.PAUSE]
    assert len(pauses) == 2
    for pause in pauses:
        silent = rendering.audio.between(pause.start + 0.03, pause.end).samples
        assert np.abs(silent).max() < 0.01


def test_a_question_ends_higher_than_a_statement() -> None:
    voice = SourceVoice(pitch_low=100.0, pitch_high=200.0)
    question, statement = (render(tokens_of(f"is it a bee{mark}", "en"), voice) for mark in "?.")
    assert last_pitch(question) > 1.2 * last_pitch(statement)


def last_pitch(rendering: Rendering) -> float:
    """Hz at the end of the last vowel, by autocorrelation."""
    vowel = [phone for phone in rendering.phones if phone.kind is PhoneClass.VOWEL][-1]
    return pitch_of(rendering.audio.between(vowel.end - 0.08, vowel.end - 0.03))


def pitch_of(audio: Audio) -> float:
    rate, sound = audio.sample_rate, audio.samples
    correlation = np.correlate(sound, sound, "full")[len(sound) - 1 :]
    shortest, longest = rate // 400, rate // 70
    return float(rate / (shortest + np.argmax(correlation[shortest:longest])))


def test_equal_input_gives_equal_samples_whatever_was_said_before() -> None:
    tokens = tokens_of("fuzzy measures, vexing zoos?", "en")
    first = render(tokens, VOICE).audio.samples
    for before in ("one two three", "zzz", "a much longer sentence than that"):
        render(tokens_of(before, "en"), SourceVoice(rate=300, lines=("formant 1 115 80 160",)))
        render(tokens_of(SENTENCES["ko"], "ko"), VOICE)
        np.testing.assert_array_equal(render(tokens, VOICE).audio.samples, first)


def test_threads_do_not_disturb_each_other() -> None:
    jobs = [(tokens_of(SENTENCES[language], language)) for language in SENTENCES] * 3
    alone = [render(job, VOICE).audio.samples for job in jobs]
    together: dict[int, np.ndarray] = {}

    def speak(index: int) -> None:
        together[index] = render(jobs[index], VOICE).audio.samples

    threads = [threading.Thread(target=speak, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, samples in enumerate(alone):
        np.testing.assert_array_equal(together[index], samples)


def _digest(queue: "multiprocessing.Queue[float]") -> None:
    queue.put(float(np.abs(render(tokens_of("hello world", "en"), VOICE).audio.samples).sum()))


@pytest.mark.parametrize("method", ["spawn", "fork"] if sys.platform == "linux" else ["spawn"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_another_process_says_the_same(method: str) -> None:
    queue: multiprocessing.Queue[float]
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    here = float(np.abs(render(tokens_of("hello world", "en"), VOICE).audio.samples).sum())
    process = context.Process(target=_digest, args=(queue,))
    process.start()
    there = queue.get(timeout=60)
    process.join()
    assert there == here
    assert len(render(tokens_of("still here", "en"), VOICE).words) == 2


def test_the_voice_is_as_high_and_as_fast_as_asked() -> None:
    tokens = tokens_of("ah ah ah ah", "en")
    low = render(tokens, SourceVoice(90.0, 95.0, rate=120))
    high = render(tokens, SourceVoice(180.0, 190.0, rate=120))
    fast = render(tokens, SourceVoice(90.0, 95.0, rate=240))
    assert pitch_of(high.audio) > 1.7 * pitch_of(low.audio)
    assert low.audio.duration > 1.6 * fast.audio.duration


def test_languages_take_turns_without_a_pause() -> None:
    tokens = (*tokens_of("저는", "ko"), *tokens_of("Python", "en"), *tokens_of("을 써요.", "ko"))
    rendering = render(tokens, VOICE)
    assert [word.text for word in rendering.words] == ["저는", "Python", "을", "써요"]
    assert PhoneClass.PAUSE not in {phone.kind for phone in rendering.phones}
    assert vowels_of(rendering, 1) == "aɪə"
    assert [phone.token for phone in rendering.phones] == sorted(
        phone.token for phone in rendering.phones if phone.token is not None
    )


def test_clauses_joined_are_the_whole() -> None:
    tokens = tokens_of(SENTENCES["en"], "en")
    clauses = list(render_clauses(tokens, VOICE))
    whole = render(tokens, VOICE)
    assert len(clauses) == 3
    np.testing.assert_array_equal(
        np.concatenate([clause.audio.samples for clause in clauses]), whole.audio.samples
    )
    assert [phone.token for clause in clauses for phone in clause.phones] == [
        phone.token for phone in whole.phones
    ]


def test_a_sentence_without_any_mark_still_comes_in_parts() -> None:
    tokens = tokens_of("word " * 200, "en")
    parts = list(render_clauses(tokens, VOICE))
    assert len(parts) > 3
    assert sum(len(part.words) for part in parts) == 200


def test_nothing_to_say_is_no_sound() -> None:
    rendering = render((), VOICE)
    assert (len(rendering.audio.samples), rendering.phones, rendering.words) == (0, (), ())


def test_hanzi_are_told_apart_within_a_word() -> None:
    rendering = render(tokens_of("三百二十五", "zh"), VOICE)
    assert sorted({phone.offset for phone in rendering.phones}) == [0, 1, 2, 3, 4]


def test_a_plosive_begins_with_its_closure() -> None:
    rendering = render(tokens_of("apartment", "en"), VOICE)
    plosive = next(phone for phone in rendering.phones if phone.symbol == "p")
    closure = rendering.audio.between(plosive.start, plosive.start + 0.015).samples
    assert np.abs(closure).max() < 0.01
    assert plosive.end - plosive.start > 0.04


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    monkeypatch.setattr(library_module, "_library", None)
    with pytest.raises(PackageMissing, match=r"myna\[embedded\]"):
        render(tokens_of("hello", "en"), VOICE)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=30), st.sampled_from(sorted(SENTENCES)))
def test_any_text_is_survived(text: str, language: str) -> None:
    token = Token(text, 0, len(text), text, language, ".")
    rendering = render((token, *tokens_of("end", "en")), VOICE)
    assert len(rendering.words) == 2
    assert rendering.words[1].end <= rendering.audio.duration + 1e-6


def test_what_stands_behind_a_zero_character_is_still_said() -> None:
    text = "one\0two \ud800 three"
    rendering = render((Token(text, 0, len(text), text, "en", ""),), VOICE)
    assert vowels_of(rendering, 0).startswith("ʌu")
    assert vowels_of(rendering, 0).endswith("i")
