"""A day of reminders, with a server that is away now and then, as fast as it goes."""

import bisect
import random
from dataclasses import dataclass, field

from benchmarks.faults.scene import Said, Scene, spoken, spread
from myna.core.speech import SpeechRequest
from myna.engines.cached import CachedEngine
from myna.engines.fallback import FallbackEngine
from myna.engines.resuming import ResumingEngine
from myna.settings import Settings
from myna.storage.results import ResultFolder
from myna.studio.studio import Studio
from myna.studio.wiring import open_library
from tests.faults.line import FaultyLine

PHRASES, NEW_SHARE = 110, 0.1  # known phrases; share of unheard-of texts
OUTAGES = ((0.10, 0.16), (0.45, 0.50), (0.80, 0.83))  # parts of the day
SILENT = 2  # this outage does not refuse: nothing answers at all
THINGS = ("tea", "soup", "bread", "keys", "coat", "phone", "window", "kettle", "garden", "pills")
DEEDS = (
    "take",
    "bring",
    "close",
    "find",
    "open",
    "check",
    "warm",
    "water",
    "call",
    "fetch",
    "wash",
)


def measure_day(scene: Scene, requests: int) -> None:
    """Print how a day of reminders went, with a server that is away now and then."""
    home = scene.folder / "device"
    line = FaultyLine(scene.port)
    remote = scene.remote(line)
    results = ResultFolder(home / "results", 2_000_000_000)
    # A minute lies between two requests of the day, so every rest is over at the next one.
    there, here = CachedEngine(remote, results), CachedEngine(scene.embedded, results)
    recalls = {"server": there.recall, "embedded": here.recall}
    fallback = FallbackEngine([there, here], 0.0, {"server": remote.check}, recalls)
    studio = Studio(ResumingEngine(fallback), open_library(Settings(home=home)))
    chance = random.Random(2)
    day = Day()
    for number in range(requests):
        outage_at(line, number / requests)
        request = SpeechRequest(text_of(chance, number), scene.voice, "en")
        day.count(spoken(lambda request=request: studio.stream(request)))  # type: ignore[misc]
    line.cut()
    day.show(requests)
    written = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    print(f"  written to the device: {written / 1e6:.1f} MB")


@dataclass(slots=True)
class Day:
    """What was counted."""

    cached: list[float] = field(default_factory=list)
    """First sounds of requests that came from the cache, in milliseconds."""
    new: list[float] = field(default_factory=list)
    fallen_back: int = 0
    failed: int = 0

    def count(self, said: Said) -> None:
        """Count one request."""
        self.failed += said.has_failed
        self.fallen_back += "embedded" in said.engines
        if not said.has_failed:
            (self.cached if said.was_cached else self.new).append(said.first_sound * 1000)

    def show(self, requests: int) -> None:
        """Print it all beside the goals."""
        within = bisect.bisect_right(sorted(self.new), 2000) + bisect.bisect_right(
            sorted(self.cached), 500
        )
        print(f"a day of {requests} requests, {len(OUTAGES)} outages of the server")
        print(f"  spoken: {1 - self.failed / requests:.2%}, in time: {within / requests:.2%}")
        print("    (goals: availability above 99.5 %, cached in 500 ms, new in 2 s)")
        print(f"  from the cache: {len(self.cached) / requests:.1%} (goal: above 80 %)")
        print(f"  by this machine's own engine: {self.fallen_back}")
        print(f"  first sound, cached: {spread(self.cached)}")
        print(f"  first sound, new:    {spread(self.new)}")


def outage_at(line: FaultyLine, moment: float) -> None:
    """Take the server away or bring it back, as the day goes."""
    now = next((n for n, (start, end) in enumerate(OUTAGES) if start <= moment < end), None)
    line.is_silent = now == SILENT
    is_away = now is not None and now != SILENT
    if is_away and not line.is_cut:
        line.cut()
    if not is_away and line.is_cut:
        line.mend()


def text_of(chance: random.Random, number: int) -> str:
    """Return one of the phrases people hear every day, few of them most often, or a new text."""
    if chance.random() < NEW_SHARE:
        return f"Please {chance.choice(DEEDS)} the {chance.choice(THINGS)}, this is note {number}."
    phrase = min(PHRASES - 1, int(chance.paretovariate(0.8)) - 1)
    deed, thing = DEEDS[phrase % len(DEEDS)], THINGS[phrase // len(DEEDS) % len(THINGS)]
    return f"It is time to {deed} the {thing} now, dear."
