"""Writing sound: finished files, and streams that start before the sound ends."""

import hashlib
import io
import struct
import weakref
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.core.audio import Audio
from myna.core.errors import InvalidOption, StorageError
from myna.dsp.codec import AudioFormat, Encoder, decode, encode_file, load_audio, save_audio
from tests.unit.dsp.codec.recordings import RATE, glide, likeness

CONTAINED = [format for format in AudioFormat if format is not AudioFormat.PCM]
LOSSLESS = [AudioFormat.WAV, AudioFormat.FLAC]
CODED = [AudioFormat.FLAC, AudioFormat.MP3, AudioFormat.OPUS, AudioFormat.AAC]
PRIMING = 2500  # samples of delay and padding that a stream without lengths may add


def cut(audio: Audio, cuts: list[int]) -> list[Audio]:
    edges = [0, *sorted(min(place, len(audio.samples)) for place in cuts), len(audio.samples)]
    return [Audio(audio.samples[start:end], audio.sample_rate) for start, end in pairwise(edges)]


def streamed(audio: Audio, format: AudioFormat, cuts: list[int] = ()) -> bytes:
    encoder = Encoder(format, audio.sample_rate)
    parts = [encoder.encode(chunk) for chunk in cut(audio, list(cuts))]
    return b"".join([*parts, encoder.finish()])


def noise(length: int, sample_rate: int = RATE) -> Audio:
    values = np.random.default_rng(length).uniform(-1.2, 1.2, length)
    return Audio(values.astype(np.float32), sample_rate)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 9000),
    st.sampled_from([8000, 16000, 22050, 24000, 44100, 48000]),
    st.sampled_from(LOSSLESS),
)
def test_lossless_formats_give_back_every_16_bit_sample(
    length: int, sample_rate: int, format: AudioFormat
):
    audio = noise(length, sample_rate)
    for recording in (encode_file(audio, format), streamed(audio, format, [length // 3])):
        heard = decode(recording)
        assert heard.sample_rate == sample_rate
        assert heard.pcm16() == audio.pcm16()


@settings(max_examples=30, deadline=None)
@given(st.integers(2000, 30000), st.sampled_from([16000, 24000, 44100, 48000]))
def test_finished_opus_is_as_long_as_the_sound_and_mp3_nearly(length: int, sample_rate: int):
    audio = noise(length, sample_rate)
    mp3 = decode(encode_file(audio, AudioFormat.MP3))
    opus = decode(encode_file(audio, AudioFormat.OPUS))
    assert 0 <= len(mp3.samples) - length < 50
    assert mp3.sample_rate == sample_rate
    assert abs(len(opus.samples) - length * 48000 / sample_rate) <= 0.5


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 12000), max_size=8), st.sampled_from(CONTAINED))
def test_however_the_sound_is_cut_the_stream_is_equally_long(cuts: list[int], format: AudioFormat):
    audio = glide()
    heard = decode(streamed(audio, format, cuts), sample_rate=RATE)
    assert len(heard.samples) == len(decode(streamed(audio, format), sample_rate=RATE).samples)
    assert 0 <= len(heard.samples) - len(audio.samples) <= PRIMING


@pytest.mark.parametrize("sample_rate", [16000, 22050, 24000, 44100, 48000])
@pytest.mark.parametrize("format", CONTAINED)
def test_every_format_sounds_like_what_went_in(format: AudioFormat, sample_rate: int):
    audio = glide(1.0, sample_rate)
    for recording in (encode_file(audio, format), streamed(audio, format, [5000, 9000])):
        heard = decode(recording, sample_rate=sample_rate).samples
        delays = range(0, PRIMING, 1)
        window = audio.samples[2000:6000]
        best = max(likeness(heard[2000 + delay : 6000 + delay], window) for delay in delays)
        assert best > 0.99


@pytest.mark.parametrize("format", AudioFormat)
def test_the_first_bytes_leave_before_the_last_chunk_exists(format: AudioFormat):
    encoder = Encoder(format, RATE)
    tenth = Audio(glide(0.1).samples, RATE)
    sizes = [len(encoder.encode(tenth)) for _ in range(10)]
    assert sizes[0] > 0
    assert sum(sizes[:5]) > 0.3 * sum(sizes), "the stream is held back"
    assert min(sizes[2:]) > 0, "a tenth of a second brought nothing"
    assert sum(sizes) > 0.8 * (sum(sizes) + len(encoder.finish()))


@pytest.mark.parametrize("format", CODED)
def test_a_stream_is_flushed_so_that_half_of_it_is_half_the_sound(format: AudioFormat):
    encoder = Encoder(format, RATE)
    begun = b"".join(encoder.encode(glide(0.1)) for _ in range(10))
    assert decode(begun, sample_rate=RATE).duration > 0.75


def test_pcm_is_little_endian_16_bit_samples_and_nothing_else():
    audio = Audio(np.array([0.0, 0.5, -1.0, 2.0], np.float32), RATE)
    expected = np.array([0, 16384, -32768, 32767], "<i2").tobytes()
    assert encode_file(audio, AudioFormat.PCM) == expected
    assert streamed(audio, AudioFormat.PCM, [1, 2]) == expected


def test_a_streamed_wav_has_one_header_of_unknown_length():
    stream = streamed(glide(), AudioFormat.WAV, [1000, 5000])
    assert stream.count(b"RIFF") == 1
    assert struct.unpack("<I", stream[4:8]) == (0xFFFFFFFF,)
    assert struct.unpack("<I", stream[40:44]) == (0xFFFFFFFF,)
    assert stream[44:] == glide().pcm16()


