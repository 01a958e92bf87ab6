"""Programs that stand in for a loudspeaker: real processes that write down what they play."""

import sys
from pathlib import Path

from myna.playback.programs import PipedPlayer

IN_REAL_TIME = """
import sys, time
rate, heard = int(sys.argv[1]), open(sys.argv[2], "ab", buffering=0)
while block := sys.stdin.buffer.read1(rate // 10):
    heard.write(block)
    time.sleep(len(block) / 2 / rate)
"""


def at_once(heard: Path) -> PipedPlayer:
    """Return a player that takes sound as fast as it comes."""
    return PipedPlayer("at-once", lambda _: ["sh", "-c", 'cat >> "$0"', f"{heard}"])


def in_real_time(heard: Path) -> PipedPlayer:
    """Return a player that takes as long as a loudspeaker."""
    return PipedPlayer(
        "real-time", lambda rate: [sys.executable, "-c", IN_REAL_TIME, f"{rate}", f"{heard}"]
    )


def broken() -> PipedPlayer:
    """Return a player whose device is gone."""
    return PipedPlayer("broken", lambda _: ["sh", "-c", "echo no such device >&2; exit 1"])


def install(folder: Path, name: str, script: str) -> None:
    """Put a program of this name into a folder."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
