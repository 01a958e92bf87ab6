"""Measure alignment: `python -m benchmarks.alignment [FOLDER] [--constructed]`.

FOLDER holds recordings, word times beside some of them (`name.csv` with the columns Begin, End,
Label, Type as the Montreal Forced Aligner writes them, or `name.TextGrid`), and, where there is
one, `transcripts.tsv` (file, language, transcript, separated by tabs). `--constructed` adds speech
of known timing from the free programs that are installed, clean and spoilt in six ways.

Errors are those of word starts and ends in milliseconds: mean, median, 95th percentile; "linear"
spreads the words over the recording by their number of characters.
"""

import argparse
import time
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from itertools import groupby
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.alignment.constructed import constructed
from benchmarks.alignment.recordings import Timed, timed_recordings, untimed_recordings
from benchmarks.alignment.spoiling import SPOILERS
from benchmarks.embedded.recordings import Recording
from myna.align.aligner import DOUBTFUL_COST, align
from myna.core.errors import TextMismatch
from myna.core.timing import TimedText

SPOILT_EVERY = 4  # of the constructed recordings, how many are also spoilt

Aligner = Callable[[Timed], tuple[TimedText, ...]]


def main() -> None:
    """Print one table of errors, and how well wrong transcripts are told from right ones."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alignment", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--transcripts", type=Path, help="another table than the folder's own")
    parser.add_argument("--constructed", action="store_true", help="speech of known timing too")
    given = parser.parse_args()
    timed = timed_recordings(given.folder, given.transcripts) if given.folder else []
    if given.constructed:
        made = constructed()
        chosen = [*timed, *made[::SPOILT_EVERY]]
        timed = [*timed, *made, *(spoil(item) for spoil in SPOILERS for item in chosen)]
    _print_errors(timed)
    if given.folder:
        _print_separation(untimed_recordings(given.folder, given.transcripts))


def _print_errors(timed: Iterable[Timed]) -> None:
    print("| recordings | words | linear | ours | ours: seconds of CPU per second |")
    print("|---|---|---|---|---|")
    for group, items in groupby(timed, key=lambda item: item.group):
        recordings = list(items)
        started = time.process_time()
        ours = np.concatenate([_errors(item, _ours(item)) for item in recordings])
        cost = (time.process_time() - started) / sum(item.audio.duration for item in recordings)
        linear = np.concatenate([_errors(item, _linear(item)) for item in recordings])
        print(
            f"| {group} | {len(ours) // 2} | {_summary(linear)} | {_summary(ours)} | {cost:.3f} |"
        )


def _ours(item: Timed) -> tuple[TimedText, ...]:
    return align(item.audio, item.transcript, item.language).words


def _linear(item: Timed) -> tuple[TimedText, ...]:
    lengths = [len(word.text) for word in item.words]
    edges = np.concatenate([[0], np.cumsum(lengths)]) / sum(lengths) * item.audio.duration
    return tuple(
        TimedText(word.text, float(start), float(end))
        for word, start, end in zip(item.words, edges[:-1], edges[1:], strict=True)
    )


def _errors(item: Timed, found: tuple[TimedText, ...]) -> np.ndarray:
    """Return milliseconds for both ends of every word that both have."""
    ours, true = ([_plain(word.text) for word in words] for words in (found, item.words))
    pairs = [
        (found[block.a + step], item.words[block.b + step])
        for block in SequenceMatcher(None, ours, true, autojunk=False).get_matching_blocks()
        for step in range(block.size)
    ]
    return np.array(
        [
            1000 * abs(error)
            for word, other in pairs
            for error in (word.start - other.start, word.end - other.end)
        ]
    )


def _plain(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())


def _summary(errors: np.ndarray) -> str:
    return f"{errors.mean():.1f} / {np.median(errors):.1f} / {np.percentile(errors, 95):.0f}"


def _print_separation(recordings: list[Recording]) -> None:
    """Print the costs of each recording with its own words and with those of all others."""
    if len(recordings) < 2:
        return
    own, other, refused = [], [], 0
    for recording in recordings:
        for source in recordings:
            voice = source.voice
            try:
                cost = align(recording.voice.reference, voice.transcript, voice.language).cost
            except TextMismatch:
                refused += 1
                continue
            (own if source is recording else other).append(cost)
    print(f"\nCost with its own words ({len(own)}): {min(own):.2f} to {max(own):.2f}")
    if other:
        print(
            f"Cost with other words ({len(other)}): {min(other):.2f} to {max(other):.2f}, "
            f"median {median(other):.2f}"
        )
    missed = sum(cost <= DOUBTFUL_COST for cost in other)
    print(
        f"At the threshold {DOUBTFUL_COST:.2f}: {sum(cost > DOUBTFUL_COST for cost in own)} right "
        f"transcripts refused, {missed} wrong ones not noticed; {refused} refused for their length"
    )


if __name__ == "__main__":
    main()
