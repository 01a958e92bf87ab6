import importlib.util
import shutil
import signal
import subprocess
import sys
import time
import wave
from ctypes.util import find_library
from pathlib import Path

import pytest

from myna.core.errors import PlaybackError
from myna.core.speech import Chunk
from myna.dsp.codec import load_audio
from myna.playback.players import open_player
from myna.playback.playing import Ending
from myna.playback.speaker import Speaker
from tests.conftest import tone
from tests.unit.playback.programs import install

needs_aplay = pytest.mark.skipif(
    shutil.which("aplay") is None, reason="aplay is not installed (Debian: alsa-utils)"
)

needs_portaudio = pytest.mark.skipif(
    find_library("portaudio") is None or importlib.util.find_spec("sounddevice") is None,
    reason="sounddevice or PortAudio is not installed (Debian: libportaudio2)",
)

ALSA = """
pcm.silence {{ type null }}
pcm.!default {{
    type file
    slave.pcm silence
    format raw
    file "| cat >> {heard}"
    hint {{ show on description "a file" }}
}}
"""


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file into which ALSA's default device writes what it plays."""
    path = tmp_path / "heard.raw"
    (tmp_path / "asound.conf").write_text(ALSA.format(heard=path))
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    return path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which programs are found before all others."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


@needs_aplay
def test_aplay_plays_every_sample_without_gaps(heard: Path):
    chunks = [Chunk(tone(seconds, 300.0, 22050)) for seconds in (0.013, 0.5, 0.2, 0.031)]
    with Speaker(open_player("aplay")) as speaker:
        assert speaker.play(chunk for chunk in chunks).wait() is Ending.FINISHED
    expected = b"".join(chunk.audio.pcm16() for chunk in chunks)
    played = heard.read_bytes()
    assert played.startswith(expected)
    assert not any(played[len(expected) :])  # ALSA fills the last period with silence


@needs_aplay
def test_a_device_that_is_not_there_is_named(heard: Path):
    with Speaker(open_player("aplay", "plughw:CARD=Nowhere")) as speaker:
        playing = speaker.play(Chunk(tone(1.0)) for _ in range(100))
        with pytest.raises(PlaybackError, match=r"aplay.*playback\.device"):
            playing.wait()


@pytest.mark.parametrize(
    "player",
    [
        pytest.param("aplay", marks=needs_aplay),
        pytest.param("sounddevice", marks=needs_portaudio),
    ],
)
def test_the_command_line_plays_and_writes_the_same(
    player: str, heard: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MYNA_PLAYBACK__PLAYER", player)
    command = [sys.executable, "-m", "myna", "say", "Tea is ready.", "--play", "-o", "tea.wav"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"with {player}" in done.stderr
    assert heard.read_bytes().startswith(load_audio(Path("tea.wav")).pcm16())


@pytest.mark.parametrize(("offers", "asked"), [("--raw", True), ("", False)])
def test_pw_play_is_told_that_samples_are_raw_where_it_has_to_be(
    programs: Path, tmp_path: Path, offers: str, asked: bool
):
    log = tmp_path / "log"
    install(
        programs, "pw-play",
        f'if [ "$1" = --help ]; then echo "{offers}"; else echo "$@" > {log}; cat >> {log}; fi',
    )  # fmt: skip
    with Speaker(open_player("pw-play", "42")) as speaker:
        speaker.play(Chunk(tone(0.1)) for _ in range(1)).wait()
    arguments, samples = log.read_bytes().split(b"\n", 1)
    assert (b"--raw" in arguments, b"--target 42" in arguments) == (asked, True)
    assert b"--rate 16000" in arguments
    assert samples == tone(0.1).pcm16()


def test_afplay_gets_a_whole_file_that_is_gone_afterwards(programs: Path, tmp_path: Path):
    install(programs, "afplay", f'cp "$1" {tmp_path}/played.wav; echo "$1" > {tmp_path}/name')
    with Speaker(open_player("afplay")) as speaker:
        speaker.play(Chunk(tone(0.1, pitch)) for pitch in (220, 330)).wait()
    with wave.open(f"{tmp_path}/played.wav") as played:
        assert played.getframerate() == 16000
        content = played.readframes(10**6)
    assert content == tone(0.1, 220).pcm16() + tone(0.1, 330).pcm16()
    assert not Path((tmp_path / "name").read_text().strip()).exists()
    with pytest.raises(PlaybackError, match="afplay"):
        open_player("afplay", "speakers")


def test_nothing_to_play_with_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlaybackError, match="alsa-utils"):
        open_player(device="no such device")
    with pytest.raises(PlaybackError, match="'aplay' is not installed"):
        open_player("aplay")
    with pytest.raises(PlaybackError, match="'gramophone'"):
        open_player("gramophone")


def test_ctrl_c_ends_the_speech_and_its_program(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MYNA_PLAYBACK__PLAYER", "aplay")
    install(programs, "aplay", f"echo $$ > {tmp_path}/pid; exec sleep 600")
    process = subprocess.Popen(
        [sys.executable, "-m", "myna", "say", "Tea is ready.", "--play"], stderr=subprocess.PIPE
    )
    pid = tmp_path / "pid"
    until = time.monotonic() + 30
    while not (pid.exists() and pid.read_text().strip()):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()
