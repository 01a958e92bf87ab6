"""A server that is a process of its own, killed as the kernel kills."""

import signal
import subprocess
from pathlib import Path

from myna.core.speech import Chunk, SpeechRequest
from myna.settings import Settings
from myna.studio.studio import Studio

SENTENCE = "The quick brown fox jumps over the lazy dog and nine old owls look on quietly " * 3
TEXT = f"{SENTENCE.strip()}. And this is the next one."


def test_a_server_killed_in_mid_sentence_loses_no_word(
    server: tuple[subprocess.Popen[str], str], home: Path
):
    process, url = server
    home.mkdir(exist_ok=True)
    (home / "myna.toml").write_text(
        'engines = ["remote", "embedded"]\n'
        f'[remotes.remote]\nkind = "myna"\nurl = "{url}"\n'
        "first_sound_seconds = 60\nstall_seconds = 60\n"
    )
    studio = Studio.open(Settings.load())
    chunks: list[Chunk] = []
    for chunk in studio.stream(SpeechRequest(TEXT, "sample")):
        if not chunks:
            process.send_signal(signal.SIGKILL)
        chunks.append(chunk)
    words = [word.text for chunk in chunks for word in chunk.words]
    assert words == TEXT.replace(".", "").split()
    assert {chunk.engine for chunk in chunks if chunk.sentence == 0} == {"remote", "embedded"}
    assert {chunk.engine for chunk in chunks if chunk.sentence > 0} == {"embedded"}
