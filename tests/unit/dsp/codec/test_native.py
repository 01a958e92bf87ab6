"""Recordings read and written without touching a sample."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.core.errors import BadAudio, Unsupported
from myna.dsp.codec import AudioFormat, NativeAudio, decode, decode_native, encode_native
from tests.unit.dsp.codec.recordings import RATE, glide, wav

SUBTYPES = {8: "PCM_U8", 16: "PCM_16", 24: "PCM_24", 32: "PCM_32"}
TYPES = {8: np.uint8, 16: np.int16, 24: np.int32, 32: np.int32}


def integers(bits: int, length: int, channels: int) -> np.ndarray:
    low, high = (0, 255) if bits == 8 else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    generator = np.random.default_rng(length)
    values = generator.integers(low, high, (length, channels), endpoint=True)
    values[0], values[1] = low, high
    return values.astype(TYPES[bits])


def native(samples: np.ndarray, bits: int) -> NativeAudio:
    return NativeAudio(samples, RATE, bits, "wav", "pcm")


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([8, 16, 24, 32]),
    st.integers(2, 3000),
    st.integers(1, 6),
    st.sampled_from([AudioFormat.WAV, AudioFormat.FLAC]),
)
def test_integers_survive_bit_for_bit(bits: int, length: int, channels: int, format: AudioFormat):
    original = native(integers(bits, length, channels), bits)
    back = decode_native(encode_native(original, format))
    assert (back.sample_rate, back.channels) == (RATE, channels)
    if format is AudioFormat.FLAC and bits == 8:
        np.testing.assert_array_equal(back.fractions(), original.fractions())
    else:
        assert (back.bit_depth, back.samples.dtype) == (bits, original.samples.dtype)
        np.testing.assert_array_equal(back.samples, original.samples)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([np.float32, np.float64]), st.integers(1, 2000), st.integers(1, 3))
def test_fractions_survive_bit_for_bit_even_beyond_full_scale(
    type_: type, length: int, channels: int
):
    samples = np.random.default_rng(length).normal(0, 2, (length, channels)).astype(type_)
    back = decode_native(encode_native(native(samples, samples.itemsize * 8), AudioFormat.WAV))
    assert back.samples.tobytes() == samples.tobytes()
    assert back.is_float


@pytest.mark.parametrize("bits", SUBTYPES)
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_another_program_reads_the_same_samples(bits: int, channels: int):
    original = native(integers(bits, 500, channels), bits)
    recording = io.BytesIO(encode_native(original, AudioFormat.WAV))
    assert soundfile.info(recording).subtype == SUBTYPES[bits]
    recording.seek(0)
    samples, _ = soundfile.read(recording, dtype="float64", always_2d=True)
    np.testing.assert_array_equal(samples, original.fractions())


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_a_recording_by_another_program_is_written_back_the_same(subtype: str):
    file = io.BytesIO()
    samples = np.random.default_rng(0).uniform(-0.9, 0.9, (301, 2))
    soundfile.write(file, samples, RATE, format="WAV", subtype=subtype)
    again = io.BytesIO(encode_native(decode_native(file.getvalue()), AudioFormat.WAV))
    assert soundfile.info(again).subtype == subtype
    again.seek(0)
    file.seek(0)
    np.testing.assert_array_equal(soundfile.read(again)[0], soundfile.read(file)[0])


def test_it_knows_what_it_was():
    recording = decode_native(wav(glide().pcm16()))
    assert (recording.container, recording.codec) == ("wav", "pcm_s16le")
    assert (recording.bit_depth, recording.is_float) == (16, False)


def test_its_mono_mix_is_what_decode_hears():
    recording = encode_native(native(integers(24, 900, 2), 24), AudioFormat.WAV)
    mixed = decode_native(recording).audio()
    np.testing.assert_allclose(mixed.samples, decode(recording).samples, atol=1e-7)


@pytest.mark.parametrize("format", [AudioFormat.MP3, AudioFormat.OPUS, AudioFormat.AAC])
def test_lossy_formats_keep_both_channels_apart(format: AudioFormat):
    left = np.frombuffer(glide(1.0).pcm16(), "<i2").astype(np.int16)
    stereo = native(np.stack([left, np.zeros_like(left)], axis=1), 16)
    back = decode_native(encode_native(stereo, format))
    level = np.sqrt(np.mean(np.square(back.samples), axis=0))
    assert level[0] > 0.1
    assert level[1] < 0.1 * level[0]


def test_what_a_format_cannot_hold_is_refused():
    fractions = native(np.zeros((10, 1), np.float32), 32)
    with pytest.raises(Unsupported, match="FLAC holds integers"):
        encode_native(fractions, AudioFormat.FLAC)
    with pytest.raises(Unsupported, match="choose wav"):
        encode_native(fractions, AudioFormat.PCM)
    with pytest.raises(Unsupported, match="holds 2 channels, not 3"):
        encode_native(native(np.zeros((10, 3), np.int16), 16), AudioFormat.MP3)
    with pytest.raises(Unsupported, match="flac holds 8 channels, not 9"):
        encode_native(native(np.zeros((10, 9), np.int16), 16), AudioFormat.FLAC)


def test_samples_have_channels_and_nobody_changes_them():
    with pytest.raises(ValueError, match="1 dimensions"):
        native(np.zeros(10, np.int16), 16)
    with pytest.raises(ValueError, match="read-only"):
        native(np.zeros((10, 1), np.int16), 16).samples[0] = 1


def test_samples_that_are_no_numbers_are_refused():
    samples = np.array([0.0, np.nan], "<f4")
    with pytest.raises(BadAudio, match="NaN or infinite"):
        decode_native(wav(samples.tobytes(), bits=32, code=3))


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_fractions_become_the_samples_they_came_from(bits: int):
    original = native(integers(bits, 300, 2), bits)
    stored = original.stored(original.fractions())
    assert stored.dtype == original.samples.dtype
    assert np.array_equal(stored, original.samples)


def test_fractions_beyond_full_scale_are_clipped():
    original = native(integers(16, 300, 1), 16)
    assert original.stored(np.array([[2.0], [-2.0]])).ravel().tolist() == [32767, -32768]


def test_a_part_keeps_the_kind_of_samples():
    original = native(integers(24, 300, 2), 24)
    part = original.between(100, 200)
    assert np.array_equal(part.samples, original.samples[100:200])
    assert (part.bit_depth, part.sample_rate) == (24, original.sample_rate)
