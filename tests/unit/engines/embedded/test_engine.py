"""The embedded engine beyond what every engine promises."""

import threading
from contextlib import closing

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.errors import Unsupported
from myna.core.speech import Chunk, Options, Utterance
from myna.core.voice import Voice
from myna.dsp.pitch import track_speaker_pitch
from myna.engines.embedded.engine import EmbeddedEngine
from myna.engines.embedded.voice_fit import VoiceFit

SENTENCE = "We waited an hour in the rain but the last bus never came to our street."


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine()


def speech(engine: EmbeddedEngine, voice: Voice, wanted: Utterance) -> list[Chunk]:
    with closing(engine.speak(wanted, voice)) as chunks:
        return list(chunks)


def joined(chunks: list[Chunk]) -> Audio:
    return Audio.join(chunk.audio for chunk in chunks)


def changed(voice: Voice, samples: np.ndarray, sample_rate: int | None = None) -> Voice:
    rate = sample_rate or voice.reference.sample_rate
    return Voice(Audio(samples.astype(np.float32), rate), voice.transcript, voice.language)


def test_the_first_chunk_is_a_fraction_of_the_sentence(
    engine: EmbeddedEngine, sample: Voice
) -> None:
    chunks = speech(engine, sample, Utterance(SENTENCE, "en"))
    assert chunks[0].audio.duration < 0.4
    assert joined(chunks).duration > 2.5


@pytest.mark.parametrize("text", ["Tea is ready.", "What is that", "Good."])
def test_a_sentence_ends_without_a_click(engine: EmbeddedEngine, sample: Voice, text: str) -> None:
    samples = joined(speech(engine, sample, Utterance(text, "en"))).samples
    assert np.abs(samples[-5:]).max() < 0.001 * np.abs(samples).max()


@pytest.mark.parametrize("text", ["שלום עולם", "สวัสดี ครับ", "Ⅷ", "ᄀ"])
def test_a_script_that_nobody_reads_is_not_said(
    engine: EmbeddedEngine, sample: Voice, text: str
) -> None:
    assert speech(engine, sample, Utterance(text, "en")) == []
    mixed = speech(engine, sample, Utterance(f"{text}, {text} hello {text}, {text}.", "en"))
    assert [word.text for chunk in mixed for word in chunk.words] == ["hello"]
    assert 0.3 < joined(mixed).duration < 1.0


def test_the_pitch_is_the_speakers(engine: EmbeddedEngine, sample: Voice) -> None:
    audio = joined(speech(engine, sample, Utterance(SENTENCE, "en")))
    medians = [
        float(np.median(track[track > 0]))
        for track in (track_speaker_pitch(audio), track_speaker_pitch(sample.reference))
    ]
    assert abs(np.log2(medians[0] / medians[1])) < 2 / 12  # two semitones


def test_speed_changes_the_length(engine: EmbeddedEngine, sample: Voice) -> None:
    lengths = [
        joined(speech(engine, sample, Utterance(SENTENCE, "en", Options(speed=speed)))).duration
        for speed in (0.7, 1.0, 1.4)
    ]
    assert lengths[0] > 1.2 * lengths[1] > 1.2 * 1.2 * lengths[2]


def test_without_a_seed_every_reading_is_the_same(engine: EmbeddedEngine, sample: Voice) -> None:
    first, again = (joined(speech(engine, sample, Utterance("Hello there.", "en"))) for _ in "ab")
    assert np.array_equal(first.samples, again.samples)


def test_a_voice_in_another_language_speaks(engine: EmbeddedEngine, sample: Voice) -> None:
    audio = joined(speech(engine, sample, Utterance("오늘은 날씨가 아주 맑아요.", "ko")))
    assert audio.duration > 0.8


def test_a_voice_without_transcript_speaks(engine: EmbeddedEngine, sample: Voice) -> None:
    voice = Voice(sample.reference, "", "en")
    audio = joined(speech(engine, voice, Utterance(SENTENCE, "en")))
    assert 0.02 < float(np.std(audio.samples)) < 0.3


def test_a_voice_in_an_unknown_language_is_refused(engine: EmbeddedEngine, sample: Voice) -> None:
    with pytest.raises(Unsupported, match="tlh"):
        engine.speak(Utterance("Hello", "en"), Voice(sample.reference, "", "tlh"))


def test_hostile_references_do_not_break_speech(engine: EmbeddedEngine, sample: Voice) -> None:
    noise = np.random.default_rng(5).standard_normal(48000)
    samples, rate = sample.reference.samples, sample.reference.sample_rate
    references = {
        "silence": changed(sample, np.zeros(24000), 24000),
        "one sample": changed(sample, np.zeros(1), 24000),
        "empty": changed(sample, np.zeros(0), 24000),
        "noise": changed(sample, 0.3 * noise, 24000),
        "clipped": changed(sample, np.clip(40 * samples, -1, 1)),
        "a second": changed(sample, samples[:rate]),
        "noisy": changed(sample, samples + 0.02 * np.resize(noise, len(samples))),
        "a child": changed(sample, samples[::2]),
        "creaky": changed(sample, np.repeat(samples, 2)),
        "telephone": changed(sample, samples[::2], rate // 2),
    }
    for name, voice in references.items():
        audio = joined(speech(engine, voice, Utterance("Come in, please.", "en")))
        assert np.all(np.isfinite(audio.samples)), name
        assert 0 < np.abs(audio.samples).max() < 1, name


def test_a_stored_fit_says_the_same(sample: Voice) -> None:
    store: dict[str, bytes] = {}
    wanted = Utterance("Good morning.", "en")
    fresh = joined(speech(EmbeddedEngine(store), sample, wanted))
    assert len(store) == 1
    packed = next(iter(store.values()))
    assert VoiceFit.from_bytes(packed).to_bytes() == packed
    again = joined(speech(EmbeddedEngine(store), sample, wanted))
    assert np.array_equal(fresh.samples, again.samples)


def test_many_threads_fit_one_voice_once(sample: Voice) -> None:
    class Counting(dict[str, bytes]):
        writes = 0

        def __setitem__(self, key: str, value: bytes) -> None:
            Counting.writes += 1
            super().__setitem__(key, value)

    engine = EmbeddedEngine(Counting())
    results: list[np.ndarray] = []

    def call() -> None:
        results.append(joined(speech(engine, sample, Utterance("Hello.", "en"))).samples)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counting.writes == 1
    assert len(results) == 4
    assert all(np.array_equal(result, results[0]) for result in results)
