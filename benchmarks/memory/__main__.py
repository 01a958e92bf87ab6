"""How much memory the neural engines take and how soon they are ready, by stages.

    python -m benchmarks.memory [--runtime fast exact] [--silent] [--stages] [PART ...]

Parts: v2ProPlus, v4, cosyvoice2; all, unless named. The weights are random, of the sizes and
precisions published, with BERT, HuBERT and the networks that listen. Each row is a process of its
own that imports the engine, makes it, says an English sentence in a voice it has to learn, and a
Chinese one; `fast` is measured twice, without and with its graphs kept. Megabytes are resident: of
the process itself, and, after a plus, of files it has mapped, which the system takes back when it
needs room. `--silent` only makes the engines: the last columns then repeat. Without
`--folder FOLDER`, where the weights are kept for the next time, 7 GB of disk are taken
while it runs. Run it from the root of the repository; some ten minutes. Seconds count only on a
machine that does nothing else.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.memory.files import PARTS, write
from benchmarks.memory.process import Figures, Moment

RUNTIMES = ("fast", "exact")
COLUMNS = (
    "| engine | runtime | imported | ready | seconds | most until then | after a sentence in "
    "a new voice | most | after a Chinese one |"
)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--runtime", nargs="*", choices=RUNTIMES, default=RUNTIMES)
    parser.add_argument("--stages", action="store_true", help="where in the code it grew")
    parser.add_argument("--silent", action="store_true", help="only make the engines")
    parser.add_argument("--folder", type=Path, help="keeps the weights")
    given = parser.parse_args()
    parts = given.parts or PARTS
    if not set(parts) <= set(PARTS):
        parser.error(f"there are {', '.join(PARTS)}")
    print(f"{COLUMNS}\n|{'---|' * COLUMNS.count(' |')}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        root = given.folder or Path(name)
        for part in parts:
            folder = root / part
            if not folder.exists():
                write(part, folder)
            for runtime in given.runtime:
                _measure(folder, part, runtime, given)


def _measure(folder: Path, part: str, runtime: str, given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as graphs:
        for times in ("at first", "again") if runtime == "fast" else ("",):
            spoken = "silent" if given.silent else "aloud"
            figures = _figures(part, str(folder), runtime, graphs, spoken)
            print(_row(part, f"{runtime} {times}".strip(), figures), flush=True)
            if given.stages:
                _print_stages(figures)


def _figures(*told: str) -> Figures:
    command = [sys.executable, "-m", "benchmarks.memory.process", *told]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return Figures.of(json.loads(done.stdout))


def _row(part: str, runtime: str, figures: Figures) -> str:
    return (
        f"| {part} | {runtime} | {_told(figures.imported)} | {_told(figures.ready)} | "
        f"{figures.seconds_imported:.1f} + {figures.seconds:.1f} | {_told(figures.highest_ready)} "
        f"| {_told(figures.spoken)} | {_told(figures.highest_spoken)} | {_told(figures.chinese)} |"
    )


def _told(moment: Moment) -> str:
    return f"{moment.own / 1e6:.0f} + {moment.files / 1e6:.0f}"


def _print_stages(figures: Figures) -> None:
    """Print in which function the process grew, and the most there was meanwhile."""
    print("    MB grown, most: while in")
    for stage in figures.stages:
        print(f"    {stage.grown / 1e6:+7.0f} {stage.most / 1e6:7.0f}  {stage.name}")


if __name__ == "__main__":
    main()
