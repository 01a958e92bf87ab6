"""What the order at the desk is worth: first sound and silence of listeners who share a machine.

    python -m benchmarks.desk [--load 0.5 0.8 0.95] [--seconds 60]

Real threads at the desk that the neural engines use; their passes only sleep, each as long as a
machine needs that makes `--speed` seconds of sound in a second, one pass at a time. Listeners
come at random times, so many that the machine is busy for the given share of the time; each hears
a sentence of 2 to 10 seconds in chunks that grow. Every fourth wants it whole, made in one pass.
The same listeners come once where the desk goes by playback deadlines, once by arrival. Takes
seven minutes with the defaults.
"""

import argparse
import random
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from myna.core.playback import NOBODY_LISTENS, NOTHING_HEARD, Playback
from myna.engines.batching.desk import Desk

CHUNKS = (0.6, 1.0, 2.0, 4.0)  # seconds of sound, the last for all that follow
SHORTEST, LONGEST = 2.0, 10.0  # seconds of a sentence
COLUMNS = (
    "| load | order | listeners | first sound p50, p95 (s) | with a silence | silence (s) | "
    "whole p50, p95 (s) |"
)
WHOLE = 4  # of so many listeners one hears the sentence once it is whole


@dataclass(frozen=True)
class Visitor:
    """Somebody who will listen."""

    comes: float  # seconds from the beginning
    seconds: float  # of sound
    whole: bool

    @property
    def chunks(self) -> Iterator[float]:
        """Yield how many seconds are made at once."""
        if self.whole:
            yield self.seconds
            return
        left, plan = self.seconds, iter(CHUNKS)
        size = next(plan)
        while left > 0:
            yield min(size, left)
            left, size = left - size, next(plan, size)


@dataclass
class Heard:
    """What listeners heard."""

    firsts: list[float] = field(default_factory=list)  # seconds to the first sound
    wholes: list[float] = field(default_factory=list)  # seconds to a whole sentence
    silences: list[float] = field(default_factory=list)  # seconds of each listener


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--load", type=float, nargs="+", default=[0.5, 0.8, 0.95])
    parser.add_argument("--seconds", type=float, default=60.0, help="in which listeners come")
    parser.add_argument("--speed", type=float, default=5.0, help="seconds of sound a second")
    given = parser.parse_args()
    print(f"{given.seconds:g} s, {given.speed:g} s of sound a second\n")
    print(COLUMNS)
    print("|---|---|---|---|---|---|---|")
    for load in given.load:
        visitors = crowd(load, given.seconds, given.speed)
        for order in ("arrival", "deadline"):
            heard = listen(visitors, given.speed, by_deadline=order == "deadline")
            print(f"| {load:g} | {order} | {len(visitors)} | {written(heard)} |", flush=True)


def crowd(load: float, seconds: float, speed: float) -> list[Visitor]:
    """Return who comes, the same for the same numbers."""
    chance = random.Random(1)
    between = (SHORTEST + LONGEST) / 2 / speed / load
    visitors, comes = list[Visitor](), 0.0
    while (comes := comes + chance.expovariate(1 / between)) < seconds:
        whole = not len(visitors) % WHOLE
        visitors.append(Visitor(comes, chance.uniform(SHORTEST, LONGEST), whole))
    return visitors


def listen(visitors: Sequence[Visitor], speed: float, *, by_deadline: bool) -> Heard:
    """Have all be served, and return what they heard."""

    def work(chunks: Sequence[float]) -> Sequence[float]:
        time.sleep(sum(chunks) / speed)
        return chunks

    desk, heard = Desk[float, float](work), Heard()
    began = time.monotonic()

    def visit(visitor: Visitor) -> None:
        time.sleep(max(0.0, began + visitor.comes - time.monotonic()))
        came, silence = time.monotonic(), 0.0
        playback = Playback(NOBODY_LISTENS if visitor.whole else NOTHING_HEARD)
        for chunk in visitor.chunks:
            desk.done(chunk, playback.deadline if by_deadline else NOTHING_HEARD)
            now = time.monotonic()
            if visitor.whole:
                heard.wholes.append(now - came)
            elif playback.deadline == NOTHING_HEARD:
                heard.firsts.append(now - came)
            else:
                silence += max(0.0, now - playback.deadline)
            playback.hand_over(chunk)
        if not visitor.whole:
            heard.silences.append(silence)

    threads = [threading.Thread(target=visit, args=(visitor,)) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return heard


def written(heard: Heard) -> str:
    """Return the columns of a row."""
    silent = [seconds for seconds in heard.silences if seconds > 0.01]
    return (
        f"{spread(heard.firsts)} | {len(silent) / len(heard.silences):.1%} | "
        f"{sum(silent):.1f} | {spread(heard.wholes)}"
    )


def spread(seconds: Sequence[float]) -> str:
    """Write the median and the slowest twentieth."""
    parts = statistics.quantiles(seconds, n=20)
    return f"{parts[9]:.2f}, {parts[18]:.2f}"


if __name__ == "__main__":
    main()
