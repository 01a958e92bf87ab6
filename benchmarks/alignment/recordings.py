"""Recordings with word times somebody else measured."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.embedded.recordings import Recording, load_recordings
from myna.core.audio import Audio
from myna.core.timing import TimedText
from myna.dsp.codec import decode

SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".m4a")
LANGUAGE = "en"  # of recordings the table of transcripts does not name


@dataclass(frozen=True, slots=True)
class Timed:
    """A recording, what is said in it, and when."""

    group: str
    audio: Audio
    transcript: str
    language: str
    words: tuple[TimedText, ...]


def timed_recordings(folder: Path, transcripts: Path | None) -> list[Timed]:
    """Return the folder's recordings that have word times beside them."""
    known = {item.name: item.voice for item in untimed_recordings(folder, transcripts)}
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SOUNDS or not (words := _words(path)):
            continue
        voice = known.get(path.stem)
        transcript = voice.transcript if voice else " ".join(word.text for word in words)
        language = voice.language if voice else LANGUAGE
        found.append(Timed(path.stem, decode(path.read_bytes()), transcript, language, words))
    return found


def untimed_recordings(folder: Path, transcripts: Path | None) -> list[Recording]:
    """Return what the folder's table of transcripts names; without a table, nothing."""
    if transcripts is None and not (folder / "transcripts.tsv").exists():
        return []
    return load_recordings(folder, transcripts)


def _words(path: Path) -> tuple[TimedText, ...]:
    table, grid = path.with_suffix(".csv"), path.with_suffix(".TextGrid")
    if table.exists():
        return _table_words(table)
    return _grid_words(grid) if grid.exists() else ()


def _table_words(path: Path) -> tuple[TimedText, ...]:
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(
            TimedText(row["Label"], float(row["Begin"]), float(row["End"]))
            for row in csv.DictReader(lines)
            if row["Type"] == "words" and row["Label"]
        )


def _grid_words(path: Path) -> tuple[TimedText, ...]:
    """Read the tier "words" of a Praat TextGrid in its long form."""
    tier = re.search(r'name = "words"(.*?)(?=name = "|\Z)', path.read_text("utf-8"), re.DOTALL)
    if not tier:
        return ()
    intervals = re.findall(
        r'xmin = ([\d.]+)\s+xmax = ([\d.]+)\s+text = "((?:[^"]|"")*)"', tier.group(1)
    )
    return tuple(
        TimedText(text.replace('""', '"'), float(start), float(end))
        for start, end, text in intervals
        if text.strip()
    )