def test_a_finished_wav_has_exact_sizes_and_another_program_reads_it():
    recording = encode_file(glide(), AudioFormat.WAV)
    assert struct.unpack("<I", recording[4:8]) == (len(recording) - 8,)
    assert struct.unpack("<I", recording[40:44]) == (len(recording) - 44,)
    samples, sample_rate = soundfile.read(io.BytesIO(recording), dtype="int16")
    assert (samples.tobytes(), sample_rate) == (glide().pcm16(), RATE)


def test_a_finished_flac_states_its_length_and_checksum():
    recording = encode_file(glide(), AudioFormat.FLAC)
    assert soundfile.info(io.BytesIO(recording)).frames == len(glide().samples)
    assert recording[26:42] == hashlib.md5(glide().pcm16()).digest()


@pytest.mark.parametrize("format", LOSSLESS)
def test_a_stream_of_known_length_states_it(format: AudioFormat):
    audio = glide()
    encoder = Encoder(format, RATE, finished_samples=len(audio.samples))
    stream = b"".join([*(encoder.encode(chunk) for chunk in cut(audio, [4000])), encoder.finish()])
    samples, _ = soundfile.read(io.BytesIO(stream), dtype="int16")
    assert samples.tobytes() == audio.pcm16()


@pytest.mark.parametrize("format", CODED)
def test_an_encoder_left_half_done_frees_what_it_held(format: AudioFormat):
    for chunk in (noise(0), noise(2400), noise(9000)):
        encoder = Encoder(format, RATE)
        encoder.encode(chunk)
        left = weakref.ref(encoder)
        del encoder
        assert left() is None


def test_a_promised_length_is_kept():
    encoder = Encoder(AudioFormat.WAV, RATE, finished_samples=10)
    encoder.encode(noise(9))
    with pytest.raises(ValueError, match="Promised 10 samples, got 9"):
        encoder.finish()


def test_opus_is_written_at_48_kilohertz_and_the_others_at_the_sound_s_own():
    assert decode(encode_file(glide(), AudioFormat.OPUS)).sample_rate == 48000
    for format in (AudioFormat.WAV, AudioFormat.FLAC, AudioFormat.MP3, AudioFormat.AAC):
        assert decode(encode_file(glide(), format)).sample_rate == RATE


def test_a_rate_the_format_cannot_hold_becomes_the_next_one_it_can():
    assert AudioFormat.MP3.rate_for(24000) == 24000
    assert AudioFormat.MP3.rate_for(23000) == 24000
    assert AudioFormat.MP3.rate_for(96000) == 48000
    assert AudioFormat.WAV.rate_for(23000) == 23000
    heard = decode(encode_file(glide(sample_rate=20000), AudioFormat.MP3))
    assert (heard.sample_rate, len(heard.samples)) == (22050, 11025)


@pytest.mark.parametrize("format", AudioFormat)
def test_nothing_makes_an_empty_stream_and_no_error(format: AudioFormat):
    encoder = Encoder(format, RATE)
    stream = encoder.encode(noise(0)) + encoder.finish()
    assert len(stream) < 200
    assert encoder.finish() == b""


def test_a_finished_encoder_and_a_chunk_at_another_rate_are_refused():
    encoder = Encoder(AudioFormat.WAV, RATE)
    with pytest.raises(ValueError, match="Expected 24000 Hz"):
        encoder.encode(noise(10, 16000))
    encoder.finish()
    with pytest.raises(ValueError, match="finished"):
        encoder.encode(noise(10))


@pytest.mark.parametrize("format", AudioFormat)
def test_the_same_sound_makes_the_same_bytes(format: AudioFormat):
    assert encode_file(glide(), format) == encode_file(glide(), format)
    assert streamed(glide(), format, [5000]) == streamed(glide(), format, [5000])


@pytest.mark.parametrize("name", ["a.wav", "b.flac", "c.mp3", "d.OPUS", "e.ogg", "f.aac"])
def test_a_file_is_written_in_the_format_of_its_suffix(tmp_path: Path, name: str):
    save_audio(tmp_path / name, glide())
    assert decode(tmp_path / name, sample_rate=RATE).duration == pytest.approx(0.5, abs=0.1)


def test_a_format_given_wins_over_the_suffix(tmp_path: Path):
    save_audio(str(tmp_path / "voice.bin"), glide(), AudioFormat.FLAC)
    assert (tmp_path / "voice.bin").read_bytes()[:4] == b"fLaC"
    assert load_audio(tmp_path / "voice.bin").pcm16() == glide().pcm16()


@pytest.mark.parametrize("name", ["speech.docx", "speech", ".wav"])
def test_an_unknown_suffix_is_refused_with_those_there_are(tmp_path: Path, name: str):
    with pytest.raises(InvalidOption, match=r"end it in one of \.wav, .*\.flac, .*\.pcm"):
        save_audio(tmp_path / name, glide())


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(StorageError, match=r"nowhere/a\.wav': No such file"):
        save_audio(tmp_path / "nowhere" / "a.wav", glide())


def test_formats_are_found_by_name():
    assert AudioFormat.named("FLAC") is AudioFormat.FLAC
    with pytest.raises(InvalidOption, match="'wma': choose one of wav, flac, mp3, opus, aac, pcm"):
        AudioFormat.named("wma")


def test_every_format_has_its_own_suffix_and_media_type():
    assert len({format.suffix for format in AudioFormat}) == len(AudioFormat)
    assert all(format.media_type.startswith("audio/") for format in AudioFormat)
    assert all(AudioFormat.of(f"x{format.suffix}") is format for format in AudioFormat)
