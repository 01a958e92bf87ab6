"""What a listener hears when servers fail: `python -m benchmarks.faults [PART ...]`.

A server of its own, in a process of its own, behind a line that breaks when it is told to. Four
parts: the gap until another engine is heard once the server has vanished; requests of which one in
a hundred is reset; a day of reminders with outages, as fast as it goes; each fault by itself, what
is heard, how long the silence is, and what is lost. `--scale 0.1` makes each a tenth as long. Run
it on a machine that does nothing else.
"""

import argparse
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.faults.day import measure_day
from benchmarks.faults.each import measure_each
from benchmarks.faults.gaps import measure_gaps
from benchmarks.faults.resets import measure_resets
from benchmarks.faults.scene import Scene, serving
from myna.core.speech import Utterance
from myna.engines.embedded.engine import EmbeddedEngine
from myna.settings import Settings
from myna.studio.wiring import open_library

PARTS: dict[str, tuple[Callable[[Scene, int], None], int, int]] = {
    "gaps": (measure_gaps, 50, 3),
    "resets": (measure_resets, 2000, 20),
    "day": (measure_day, 1500, 50),
    "each": (measure_each, 20, 2),
}
"""Each part, how often it does what it does, and how often at least."""


def main() -> None:
    """Measure and print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the usual length")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    given = parser.parse_args()
    logging.disable(logging.WARNING)  # each fault is news, and there are many
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "server") as port:
        voice = open_library(Settings(home=Path(folder))).get("sample")
        embedded = EmbeddedEngine()
        list(embedded.speak(Utterance("Hello.", "en"), voice))  # learns the voice
        scene = Scene(port, voice, embedded, Path(folder))
        for name in given.parts or PARTS:
            measure, usual, least = PARTS[name]
            measure(scene, max(least, round(usual * given.scale)))


if __name__ == "__main__":
    main()
