"""What a listener hears when the line to the server fails: every word, from one engine or other."""

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from myna.core.errors import EngineTimeout, EngineUnreachable
from myna.core.speech import Chunk
from myna.engines.fallback import FallbackEngine
from myna.engines.remote.acquaintance import Acquaintance
from myna.engines.remote.transport import Address, Patience, Transport
from myna.engines.resuming import PAUSE
from tests.faults.conftest import TEXT, WORDS, Line, engines, sound, words
from tests.faults.line import Fault, Kind
from tests.unit.engines.remote.scripted import scripted
from tests.unit.engines.remote.test_speaking import certificate, speech

Lay = Callable[..., Line]

MIDDLE = 60_000  # bytes of an answer, of about 250 000
DESCRIPTION = 1  # request before the first sentence: what the server is


def once(request: int, fault: Fault) -> Callable[[int], Fault | None]:
    return lambda number: fault if number == request else None


def check_complete(chunks: list[Chunk]) -> None:
    """All words, once each, in order and inside the sound."""
    assert words(chunks) == WORDS
    edges = [edge for chunk in chunks for word in chunk.words for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert edges[-1] <= sound(chunks).duration + 1e-3
    assert len({chunk.audio.sample_rate for chunk in chunks}) == 1


def test_without_a_fault_the_server_says_it(line: Lay):
    laid = line()
    chunks = laid.said(laid.chain())
    check_complete(chunks)
    assert engines(chunks) == ["there"]


def test_a_break_in_mid_sentence_loses_no_word_and_keeps_the_voice(line: Lay):
    laid = line(plan=once(DESCRIPTION, Fault(MIDDLE)))
    chunks = laid.said(laid.chain())
    check_complete(chunks)
    assert engines(chunks) == ["there"]
    assert len(laid.server.studio.engine.said) == 2  # the sentence, and what was left of it


def test_a_server_gone_in_mid_sentence_is_followed_by_the_next_engine(line: Lay):
    laid = line(plan=lambda number: [None, Fault(MIDDLE)][number] if number < 2 else Fault(0))
    chunks = laid.said(laid.chain())
    check_complete(chunks)
    assert engines(chunks) == ["there", "spare"]
    assert [chunk.fell_back for chunk in chunks] == [c.engine == "spare" for c in chunks]
    assert TEXT.endswith(laid.spare.said[0]) and laid.spare.said[0] != TEXT
    assert engines(laid.said(laid.chain(), "And now this.")) == ["spare"]


def test_a_stall_in_mid_sentence_is_followed_by_the_next_engine(line: Lay):
    laid = line(plan=once(DESCRIPTION, Fault(MIDDLE, Kind.STALL)))
    chain = laid.chain(stall_seconds=0.5)
    chunks = laid.said(chain)
    check_complete(chunks)
    assert engines(chunks) == ["there", "spare"]
    assert engines(laid.said(chain, "And now this.")) == ["spare"]  # it rests


def test_a_stall_before_the_first_sound_is_a_failure_in_time(line: Lay):
    laid = line(plan=once(DESCRIPTION, Fault(0, Kind.STALL)))
    chunks = laid.said(laid.chain(first_sound_seconds=0.3))
    check_complete(chunks)
    assert engines(chunks) == ["spare"]


def test_without_another_engine_a_stall_says_so(line: Lay):
    laid = line(plan=once(DESCRIPTION, Fault(0, Kind.STALL)))
    with pytest.raises(
        EngineTimeout, match=r"'there' at http://127\.0\.0\.1.* within 0\.2 seconds"
    ):
        laid.said(laid.remote(first_sound_seconds=0.2))


def test_a_dead_server_is_named_with_the_reason(line: Lay):
    laid = line()
    laid.faults.cut()
    with pytest.raises(EngineUnreachable, match=r"cannot be reached: .*refused"):
        laid.said(laid.remote())
    check_complete(laid.said(laid.chain()))


def test_a_name_that_does_not_exist_falls_back(line: Lay):
    laid = line()
    remote = laid.remote(url="http://server.invalid:8000")
    with pytest.raises((EngineUnreachable, EngineTimeout), match=r"server\.invalid"):
        laid.said(remote)
    chunks = laid.said(FallbackEngine([remote, laid.spare]))
    assert engines(chunks) == ["spare"]


def test_a_wrong_certificate_falls_back_and_nothing_is_sent(line: Lay, tmp_path: Path):
    laid = line()
    trust, _ = certificate(tmp_path)
    with scripted(speech, trust) as server:
        remote = laid.remote(url=f"https://127.0.0.1:{server.port}")
        chunks = laid.said(laid.chained(remote))
        assert server.requests == []
    check_complete(chunks)
    assert engines(chunks) == ["spare"]


def test_a_server_that_comes_and_goes_never_leaves_a_gap(line: Lay):
    laid = line()
    chain = laid.chain(cooldown=0.01)
    heard = []
    for turn in range(6):
        laid.faults.cut() if turn % 2 else turn and laid.faults.mend()
        chunks = laid.said(chain)
        check_complete(chunks)
        heard += engines(chunks)
    assert set(heard) == {"there", "spare"}
    assert heard[1] == "spare"


def test_random_resets_lose_no_word(line: Lay):
    chance = random.Random(8)
    laid = line()

    def plan(_: int) -> Fault | None:
        after = chance.randrange(200_000)
        return Fault(after, Kind.RESET) if chance.random() < 0.2 else None

    laid.faults.plan = plan
    chain = laid.chain(cooldown=0.0)
    for _ in range(25):
        check_complete(laid.said(chain))


@pytest.mark.parametrize("kind", ["gpt-sovits-v2", "openai"])
def test_where_words_are_not_timed_the_sentence_begins_again(line: Lay, kind: str):
    laid = line()
    remote = laid.remote(kind, voice="sample")
    whole = laid.said(remote)
    breaks = iter([Fault(20_000)])
    laid.faults.plan = lambda _: next(breaks, None)
    chunks = laid.said(laid.chained(remote))
    assert sound(chunks).duration > sound(whole).duration + PAUSE
    assert laid.server.studio.engine.said == [TEXT] * 3


def test_while_one_sentence_asks_a_silent_server_others_go_on(line: Lay):
    laid = line()
    laid.faults.is_silent = True
    server = Acquaintance(Transport(Address("there", laid.faults.url), Patience()), "me", None)

    def ask() -> None:
        with pytest.raises(EngineUnreachable):
            server.refresh(60)

    asking = threading.Thread(target=ask)
    asking.start()
    laid.server.wait_until(lambda: laid.faults.connections == 1)
    server.refresh(60)
    assert asking.is_alive()  # so the second did not wait for the first
    laid.faults.cut()
    asking.join()


@pytest.mark.parametrize("kind", ["gpt-sovits-v2", "gpt-sovits-v1"])
def test_bringing_a_recording_counts_as_waiting_for_the_first_sound(line: Lay, kind: str):
    laid = line()
    laid.faults.is_silent = True
    chunks = laid.said(laid.chain(kind=kind, first_sound_seconds=0.3))
    check_complete(chunks)
    assert engines(chunks) == ["spare"]
