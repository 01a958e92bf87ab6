import os
import threading
from pathlib import Path

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.speech import Chunk
from myna.core.timing import TimedText
from myna.storage.results import ResultFolder
from tests.conftest import tone


def chunks() -> list[Chunk]:
    hello = TimedText("안녕", 0.0, 0.4)
    return [Chunk(tone(0.5), (hello,), "embedded"), Chunk(tone(0.25, 330.0), (), "embedded")]


def key(number: int) -> str:
    return f"{number:064x}"


def test_a_sentence_comes_back_with_its_words(tmp_path: Path):
    store = ResultFolder(tmp_path, 10_000_000)
    assert store.get(key(1)) is None
    store.put(key(1), chunks())
    found = store.get(key(1))
    assert found is not None
    assert (found.words, found.engine) == (chunks()[0].words, "embedded")
    assert found.audio.pcm16() == Audio.join(c.audio for c in chunks()).pcm16()


def test_where_an_engine_took_the_words_to_be_is_kept_apart(tmp_path: Path):
    store = ResultFolder(tmp_path, 10_000_000)
    guess = TimedText("안녕", 0.04, 0.44)
    store.put(key(1), [Chunk(tone(0.5)), Chunk(tone(0.5), estimated=(guess,))])
    found = store.get(key(1))
    assert found is not None
    assert (found.words, found.estimated) == ((), (guess,))


@pytest.mark.parametrize("damage", [0, 10, 70, 200, -1])
def test_a_damaged_file_is_dropped_not_played(tmp_path: Path, damage: int):
    store = ResultFolder(tmp_path, 10_000_000)
    store.put(key(1), chunks())
    (path,) = tmp_path.rglob("*.speech")
    content = bytearray(path.read_bytes())
    content[damage] ^= 1
    path.write_bytes(content)
    assert store.get(key(1)) is None
    assert not path.exists()


def test_a_truncated_file_is_dropped(tmp_path: Path):
    store = ResultFolder(tmp_path, 10_000_000)
    store.put(key(1), chunks())
    (path,) = tmp_path.rglob("*.speech")
    path.write_bytes(path.read_bytes()[:-2])
    assert store.get(key(1)) is None


def test_the_longest_unused_go_first(tmp_path: Path):
    size = len(chunks()[0].audio.samples) * 3 + 400
    store = ResultFolder(tmp_path, size * 4)
    for number in range(4):
        store.put(key(number), chunks())
        os.utime(next(tmp_path.rglob(f"{key(number)}.speech")), (1000 + number, 1000 + number))
    assert store.get(key(0)) is not None  # used again: now the youngest
    for number in range(4, 6):
        store.put(key(number), chunks())
    store.prune(store.max_bytes)
    assert store.get(key(0)) is not None
    assert store.get(key(1)) is None
    assert sum(p.stat().st_size for p in tmp_path.rglob("*.speech")) <= size * 4


def test_many_short_processes_keep_to_the_bound_together(tmp_path: Path):
    size = len(chunks()[0].audio.samples) * 3 + 400
    for number in range(40):
        ResultFolder(tmp_path, size * 4).put(key(number), chunks())
    assert sum(p.stat().st_size for p in tmp_path.rglob("*.speech")) <= size * 10


def test_what_a_power_cut_left_half_written_goes(tmp_path: Path):
    store = ResultFolder(tmp_path, 10_000_000)
    store.put(key(1), chunks())
    (path,) = tmp_path.rglob("*.speech")
    old, new = path.with_name(".writing-old"), path.with_name(".writing-new")
    for left_over in (old, new):
        left_over.write_bytes(b"half")
    os.utime(old, (1000, 1000))
    store.prune(store.max_bytes)
    assert (old.exists(), new.exists(), path.exists()) == (False, True, True)


def test_a_sentence_larger_than_the_whole_cache_is_not_kept(tmp_path: Path):
    store = ResultFolder(tmp_path, 100)
    store.put(key(1), chunks())
    assert list(tmp_path.rglob("*.speech")) == []


def test_a_full_disk_costs_the_cache_not_the_speech(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    store = ResultFolder(tmp_path / "file", 10_000_000)  # no directory can be made here
    store.put(key(1), chunks())
    assert store.get(key(1)) is None


def test_a_sentence_that_cannot_be_removed_costs_nobody_their_speech(tmp_path: Path):
    store = ResultFolder(tmp_path, 10_000_000)
    store.put(key(1), chunks())
    (stuck := tmp_path / "00" / f"{key(2)}.speech").mkdir()  # as little to be removed as another's
    os.utime(stuck, (1000, 1000))
    assert [sentence.path.name for sentence in store.prune(0)] == [f"{key(1)}.speech"]
    assert store.get(key(2)) is None


def test_writers_and_readers_at_once_see_whole_sentences(tmp_path: Path):
    first, second = ResultFolder(tmp_path, 10_000_000), ResultFolder(tmp_path, 10_000_000)
    expected = Audio.join(c.audio for c in chunks()).pcm16()
    seen: list[bytes] = []

    def write() -> None:
        for _ in range(50):
            first.put(key(1), chunks())

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        if found := second.get(key(1)):
            seen.append(found.audio.pcm16())
    writer.join()
    assert set(seen) <= {expected}
    assert np.array_equal(np.frombuffer(expected, "<i2").shape, (12000,))
