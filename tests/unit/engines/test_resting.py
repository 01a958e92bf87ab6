import threading
import time
from pathlib import Path

from myna.core.errors import EngineUnreachable
from myna.core.speech import Utterance
from myna.core.voice import Voice
from myna.engines.cached import CachedEngine
from myna.engines.fallback import FallbackEngine
from myna.engines.resting import LONGEST_FACTOR, Rests
from myna.storage.results import ResultFolder
from tests.unit.engines.doubles import BrokenEngine, ToneEngine

HELLO = Utterance("가나", "ko")


class Door:
    """A probe that says what it is told to."""

    def __init__(self) -> None:
        self.is_open = False
        self.knocks = 0
        self.answers = threading.Event()
        self.answers.set()

    def __call__(self) -> None:
        self.knocks += 1
        self.answers.wait(5)
        if not self.is_open:
            raise EngineUnreachable("nobody there")


def test_a_failed_engine_is_probed_instead_of_tried(sample: Voice):
    broken, spare, door = BrokenEngine(), ToneEngine(), Door()
    chain = FallbackEngine([broken, spare], cooldown=0.0, probes={"broken": door})
    for _ in range(3):
        list(chain.speak(HELLO, sample))
    assert (len(broken.said), door.knocks) == (1, 2)
    door.is_open = True
    list(chain.speak(HELLO, sample))
    assert len(broken.said) == 2


def test_nobody_is_probed_while_it_rests():
    door = Door()
    rests = Rests(30.0, {"a": door})
    rests.failed("a")
    assert rests.is_resting("a")
    assert door.knocks == 0


def test_a_probe_that_takes_long_holds_nobody_up_and_counts_later():
    door = Door()
    door.answers.clear()
    door.is_open = True
    rests = Rests(0.2, {"a": door})
    rests.failed("a")
    time.sleep(0.25)
    assert rests.is_resting("a")  # long before the 5 seconds are over
    door.answers.set()
    until = time.monotonic() + 5
    while rests.is_resting("a"):
        assert time.monotonic() < until


def test_whoever_keeps_failing_rests_longer_up_to_a_bound_until_it_succeeds():
    rests = Rests(10.0, {})
    lengths = []
    for _ in range(6):
        rests.failed("a")
        lengths.append(round((rests._rests["a"].until - time.monotonic()) / 10))
    assert lengths == [1, 2, 4, 8, LONGEST_FACTOR, LONGEST_FACTOR]
    rests.succeeded("a")
    assert not rests.is_resting("a")
    rests.failed("a")
    assert round((rests._rests["a"].until - time.monotonic()) / 10) == 1


def test_one_broken_sentence_is_chance_two_are_a_failure():
    rests = Rests(30.0, {})
    rests.stumbled("a")
    assert not rests.is_resting("a")
    rests.stumbled("a")
    assert rests.is_resting("a")


def test_what_a_resting_engine_said_before_is_replayed_and_forgives_nothing(
    sample: Voice, tmp_path: Path
):
    results = ResultFolder(tmp_path / "results", 10_000_000)
    list(CachedEngine(ToneEngine("there"), results).speak(HELLO, sample))
    gone, spare = BrokenEngine(), ToneEngine()
    gone.name, gone.fingerprint = "there", ToneEngine("there").fingerprint
    door = Door()
    kept = CachedEngine(gone, results)
    chain = FallbackEngine([kept, spare], probes={"there": door}, recalls={"there": kept.recall})
    fresh = Utterance("다라", "ko")
    (*_, last) = chain.speak(fresh, sample)
    assert last.fell_back
    (replayed,) = chain.speak(HELLO, sample)
    assert (replayed.engine, replayed.cached, replayed.fell_back) == ("there", True, False)
    assert door.knocks == 0
    (*_, last) = chain.speak(fresh, sample)
    assert last.fell_back
    assert gone.said == ["다라"]  # it rests as before


def test_a_sentence_that_is_only_seemingly_kept_is_said_by_the_next(sample: Voice, tmp_path: Path):
    results = ResultFolder(tmp_path / "results", 10_000_000)
    list(CachedEngine(ToneEngine("there"), results).speak(HELLO, sample))
    results.kept()[0].path.write_bytes(b"damaged")
    gone, spare = BrokenEngine(), ToneEngine()
    gone.name, gone.fingerprint = "there", ToneEngine("there").fingerprint
    kept = CachedEngine(gone, results)
    chain = FallbackEngine([kept, spare], recalls={"there": kept.recall})
    (*_, last) = chain.speak(HELLO, sample)
    assert (last.engine, last.fell_back) == ("tone", True)
