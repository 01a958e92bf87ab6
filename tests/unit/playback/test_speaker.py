import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from myna.core.errors import PlaybackError, SynthesisFailed
from myna.core.speech import Chunk
from myna.playback.playing import Ending, Priority
from myna.playback.speaker import Speaker
from tests.conftest import tone
from tests.unit.playback.programs import at_once, broken, in_real_time


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    path = tmp_path / "heard.raw"
    path.touch()
    return path


@pytest.fixture
def speaker(heard: Path) -> Iterator[Speaker]:
    with Speaker(at_once(heard)) as made:
        yield made


def speech(*pitches: float) -> Generator[Chunk]:
    for pitch in pitches:
        yield Chunk(tone(0.1, pitch))


def sound(*pitches: float) -> bytes:
    return b"".join(tone(0.1, pitch).pcm16() for pitch in pitches)


class Held:
    """A speech that makes one chunk, then waits to be let on."""

    def __init__(self, pitch: float, seconds: float = 0.1) -> None:
        self.gate, self.closed = threading.Event(), threading.Event()
        self._chunk = Chunk(tone(seconds, pitch))

    def chunks(self) -> Generator[Chunk]:
        try:
            yield self._chunk
            self.gate.wait(10)
            yield self._chunk
        finally:
            self.closed.set()


def wait_until_heard(path: Path, content: bytes) -> None:
    until = time.monotonic() + 10
    while not path.read_bytes().startswith(content):
        assert time.monotonic() < until, "it was never heard"
        time.sleep(0.005)


def test_every_sample_is_heard_once_in_order(speaker: Speaker, heard: Path):
    assert speaker.play(speech(220, 330, 440)).wait() is Ending.FINISHED
    assert heard.read_bytes() == sound(220, 330, 440)


def test_it_begins_with_the_first_chunk(speaker: Speaker, heard: Path):
    held = Held(220)
    playing = speaker.play(held.chunks())
    wait_until_heard(heard, sound(220))  # the second chunk is not made yet
    assert playing.first_sound_seconds is not None
    held.gate.set()
    assert playing.wait() is Ending.FINISHED


def test_an_alarm_interrupts_a_chat_and_the_rest_goes_on_waiting(speaker: Speaker, heard: Path):
    chat = Held(220)
    interrupted = speaker.play(chat.chunks())
    later = speaker.play(speech(550))
    wait_until_heard(heard, sound(220))
    alarm = speaker.play(speech(880), Priority.ALARM)
    assert interrupted.wait() is Ending.INTERRUPTED
    assert alarm.wait() is Ending.FINISHED
    assert later.wait() is Ending.FINISHED
    assert heard.read_bytes() == sound(220, 880, 550)
    chat.gate.set()
    assert chat.closed.wait(10)  # its engine stops with the chunk it was at


def test_an_interruption_silences_what_was_handed_on(heard: Path):
    minute = Chunk(tone(60.0, sample_rate=8000))
    with Speaker(in_real_time(heard)) as speaker:
        chat = speaker.play(chunk for chunk in [minute])
        wait_until_heard(heard, minute.audio.pcm16()[:100])
        alarm = speaker.play(speech(880), Priority.ALARM)
        assert chat.wait() is Ending.INTERRUPTED
        assert alarm.wait() is Ending.FINISHED
    assert heard.read_bytes().endswith(sound(880))
    assert len(heard.read_bytes()) < len(minute.audio.pcm16())


def test_the_most_urgent_goes_first_equals_in_order(speaker: Speaker, heard: Path):
    first = Held(100)
    speaker.play(first.chunks(), Priority.ALARM)
    wait_until_heard(heard, sound(100))
    speaker.play(speech(200))
    speaker.play(speech(300), Priority.REMINDER)
    speaker.play(speech(400))
    speaker.play(speech(500), Priority.REMINDER)
    first.gate.set()
    speaker.wait()
    assert heard.read_bytes() == sound(100, 100, 300, 500, 200, 400)


def test_an_equal_interrupts_nothing(speaker: Speaker, heard: Path):
    held = Held(100)
    playing = speaker.play(held.chunks(), Priority.ALARM)
    wait_until_heard(heard, sound(100))
    speaker.play(speech(200), Priority.ALARM)
    held.gate.set()
    assert playing.wait() is Ending.FINISHED


def test_sound_that_runs_out_is_counted(speaker: Speaker):
    def stumbling() -> Generator[Chunk]:
        for pause in (0.0, 0.3, 0.3):
            time.sleep(pause)
            yield Chunk(tone(0.05))

    playing = speaker.play(stumbling())
    playing.wait()
    assert playing.underruns == 2
    assert playing.silence_seconds > 0.3


def test_what_an_engine_made_before_it_failed_is_heard_and_the_error_told(
    speaker: Speaker, heard: Path
):
    def failing() -> Generator[Chunk]:
        yield Chunk(tone(0.1, 220))
        raise SynthesisFailed("broken on purpose")

    with pytest.raises(SynthesisFailed, match="on purpose"):
        speaker.play(failing()).wait()
    assert speaker.play(speech(330)).wait() is Ending.FINISHED
    assert heard.read_bytes() == sound(220, 330)


def test_a_device_that_is_gone_is_told_and_the_speaker_lives_on():
    with Speaker(broken()) as speaker:
        for _ in range(2):
            with pytest.raises(PlaybackError, match=r"no such device.*playback\.device"):
                speaker.play(speech(*[220.0] * 100)).wait()


def test_stopping_forgets_what_waits(speaker: Speaker, heard: Path):
    held = Held(220)
    playing, waiting = speaker.play(held.chunks()), Held(330)
    queued = speaker.play(waiting.chunks())
    wait_until_heard(heard, sound(220))
    speaker.stop()
    assert playing.wait() is Ending.INTERRUPTED
    assert queued.wait() is Ending.INTERRUPTED
    speaker.wait()
    held.gate.set()
    assert heard.read_bytes() == sound(220)


def test_a_closed_speaker_takes_nothing(heard: Path):
    speaker = Speaker(at_once(heard))
    speaker.close()
    with pytest.raises(PlaybackError, match="closed"):
        speaker.play(speech(220))


def test_an_engine_is_not_asked_for_hours_ahead(heard: Path):
    made: list[int] = []

    def long() -> Generator[Chunk]:
        for number in range(1000):
            made.append(number)
            yield Chunk(tone(1.0, sample_rate=8000))

    with Speaker(in_real_time(heard)) as speaker:
        playing = speaker.play(long())
        wait_until_heard(heard, tone(1.0, sample_rate=8000).pcm16()[:100])
        playing.stop()
        assert playing.wait() is Ending.INTERRUPTED
    assert len(made) < 100
