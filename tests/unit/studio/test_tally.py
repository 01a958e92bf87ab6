import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from myna.core.errors import BadText, SynthesisFailed
from myna.core.speech import SpeechRequest
from myna.engines.cached import CachedEngine
from myna.engines.fallback import FallbackEngine
from myna.settings import Settings
from myna.storage.results import ResultFolder
from myna.studio.figures import Figures
from myna.studio.studio import Studio
from myna.studio.tally import Tally
from myna.studio.wiring import open_counts, open_library
from tests.unit.engines.doubles import BrokenEngine, ToneEngine


@pytest.fixture
def tally(settings: Settings) -> Tally:
    return Tally(open_counts(settings))


@pytest.fixture
def open_studio(settings: Settings, tally: Tally, tmp_path: Path):
    results = ResultFolder(tmp_path / "results", 10_000_000)

    def open_with(*engines: ToneEngine) -> Studio:
        chain = FallbackEngine([CachedEngine(engine, results) for engine in engines])
        return Studio(chain, open_library(settings), tally=tally)

    return open_with


@pytest.fixture
def figures(settings: Settings, tally: Tally):
    def read() -> Figures:
        tally.flush()
        return Figures.of(open_counts(settings).of_last(1))

    return read


def test_replayed_and_new_sentences_are_told_apart(open_studio, figures):
    studio = open_studio(ToneEngine())
    for text in ("가. 나.", "나. 다. 가.", "나."):
        list(studio.stream(SpeechRequest(text, "sample")))
    found = figures()
    assert (found.served, found.failed, found.sentences, found.hits) == (3, 0, 6, 3)
    assert (found.new.count, found.cached.count) == (1, 2)
    assert found.cached.percentile_99_ms is not None


def test_a_fallback_keeps_the_device_available_and_is_counted(open_studio, figures):
    studio = open_studio(BrokenEngine(), ToneEngine())
    list(studio.stream(SpeechRequest("가. 나.", "sample")))
    found = figures()
    assert (found.served, found.failed, found.fallbacks) == (1, 0, 2)


def test_a_speech_that_broke_off_counts_as_failed(open_studio, figures):
    studio = open_studio(BrokenEngine(after=2))
    with pytest.raises(SynthesisFailed):
        list(studio.stream(SpeechRequest("가.", "sample")))
    found = figures()
    assert (found.served, found.failed) == (0, 1)
    (availability,) = (goal for goal in found.goals() if goal.name == "availability")
    assert (availability.value, availability.met) == (0.0, False)


def test_a_callers_mistake_is_no_failure(open_studio, figures):
    with pytest.raises(BadText):
        list(open_studio(ToneEngine()).stream(SpeechRequest(iter([" "]), "sample")))
    found = figures()
    assert (found.served, found.failed, found.refused) == (0, 0, 1)


def test_a_listener_who_leaves_was_served_if_anything_was_heard(open_studio, figures):
    studio = open_studio(ToneEngine())
    heard = studio.stream(SpeechRequest("가나다.", "sample"))
    next(heard)
    heard.close()
    studio.stream(SpeechRequest("가나다.", "sample")).close()
    assert (figures().served, figures().failed) == (1, 0)


def test_waiting_for_text_is_nobodys_latency(open_studio, figures):
    list(open_studio(ToneEngine()).stream(SpeechRequest(iter(["가. ", "나."]), "sample")))
    found = figures()
    assert (found.served, found.new.count + found.cached.count) == (1, 0)


def test_goals_without_anything_counted_are_open(figures):
    assert [goal.met for goal in figures().goals()] == [None] * 4


def test_goals_are_met_by_steps_within_them():
    counts = {
        "served": 999,
        "failed": 1,
        "sentences": 10,
        "hits": 9,
        "cached 20": 95,
        "cached 750": 5,
    }
    met = {goal.name: goal.met for goal in Figures.of({**counts, "new more": 1}).goals()}
    assert list(met.values()) == [True, False, True, True]
    assert Figures.of(counts).cached.percentile_99_ms == 750


def test_a_process_that_is_killed_has_counted_what_was_heard(settings: Settings):
    code = """
import time
from myna import SpeechRequest, Studio
studio = Studio.open()
for text in ("Tea is ready.", "Tea is ready."):
    list(studio.stream(SpeechRequest(text, "sample")))
print("said", flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout and child.stdout.readline() == "said\n"
        until = time.monotonic() + 20
        while open_counts(settings).of_last(1).get("served") != 2 and time.monotonic() < until:
            time.sleep(0.01)
        child.kill()
    assert Figures.of(open_counts(settings).of_last(1)).served == 2


def test_what_cannot_be_written_is_written_later(settings: Settings, tally: Tally, figures):
    database = open_counts(settings)._database
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE counts RENAME TO away")
    tally.add(Counter(served=2))
    while tally._is_writing:
        time.sleep(0.01)
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO counts")
    tally.add(Counter(served=1))
    assert figures().served == 3


def test_no_failure_loses_counts_or_ends_the_writing(tally: Tally, figures):
    beyond = 2**64  # more than the database holds: the driver refuses it in its own way
    tally.add(Counter(served=beyond, failed=1))
    while tally._is_writing:
        time.sleep(0.01)
    assert not tally.flush()
    tally.add(Counter(served=5 - beyond))
    while tally._is_writing:
        time.sleep(0.01)
    assert not tally._waiting
    assert (figures().served, figures().failed) == (5, 1)


def test_where_no_thread_can_be_started_counts_are_written_once_by_whoever_counts(
    tally: Tally, figures, monkeypatch: pytest.MonkeyPatch
):
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    def count_elsewhere(connection: sa.Connection) -> None:
        commits.append(connection)
        if len(commits) < 5:
            tally._waiting.update(served=1)

    commits: list[sa.Connection] = []
    sa.event.listen(tally._book._database, "commit", count_elsewhere)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        tally.add(Counter(served=1))
    assert (len(commits), tally._is_writing) == (1, False)
    assert figures().served == 2


def test_what_a_process_said_is_counted_when_it_ends(settings: Settings):
    code = """
from myna import SpeechRequest, Studio
list(Studio.open().stream(SpeechRequest("Tea is ready.", "sample")))
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    assert Figures.of(open_counts(settings).of_last(1)).served == 1
    shown = subprocess.run(
        [sys.executable, "-m", "myna", "stats"], capture_output=True, text=True, check=True
    ).stdout
    assert "availability\t100.00%\t> 99.5%\tmet" in shown
    assert "hit rate\t0.00%\t> 80.0%\tmissed" in shown
