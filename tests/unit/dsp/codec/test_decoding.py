"""Reading recordings of every kind, and refusing what is none."""

import io
import os
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.core.audio import Audio
from myna.core.errors import BadAudio
from myna.dsp.codec import AudioFormat, decode, decode_native, encode_file, load_audio
from tests.unit.dsp.codec.recordings import RATE, contained, glide, likeness, silent_film, wav

SOUND = glide()
PCM = SOUND.pcm16()


def written(container: str, subtype: str, samples: np.ndarray, sample_rate: int = RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, sample_rate, format=container, subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize(
    ("container", "subtype"),
    [
        ("WAV", "PCM_U8"),
        ("WAV", "PCM_16"),
        ("WAV", "PCM_24"),
        ("WAV", "PCM_32"),
        ("WAV", "FLOAT"),
        ("WAV", "DOUBLE"),
        ("WAV", "ULAW"),
        ("FLAC", "PCM_16"),
        ("FLAC", "PCM_24"),
        ("AIFF", "PCM_24"),
    ],
)
def test_what_is_stored_without_loss_is_read_without_loss(container: str, subtype: str):
    recording = written(container, subtype, np.random.default_rng(0).uniform(-0.9, 0.9, 3000))
    expected, _ = soundfile.read(io.BytesIO(recording), dtype="float32")
    np.testing.assert_array_equal(decode(recording).samples, expected)


@pytest.mark.parametrize(
    "recording",
    [
        pytest.param(written("OGG", "VORBIS", SOUND.samples), id="ogg/vorbis"),
        pytest.param(written("OGG", "OPUS", SOUND.samples), id="ogg/opus"),
        pytest.param(written("MP3", "MPEG_LAYER_III", SOUND.samples), id="mp3"),
        pytest.param(contained(SOUND, "mp4", "aac"), id="m4a"),
        pytest.param(contained(SOUND, "mp4", "alac"), id="m4a/alac"),
        pytest.param(contained(glide(sample_rate=48000), "webm", "libopus"), id="webm"),
    ],
)
def test_lossy_recordings_keep_their_length_and_their_sound(recording: bytes):
    audio = decode(recording, sample_rate=RATE)
    assert abs(len(audio.samples) - len(SOUND.samples)) <= 0.02 * RATE
    assert likeness(audio.samples[500:], SOUND.samples[500:]) > 0.99


def test_m4a_and_vorbis_end_where_the_sound_ends():
    assert len(decode(contained(SOUND, "mp4", "aac")).samples) == len(SOUND.samples)
    noise = np.random.default_rng(0).standard_normal(12000) * 0.1
    assert len(decode(written("OGG", "VORBIS", noise)).samples) == len(noise)


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_channels_are_mixed_to_their_mean(channels: int):
    values = np.random.default_rng(channels).integers(-9000, 9000, (400, channels))
    audio = decode(wav(values.astype("<i2").tobytes(), channels=channels))
    np.testing.assert_allclose(audio.samples, values.mean(axis=1) / 32768, atol=1e-7)


def test_the_same_sound_in_both_channels_is_that_sound():
    audio = decode(wav(np.repeat(np.frombuffer(PCM, "<i2"), 2).tobytes(), channels=2))
    np.testing.assert_array_equal(audio.samples, decode(wav(PCM)).samples)


@pytest.mark.parametrize("sample_rate", [8000, 16000, 22050, 44100, 48000, 96000])
def test_any_rate_is_brought_to_the_one_asked_for(sample_rate: int):
    recording = encode_file(glide(sample_rate=sample_rate), AudioFormat.WAV)
    audio = decode(recording, sample_rate=24000)
    assert (audio.sample_rate, len(audio.samples)) == (24000, 12000)
    assert likeness(audio.samples, SOUND.samples) > 0.999


def test_a_path_bytes_and_an_open_file_are_all_sources(tmp_path: Path):
    path = tmp_path / "목소리.wav"
    path.write_bytes(wav(PCM))
    with path.open("rb") as file:
        opened = decode(file).samples
    np.testing.assert_array_equal(opened, decode(path).samples)
    np.testing.assert_array_equal(opened, decode(path.read_bytes()).samples)
    np.testing.assert_array_equal(opened, load_audio(str(path)).samples)


def test_a_named_pipe_is_a_source(tmp_path: Path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(wav(PCM),))
    writer.start()
    assert len(decode(path).samples) == len(SOUND.samples)
    writer.join()


@pytest.mark.parametrize("claimed", [0, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFF])
def test_a_streamed_wav_is_read_to_its_end(claimed: int):
    assert len(decode(wav(PCM, claimed=claimed)).samples) == len(SOUND.samples)


def test_a_wav_header_that_claims_less_is_taken_at_its_word():
    assert len(decode(wav(PCM, claimed=2000)).samples) == 1000


@pytest.mark.parametrize("claimed", [10**6, 10**8])
def test_a_wav_header_that_claims_more_means_the_file_was_cut(claimed: int):
    with pytest.raises(BadAudio, match=r"cut short or damaged: its header promises .* 0\.50 s can"):
        decode(wav(PCM, claimed=claimed))


@pytest.mark.parametrize(
    "recording",
    [
        pytest.param(encode_file(glide(2.0), AudioFormat.WAV), id="wav"),
        pytest.param(encode_file(glide(2.0), AudioFormat.FLAC), id="flac"),
        pytest.param(encode_file(glide(2.0), AudioFormat.MP3), id="mp3"),
        pytest.param(contained(glide(2.0), "mp4", "aac"), id="m4a"),
        pytest.param(written("AIFF", "PCM_16", glide(2.0).samples), id="aiff"),
    ],
)
def test_a_recording_cut_in_half_is_refused(recording: bytes):
    with pytest.raises(BadAudio, match="cut short"):
        decode(recording[: len(recording) // 2])


def test_a_hole_in_a_recording_is_refused_where_it_is_large():
    recording = bytearray(encode_file(glide(2.0), AudioFormat.FLAC))
    recording[len(recording) // 4 : -len(recording) // 4] = bytes(len(recording) // 2)
    with pytest.raises(BadAudio, match="damaged"):
        decode(bytes(recording))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"RIFF", "cannot be read as audio", id="four bytes"),
        pytest.param(b"Dear voice,\n" * 500, "cannot be read as audio", id="text"),
        pytest.param(wav(b""), "holds no sound", id="header only"),
        pytest.param(wav(PCM)[:30], "cannot be read as audio", id="half a header"),
        pytest.param(wav(PCM, sample_rate=1), "sample rate is 1 Hz", id="1 Hz"),
        pytest.param(wav(PCM, sample_rate=2_000_000), "sample rate is 2000000 Hz", id="2 MHz"),
        pytest.param(wav(PCM, channels=10), "says it has 10 channels", id="10 channels"),
        pytest.param(wav(PCM, code=999), "cannot be read as audio", id="unknown codec"),
        pytest.param(silent_film(), "a video without sound", id="video"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(100), "cannot be read as audio", id="picture"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_reason(content: bytes, message: str):
    with pytest.raises(BadAudio, match=f"The uploaded audio.*{message}"):
        decode(content)


def test_a_text_file_named_wav_is_refused_by_its_name_alone(tmp_path: Path):
    path = tmp_path / "private" / "speech.wav"
    path.parent.mkdir()
    path.write_text("Not a sound.\n" * 100)
    with pytest.raises(BadAudio, match=r"'speech\.wav' cannot be read as audio") as caught:
        decode(path)
    assert "private" not in str(caught.value)


def test_a_playlist_cannot_make_the_reader_open_other_files(tmp_path: Path):
    secret = tmp_path / "secret.wav"
    secret.write_bytes(wav(PCM))
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n"
    concatenation = f"ffconcat version 1.0\nfile '{secret}'\n"
    for content in (playlist, concatenation):
        with pytest.raises(BadAudio, match="cannot be read as audio"):
            decode(content.encode())


def test_a_path_that_leads_nowhere_or_to_a_folder_is_refused(tmp_path: Path):
    with pytest.raises(BadAudio, match=r"Cannot open 'nobody\.wav': No such file"):
        decode(tmp_path / "nobody.wav")
    with pytest.raises(BadAudio, match="is a directory"):
        decode(tmp_path)
    with pytest.raises(BadAudio, match="Cannot open"):
        decode(Path("nul\0byte.wav"))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("type_", ["<f4", "<f8"])
def test_samples_that_are_no_numbers_are_refused_with_their_place(wrong: float, type_: str):
    samples = np.zeros(RATE, type_)
    samples[RATE // 2] = wrong
    bits = samples.itemsize * 8
    with pytest.raises(BadAudio, match=r"NaN or infinite.*first at 0\.50 s"):
        decode(wav(samples.tobytes(), bits=bits, code=3))


def test_a_number_too_large_for_our_samples_is_refused_too():
    samples = np.full(100, 1e300, "<f8")
    with pytest.raises(BadAudio, match="NaN or infinite"):
        decode(wav(samples.tobytes(), bits=64, code=3))


def test_two_hours_are_refused_without_reading_them(tmp_path: Path):
    path = tmp_path / "lecture.wav"
    size = 2 * 3600 * RATE * 2
    with path.open("wb") as file:
        file.write(wav(b"", claimed=size))
        file.truncate(44 + size)  # a sparse file: nothing is stored
    tracemalloc.start()
    with pytest.raises(BadAudio, match=r"'lecture\.wav' is longer than the 60 s allowed"):
        decode(path, max_seconds=60)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_the_longest_allowed_is_allowed():
    assert decode(wav(PCM), max_seconds=0.5).duration == 0.5
    with pytest.raises(BadAudio, match=r"longer than the 0\.49 s"):
        decode(wav(PCM), max_seconds=0.49)


def test_a_file_over_the_size_limit_is_refused_from_any_source(tmp_path: Path):
    path = tmp_path / "large.wav"
    path.write_bytes(wav(PCM))
    size = path.stat().st_size
    for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes())):
        with pytest.raises(BadAudio, match=f"larger than the {size - 1} bytes"):
            decode(source, max_bytes=size - 1)
    assert decode(path, max_bytes=size).duration == 0.5


@pytest.mark.parametrize("read", [decode, decode_native])
def test_a_recording_that_changes_its_kind_on_the_way_is_refused(read: Callable[[bytes], object]):
    first = encode_file(glide(0.3, 16000), AudioFormat.AAC)
    second = encode_file(glide(0.3, 48000), AudioFormat.AAC)
    with pytest.raises(BadAudio, match="changes its sample rate"):
        read(first + second)


def test_the_decoder_writes_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str]):
    recording = encode_file(glide(2.0), AudioFormat.MP3)
    for content in (b"noise" * 100, recording[: len(recording) // 2], b"\0" * 300 + recording):
        try:
            decode(content)
        except BadAudio:
            continue
    assert capfd.readouterr() == ("", "")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"RIFF", b"fLaC", b"OggS", b"ID3", b"\xff"]))
def test_any_bytes_are_sound_or_bad_audio(content: bytes, start: bytes):
    try:
        assert np.isfinite(decode(start + content).samples).all()
    except BadAudio as error:
        assert str(error).startswith("The uploaded audio")


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from([f for f in AudioFormat if f is not AudioFormat.PCM]))
def test_a_file_with_bytes_changed_is_sound_or_bad_audio(data: st.DataObject, format: AudioFormat):
    recording = bytearray(encode_file(Audio(SOUND.samples[:3000], RATE), format))
    for _ in range(5):
        place = data.draw(st.integers(0, len(recording) - 1))
        recording[place] = data.draw(st.integers(0, 255))
    try:
        assert np.isfinite(decode(bytes(recording), max_seconds=60).samples).all()
    except BadAudio as error:
        assert str(error).startswith("The uploaded audio")
