"""One engine in a process of its own: `python -m benchmarks.memory.process PART FOLDER RUNTIME ...`

Prints the figures as JSON. Nothing is imported before it is counted but what counts.
"""

import json
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from myna.core.engine import Engine

_EVERY = 0.002  # seconds between two looks
_LEAST = 8e6  # bytes a stage must have grown or shrunk by to be told
_ENGLISH = "Tea is ready, and the kettle is still warm."
_CHINESE = "今天天气很好，我们去看大世界。"
_SAMPLE = Path("src/myna/studio/sample/sample.flac")


@dataclass(frozen=True)
class Moment:
    """What is resident, in bytes."""

    own: float
    files: float
    """Of files that are mapped, libraries among them."""

    @property
    def total(self) -> float:
        """Both."""
        return self.own + self.files


@dataclass(frozen=True)
class Stage:
    """What happened while one function was the innermost of the engine's."""

    name: str
    grown: float
    most: float


@dataclass(frozen=True)
class Figures:
    """What one process measured."""

    imported: Moment
    ready: Moment
    highest_ready: Moment
    spoken: Moment
    highest_spoken: Moment
    chinese: Moment
    seconds_imported: float
    seconds: float
    stages: list[Stage] = field(default_factory=list)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Figures":  # as JSON has them
        """Undo `asdict`."""
        stages = [Stage(**stage) for stage in told["stages"]]
        moments = {name: Moment(**it) for name, it in told.items() if isinstance(it, dict)}
        rest = {name: it for name, it in told.items() if isinstance(it, float)}
        return cls(**moments, **rest, stages=stages)


def main() -> None:
    """Make the engine, let it speak, and print what it took."""
    part, folder, runtime, graphs, spoken_or_not = sys.argv[1:]
    looking = _Looking()
    with looking.on():
        began = time.perf_counter()
        from benchmarks.memory.engines import make, some_seconds, speak

        imported, seconds_imported = _now(), time.perf_counter() - began
        began = time.perf_counter()
        engine: Engine = make(part, Path(folder), runtime, Path(graphs))
        seconds = time.perf_counter() - began
        ready, highest_ready = _now(), looking.highest
        if spoken_or_not == "aloud":
            speak(engine, some_seconds(part, _ENGLISH), "en", _SAMPLE)
        spoken, highest_spoken = _now(), looking.highest
        if spoken_or_not == "aloud":
            speak(engine, some_seconds(part, _CHINESE), "zh", _SAMPLE)
    figures = Figures(
        imported,
        ready,
        highest_ready,
        spoken,
        highest_spoken,
        _now(),
        seconds_imported,
        seconds,
        looking.stages,
    )
    print(json.dumps(asdict(figures)))


class _Looking:
    """Looks at the process and at where its main thread is, every few milliseconds."""

    def __init__(self) -> None:
        self.highest = Moment(0, 0)
        self._grown: dict[str, float] = {}
        self._most: dict[str, float] = {}
        self._over = threading.Event()
        self._last = _now()

    @property
    def stages(self) -> list[Stage]:
        """In the order of their beginning."""
        changed = ((name, grown) for name, grown in self._grown.items() if abs(grown) > _LEAST)
        return [Stage(name, grown, self._most[name]) for name, grown in changed]

    @contextmanager
    def on(self) -> "Iterator[None]":
        """Look meanwhile."""
        thread = threading.Thread(target=self._look, args=(threading.get_ident(),))
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _look(self, main: int) -> None:
        while not self._over.wait(_EVERY):
            moment, name = _now(), _innermost(sys._current_frames().get(main))
            grown = moment.total - self._last.total
            self._grown[name] = self._grown.get(name, 0) + grown
            self._most[name] = max(self._most.get(name, 0), moment.total)
            self._last = moment
            self.highest = max(self.highest, moment, key=lambda it: it.total)


def _innermost(frame: FrameType | None) -> str:
    """Name the innermost function of Myna's engines."""
    while frame is not None:
        _, found, within = frame.f_code.co_filename.partition("/myna/engines/")
        if found:
            return f"{within.removesuffix('.py')}: {frame.f_code.co_name}"
        frame = frame.f_back
    return "elsewhere"


def _now() -> Moment:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own, files, shared = (
        1024.0 * int(fields[name].split()[0]) for name in ("RssAnon", "RssFile", "RssShmem")
    )
    return Moment(own + shared, files)


if __name__ == "__main__":
    main()
