"""A folder of recordings and what is said in them."""

import csv
from dataclasses import dataclass
from pathlib import Path

import soundfile

from myna.core.audio import Audio
from myna.core.voice import Voice

COLUMNS = ("file", "language", "transcript")


@dataclass(frozen=True, slots=True)
class Recording:
    """A voice and the name of the file it came from."""

    name: str
    voice: Voice


def load_recordings(folder: Path, transcripts: Path | None = None) -> list[Recording]:
    """Read the recordings a tab-separated table names: file, language, transcript.

    The table is `transcripts.tsv` in the folder unless given; lines that begin with # are notes.
    """
    table = transcripts or folder / "transcripts.tsv"
    with table.open(encoding="utf-8", newline="") as lines:
        kept = (line for line in lines if line.strip() and not line.startswith("#"))
        rows = list(csv.reader(kept, delimiter="\t", quoting=csv.QUOTE_NONE))
    if rows and tuple(rows[0]) == COLUMNS:
        rows = rows[1:]
    return [
        Recording(Path(file).stem, Voice(_audio(folder / file), transcript, language))
        for file, language, transcript in rows
    ]


def _audio(path: Path) -> Audio:
    samples, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    return Audio(samples.mean(axis=1), sample_rate)
