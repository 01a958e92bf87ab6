import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.core.audio import Audio
from myna.core.errors import InvalidOption
from myna.core.speech import Options
from myna.core.voice import Voice


def test_nobody_can_change_what_others_hear():
    samples = np.zeros(4, np.float32)
    audio = Audio(samples, 8000)
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0] = 1.0


@given(st.lists(st.integers(-32768, 32767), min_size=1))
def test_16_bit_sound_comes_back_bit_for_bit(values: list[int]):
    samples = np.array(values, "<i2")
    assert Audio((samples / 32768).astype(np.float32), 8000).pcm16() == samples.tobytes()


def test_beyond_full_scale_is_clipped_not_wrapped():
    loud = Audio(np.array([1.0, 2.0, -1.0, -2.0], np.float32), 8000)
    assert np.frombuffer(loud.pcm16(), "<i2").tolist() == [32767, 32767, -32768, -32768]


def test_audio_is_mono_and_has_a_rate():
    with pytest.raises(ValueError, match="mono"):
        Audio(np.zeros((2, 2), np.float32), 8000)
    with pytest.raises(ValueError, match="positive"):
        Audio(np.zeros(2, np.float32), 0)


def test_only_sounds_of_one_rate_join():
    with pytest.raises(ValueError, match=r"\[8000, 16000\]"):
        Audio.join([Audio.silence(0.1, 8000), Audio.silence(0.1, 16000)])


def test_a_part_of_a_recording_is_cut_at_its_ends():
    audio = Audio(np.arange(10, dtype=np.float32) / 10, 10)
    assert audio.between(-1.0, 0.3).samples.tolist() == pytest.approx([0.0, 0.1, 0.2])
    assert audio.between(0.8, 9.0).duration == pytest.approx(0.2)


def test_a_voice_is_its_content():
    audio = Audio.silence(1.0, 8000)
    assert Voice(audio, "hi", "en").id == Voice(Audio.silence(1.0, 8000), "hi", "en").id
    others = {Voice(audio, "ho", "en").id, Voice(audio, "hi", "ko").id}
    assert Voice(audio, "hi", "en").id not in others | {
        Voice(Audio.silence(1.0, 16000), "hi", "en").id
    }


@pytest.mark.parametrize("wrong", [{"speed": 0.1}, {"speed": float("nan")}, {"temperature": 3.0}])
def test_an_option_out_of_range_is_refused_by_name(wrong: dict[str, float]):
    (name,) = wrong
    with pytest.raises(InvalidOption, match=name):
        Options(**wrong)
