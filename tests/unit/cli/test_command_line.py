"""The command line as a user meets it: a process, its pipes and its exit code."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from myna.cli.app import EXIT_CODES, exit_code
from myna.core import errors
from myna.dsp.codec import load_audio

HELLO = "Tea is ready."


def myna(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "myna", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=120)


def test_say_writes_a_file_and_tells_the_figures():
    done = myna("say", HELLO, "-o", "tea.wav")
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == b""
    assert "real-time factor" in done.stderr.decode()
    assert 0.5 < load_audio(Path("tea.wav")).duration < 5.0


@pytest.mark.parametrize("name", ["flac", "mp3", "opus", "aac"])
def test_the_suffix_chooses_the_format(name: str):
    assert myna("say", HELLO, "-o", f"tea.{name}").returncode == 0
    assert 0.5 < load_audio(Path(f"tea.{name}")).duration < 5.0


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    runs = [myna("say", HELLO, "--seed", "7", "--format", "pcm", "-o", "-") for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout) > 20000


def test_text_comes_from_a_pipe_and_sound_goes_to_one():
    done = myna("say", "--file", "-", "-o", "-", stdin="차가 준비됐어요.".encode())
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.startswith(b"RIFF")


def test_word_times_and_picture_come_beside_the_sound():
    options = ("--timestamps", "tea.json", "--plot", "tea.png")
    assert myna("say", HELLO, "-o", "tea.wav", *options).returncode == 0
    words = json.loads(Path("tea.json").read_text("utf-8"))["words"]
    assert [word["text"] for word in words] == ["Tea", "is", "ready"]
    assert Path("tea.png").read_bytes().startswith(b"\x89PNG")


def test_subtitles_show_the_text_as_it_is_written_also_one_that_arrives():
    text = "“Tea?” Yes, two cups (with milk)."
    shown = "“Tea?”\n\n2\n", "\nYes, two cups (with milk).\n"
    assert myna("say", text, "-o", "tea.wav", "--timestamps", "tea.srt").returncode == 0
    arriving = ("say", "-f", "-", "-o", "tea.wav", "--timestamps", "piped.srt")
    assert myna(*arriving, stdin=text.encode()).returncode == 0
    aligned = myna("align", "tea.wav", "--text", text, "--format", "srt").stdout.decode()
    for subtitles in (Path("tea.srt").read_text(), Path("piped.srt").read_text(), aligned):
        assert all(part in subtitles for part in shown), subtitles


def test_what_cannot_be_written_is_told_before_anything_is_said():
    Path("folder.wav").mkdir()
    for output in ("folder.wav", "nowhere/tea.wav", f"{'long' * 100}.wav"):
        done = myna("say", HELLO, "-o", output, "--engine", "nobody")
        assert done.returncode == 5, done.stderr.decode()
        assert "Cannot write" in done.stderr.decode()


@pytest.mark.parametrize("name", [b"\xff\xfe", b"x" * 300])
def test_a_name_that_is_none_is_nobodys(name: bytes):
    command = [sys.executable, "-m", "myna", "say", HELLO, "-o", "tea.wav", "--voice"]
    done = subprocess.run([*command, name], capture_output=True, check=False, timeout=120)
    assert done.returncode == 3
    assert "No voice is named" in done.stderr.decode()


def test_a_recording_serves_as_voice(sample_file: bytes):
    Path("someone.flac").write_bytes(sample_file)
    done = myna(
        "say", HELLO, "--voice", "someone.flac", "--transcript",
        "A few seconds of clear speech are all that I need. Whatever you write, I will read it "
        "aloud in this voice, calmly and without hurry, by day or by night.",
        "-o", "tea.wav",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()


def test_align_prints_json_for_the_next_program():
    myna("say", HELLO, "-o", "tea.wav")
    done = myna("align", "tea.wav", "--text", HELLO)
    alignment = json.loads(done.stdout)
    assert [word["text"] for word in alignment["words"]] == ["Tea", "is", "ready"]
    assert {"words", "characters", "phones"} <= alignment.keys()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_voice_may_come_through_a_pipe(sample_file: bytes):
    here, there = os.pipe()
    threading.Thread(target=lambda: os.write(there, sample_file) and os.close(there)).start()
    command = [sys.executable, "-m", "myna", "voices", "add", "piped", f"/dev/fd/{here}"]
    command += ["--speaker", "line one\nline two"]
    added = subprocess.run(command, capture_output=True, check=False, timeout=120, pass_fds=(here,))
    os.close(here)
    assert added.returncode == 0, added.stderr.decode()
    packed = myna("voices", "export", "piped", "-o", "-").stdout
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        (given,) = (name for name in archive.namelist() if name.startswith("given"))
        assert archive.read(given) == sample_file
    rows = myna("voices", "list").stdout.decode().splitlines()
    assert [len(row.split("\t")) for row in rows] == [6, 6]
    assert "line one line two" in rows[0]


def test_a_voice_lives_through_the_library(sample_file: bytes):
    Path("someone.flac").write_bytes(sample_file)
    transcript = "A few seconds of clear speech are all that I need. Whatever you write, I will "
    transcript += "read it aloud in this voice, calmly and without hurry, by day or by night."
    added = myna(
        "voices", "add", "누나", "someone.flac", "--transcript", transcript, "--consent", "동의함"
    )
    assert added.returncode == 0, added.stderr.decode()
    listed = json.loads(myna("voices", "list", "--json").stdout)
    assert [(v["name"], v["consent"]) for v in listed if v["name"] != "sample"] == [
        ("누나", "동의함")
    ]
    assert "동의함" in myna("voices", "list").stdout.decode()
    assert myna("voices", "rename", "누나", "sister").returncode == 0
    assert "동의함" in myna("voices", "show", "sister").stdout.decode()
    exported = myna("voices", "export", "sister", "-o", "-").stdout
    assert myna("voices", "remove", "sister").returncode == 0
    assert myna("voices", "import", "-", "--name", "누나", stdin=exported).returncode == 0
    assert "누나" in myna("voices", "list").stdout.decode()


def test_engines_says_what_is_ready():
    found = json.loads(myna("engines", "--json").stdout)
    assert {"name": "embedded", "ready": True}.items() <= found[0].items()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("say", "hi", "--voice", "nobody", "-o", "x.wav"), 3, "'nobody'"),
        (("say", "hi", "--engine", "nothing", "-o", "x.wav"), 3, "'nothing'"),
        (("say", "hi", "--language", "fr", "-o", "x.wav"), 3, "'fr'"),
        (("say", "hi", "--speed", "9", "-o", "x.wav"), 3, "9.0"),
        (("say", "🙂", "-o", "x.wav"), 3, "nothing to say"),
        (("say", "hi", "-o", "x.xyz"), 3, "xyz"),
        (("say", "-o", "x.wav"), 3, "--file"),
        (("align", "missing.wav", "--text", "hi"), 3, "missing.wav"),
        (("voices", "remove", "nobody"), 3, "'nobody'"),
        (("say", "hi", "-o", "no/such/folder.wav"), 5, "folder.wav"),
        (("voices", "export", "sample", "-o", "no/such/voice.zip"), 5, "voice.zip"),
        (("say", "--nonsense"), 2, "nonsense"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(arguments: tuple[str, ...], code: int, said: str):
    done = myna(*arguments)
    message = done.stderr.decode()
    assert done.returncode == code, message
    assert said in message
    assert "Traceback" not in message
    assert not Path("x.wav").exists()


def test_a_wrong_setting_has_its_own_exit_code():
    Path("myna.toml").write_text("engine = 'x'\n")
    done = myna("say", "hi", "-o", "x.wav")
    assert (done.returncode, "'engine'" in done.stderr.decode()) == (6, True)


def test_a_text_file_named_wav_is_refused_as_voice():
    Path("fake.wav").write_text("this is not sound")
    done = myna("say", "hi", "--voice", "fake.wav", "-o", "x.wav")
    assert done.returncode == 3
    assert "fake.wav" in done.stderr.decode()


def test_a_reader_who_leaves_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-m", "myna", "say", "One. Two. Three. Four.", "-o", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    message = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(60) == 0
    assert message == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk to try")
@pytest.mark.parametrize("command", [("say", HELLO, "-o", "-"), ("voices", "list")])
def test_a_disk_that_is_full_is_told_in_a_line(command: tuple[str, ...]):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "myna", *command],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=120,
        )
    assert done.returncode == 5
    assert done.stderr.decode().startswith("error: There is no room")
    assert len(done.stderr.splitlines()) == 1


INTERRUPTED = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "sqlalchemy":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
from myna.__main__ import run
run()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_ctrl_c_while_the_command_is_loaded_ends_it_without_a_word():
    command = [sys.executable, "-c", INTERRUPTED, "engines"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")


def test_every_error_class_has_an_exit_code():
    classes = [c for c in vars(errors).values() if isinstance(c, type)]
    for error in (c for c in classes if issubclass(c, errors.MynaError)):
        assert exit_code(error.__new__(error)) in EXIT_CODES.values()
