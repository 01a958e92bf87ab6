"""Measure the embedded engine: `python -m benchmarks.embedded FOLDER [--quick]`.

FOLDER holds recordings and `transcripts.tsv` (file, language, transcript, separated by tabs).
"""

import argparse
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from benchmarks.embedded.intelligibility import MatrixTest
from benchmarks.embedded.phones import (
    LabelledFrames,
    PhoneClassifier,
    heard_frames,
    natural_frames,
)
from benchmarks.embedded.recordings import Recording, load_recordings
from benchmarks.embedded.similarity import Listener
from benchmarks.embedded.speed import Timing, engine_timing, espeak_timing, fit_seconds
from benchmarks.embedded.systems import Say, embedded, plain_espeak
from benchmarks.embedded.texts import SENTENCES
from myna.engines.embedded.engine import EmbeddedEngine
from myna.engines.embedded.fit import fit_voice

PHONE_LANGUAGE = "en"  # of the matrix sentences and of the phone classifier
REPEATS = 5  # readings timed


def main() -> None:
    """Print one table for likeness and clarity, one for speed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embedded", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--transcripts", type=Path, help="another table than the folder's own")
    parser.add_argument("--quick", action="store_true", help="fewer sentences: a rough figure")
    given = parser.parse_args()
    recordings = load_recordings(given.folder, given.transcripts)
    _print_quality(recordings, matrix_count=10 if given.quick else 40)
    _print_speed(recordings)


def _print_quality(recordings: Sequence[Recording], matrix_count: int) -> None:
    listener, matrix = Listener(), MatrixTest()
    natural = {
        recording.name: natural_frames(recording.voice)
        for recording in recordings
        if recording.voice.language == PHONE_LANGUAGE and recording.voice.transcript
    }
    raw_words = matrix.accuracy(lambda text: plain_espeak(text, PHONE_LANGUAGE)[0], matrix_count)
    print("## Likeness and clarity")
    print(
        "| recording | seconds | similarity espeak | ours | ceiling | words espeak | ours "
        "| phones espeak | ours |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    rows = []
    for recording in recordings:
        say = embedded(fit_voice(recording.voice))
        likeness = [_similarity(listener, recording, way) for way in (plain_espeak, say)]
        ceiling = listener.ceiling(recording.voice.reference)
        words = matrix.accuracy(lambda text, say=say: say(text, PHONE_LANGUAGE)[0], matrix_count)
        others = [frames for name, frames in natural.items() if name != recording.name]
        phones = [_phone_accuracy(others, way) for way in (plain_espeak, say)]
        rows.append([*likeness, ceiling, raw_words, words, *phones])
        print(f"| {recording.name} | {recording.voice.reference.duration:.1f} {_cells(rows[-1])} |")
    print(f"| **mean** | {_cells([fmean(column) for column in zip(*rows, strict=True)])} |")


def _cells(values: Sequence[float]) -> str:
    return "| " + " | ".join(f"{value:.3f}" for value in values)


def _similarity(listener: Listener, recording: Recording, say: Say) -> float:
    language = recording.voice.language
    target = listener.embedding(recording.voice.reference)
    return fmean(
        float(listener.embedding(say(text, language)[0]) @ target) for text in SENTENCES[language]
    )


def _phone_accuracy(natural: Sequence[LabelledFrames], say: Say) -> float:
    if not natural:
        return float("nan")
    speech = [heard_frames(*say(text, PHONE_LANGUAGE)) for text in SENTENCES[PHONE_LANGUAGE]]
    return PhoneClassifier(natural).accuracy(speech)


def _print_speed(recordings: Sequence[Recording]) -> None:
    print(f"\n## Speed, {platform.processor() or platform.machine()}, a sentence of 15 words")
    print(
        "| voice | fit processor s | first chunk processor ms | first chunk wall ms "
        "| real-time factor processor | wall |"
    )
    print("|---|---|---|---|---|---|")
    print(f"| espeak-ng | - {_speed_cells(espeak_timing(REPEATS))} |")
    engine = EmbeddedEngine()
    for recording in recordings:
        timing = engine_timing(engine, recording.voice, REPEATS)
        print(f"| {recording.name} | {fit_seconds(recording.voice):.2f} {_speed_cells(timing)} |")


def _speed_cells(timing: Timing) -> str:
    return (
        f"| {1000 * timing.first_processor:.0f} | {1000 * timing.first_wall:.0f} "
        f"| {timing.factor_processor:.4f} | {timing.factor_wall:.4f}"
    )


if __name__ == "__main__":
    main()
