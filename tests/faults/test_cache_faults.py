"""What becomes of cached sentences when disk, clock, power or a neighbour interferes."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from myna.core.speech import Utterance
from myna.core.voice import Voice
from myna.engines.cached import CachedEngine
from myna.storage.results import ResultFolder
from tests.faults.cache_writer import SENTENCES
from tests.unit.engines.doubles import BabbleEngine

ROOT = Path(__file__).parents[2]
ROOMY = 10_000_000  # bytes
TIGHT = 300_000  # bytes: a few sentences
HELLO = Utterance("It is time for your medicine.", "en")
YEAR = 365 * 86400.0  # seconds


def writer(folder: Path, *arguments: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.cache_writer", str(folder)]
    return subprocess.Popen(
        [*command, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def lines(process: subprocess.Popen[str]) -> list[tuple[str, str, str]]:
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return [tuple(line.split()) for line in output.splitlines()]  # type: ignore[misc]


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_full_disk_costs_the_cache_and_not_a_word(tmp_path: Path):
    full = lines(writer(tmp_path, ROOMY, 0, 2, 1000))
    assert files(tmp_path) == []
    said = lines(writer(tmp_path, ROOMY, 0, 2))
    again = lines(writer(tmp_path, ROOMY, 0, 2))
    assert [line[2] for line in full] == [line[2] for line in said] == [line[2] for line in again]
    assert [line[1] for line in (*full, *said, *again)] == ["False"] * 4 + ["True"] * 2


@pytest.fixture
def cached(tmp_path: Path) -> tuple[BabbleEngine, CachedEngine, ResultFolder]:
    engine, store = BabbleEngine(), ResultFolder(tmp_path, ROOMY)
    return engine, CachedEngine(engine, store), store


@pytest.mark.parametrize("damage", ["truncated", "altered", "emptied", "swapped"])
def test_a_damaged_sentence_is_said_again_and_kept_again(
    cached: tuple[BabbleEngine, CachedEngine, ResultFolder],
    sample: Voice,
    tmp_path: Path,
    damage: str,
):
    engine, through, _ = cached
    list(through.speak(HELLO, sample))
    (path,) = files(tmp_path)
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(
        {
            "truncated": content[:half],
            "altered": content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :],
            "emptied": b"",
            "swapped": os.urandom(len(content)),
        }[damage]
    )
    assert not any(chunk.cached for chunk in through.speak(HELLO, sample))
    assert path.read_bytes() == content
    assert [chunk.cached for chunk in through.speak(HELLO, sample)] == [True]
    assert len(engine.said) == 2


@pytest.mark.parametrize("years", [-60, -1, 1, 60])
def test_a_clock_that_jumps_loses_no_sentence(
    cached: tuple[BabbleEngine, CachedEngine, ResultFolder],
    sample: Voice,
    tmp_path: Path,
    years: int,
):
    """A board without a battery starts in 1970: files lie in its future until it has the time."""
    engine, through, _ = cached
    list(through.speak(HELLO, sample))
    (path,) = files(tmp_path)
    then = max(0.0, time.time() + years * YEAR)
    os.utime(path, (then, then))
    assert [chunk.cached for chunk in through.speak(HELLO, sample)] == [True]
    assert abs(path.stat().st_mtime - time.time()) < YEAR / 2  # it counts as used today
    assert len(engine.said) == 1


def test_power_cuts_leave_whole_sentences_or_none(tmp_path: Path):
    chance = random.Random(3)
    expected = {line[0]: line[2] for line in lines(writer(tmp_path / "sound", ROOMY, 0, SENTENCES))}
    folder = tmp_path / "cut"
    for _ in range(3):
        process = writer(folder, TIGHT, 0, 0)
        assert process.stdout
        for _ in range(chance.randrange(1, 40)):
            process.stdout.readline()
        process.kill()
        with process:
            process.communicate()
        left_over = next(iter(sorted(folder.rglob("*.speech"))))
        left_over.with_name(".writing-cut").write_bytes(left_over.read_bytes()[:1000])
    survived = lines(writer(folder, ROOMY, 0, SENTENCES))
    assert {line[0]: line[2] for line in survived} == expected
    assert any(line[1] == "True" for line in survived)


def test_two_processes_share_a_cache_that_is_too_small_for_both(tmp_path: Path):
    both = [writer(tmp_path, TIGHT, first, 60) for first in (0, 6)]
    said = [line for process in both for line in lines(process)]
    assert len({(number, sound) for number, _, sound in said}) == SENTENCES
    assert any(replayed == "True" for _, replayed, _ in said)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.speech")) < 3 * TIGHT
