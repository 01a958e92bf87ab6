"""Everything that must not be lost, from files to servers and back."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from myna.core.errors import StorageError
from myna.core.voice import Voice
from myna.storage import moving
from myna.storage.blobs import BlobFolder
from myna.storage.bucket import BlobBucket, BucketAddress
from myna.storage.counts import CountBook
from myna.storage.database import open_database
from myna.storage.keys import KeyBook, Scope
from myna.storage.moving import Copied, Place, copy
from myna.storage.voices import NewVoice, VoiceLibrary
from tests.conftest import tone

OWNERS = ("", "mina", "a/b 할머니")
NAMES = ("할머니", "sample", "it's")
RECORDINGS = 2 * len(OWNERS) * len(NAMES)


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str], Place]:
    """Return what opens SQLite and a folder under a name."""

    def place(name: str) -> Place:
        return Place(open_database(tmp_path / name / "myna.db"), BlobFolder(tmp_path / name / "b"))

    return place


@pytest.fixture
def here(files: Callable[[str], Place]) -> Place:
    """Return a place with voices of several owners, a key, and counts."""
    filled = files("here")
    for number, owner in enumerate(OWNERS):
        library = VoiceLibrary(filled.database, filled.blobs, owner)
        for again, name in enumerate(NAMES):
            voice = Voice(tone(1.0, 110.0 * (1 + number) + again), f"{name} 안녕 '", "ko")
            library.add(name, NewVoice(voice, bytes([number, again]) * 500, ".mp3", "누구", "예"))
    KeyBook(filled.database).add("laptop", [Scope.SPEAK], "mina")
    CountBook(filled.database).add({"served": 5, "cached 20": 3})
    return filled


@pytest.fixture
def servers(new_postgres: str, new_bucket: BucketAddress) -> Place:
    return Place(open_database(new_postgres), BlobBucket(new_bucket))


def carried(source: Place, target: Place) -> Copied:
    return copy(source, target, 4, lambda _: None)


def everything(place: Place) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, and the digests' owners: the recordings themselves."""
    metadata = sa.MetaData()
    metadata.reflect(place.database)
    with place.database.connect() as connection:
        rows = {
            table.name: sorted(tuple(row) for row in connection.execute(sa.select(table)))
            for table in metadata.sorted_tables
            if table.name != "migrations"
        }
    keys = {value for row in rows["voices"] for value in row if ".mp3" in f"{value}"}
    keys |= {value for row in rows["voices"] for value in row if ".flac" in f"{value}"}
    return rows | {"recordings": sorted((key, place.blobs.get(key)) for key in keys)}


def test_everything_goes_to_servers_and_comes_back_the_same(
    here: Place, servers: Place, files: Callable[[str], Place]
):
    done = carried(here, servers)
    assert done.rows == {"api_keys": (1, 0), "counts": (2, 0), "voices": (9, 0)}
    assert (done.recordings, done.recordings_there) == (RECORDINGS, 0)
    back = files("back")
    carried(servers, back)
    assert everything(back) == everything(servers) == everything(here)
    ours, theirs = (VoiceLibrary(place.database, place.blobs, "mina") for place in (here, servers))
    assert ours.get("할머니").id == theirs.get("할머니").id
    assert ours.given_file("it's") == theirs.given_file("it's")


def test_copying_again_copies_nothing_and_checks_all(here: Place, servers: Place):
    carried(here, servers)
    again = carried(here, servers)
    assert again.rows == {"api_keys": (0, 1), "counts": (0, 2), "voices": (0, 9)}
    assert (again.recordings, again.recordings_there, again.size) == (0, RECORDINGS, 0)


def test_what_came_since_goes_along_and_what_is_only_there_stays(here: Place, servers: Place):
    carried(here, servers)
    CountBook(here.database).add({"served": 2})
    VoiceLibrary(servers.database, servers.blobs, "new").add(
        "only there", NewVoice(Voice(tone(1.0, 333.0), "", "en"), b"x" * 99, ".wav")
    )
    done = carried(here, servers)
    assert done.rows["counts"] == (1, 1)
    assert CountBook(servers.database).of_last(1) == {"served": 7, "cached 20": 3}
    assert [v.name for v in VoiceLibrary(servers.database, servers.blobs, "new").list()]


def test_an_interrupted_copy_is_carried_on(here: Place, files: Callable[[str], Place]):
    target = files("there")

    class Interrupted(Exception):
        pass

    def interrupt(left: int) -> None:
        if left < RECORDINGS // 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        copy(here, target, 1, interrupt)
    assert VoiceLibrary(target.database, target.blobs).list() == []  # no voice without its sound
    done = carried(here, target)
    assert done.recordings_there > 0
    assert everything(target) == everything(here)


def test_another_voice_of_the_same_name_is_told_before_anything_is_written(
    here: Place, files: Callable[[str], Place]
):
    target = files("there")
    VoiceLibrary(target.database, target.blobs, "mina").add(
        "할머니", NewVoice(Voice(tone(2.0, 400.0), "다른 분", "ko"), b"other" * 99, ".wav")
    )
    before = everything(target)
    with pytest.raises(StorageError, match=r"1 other voices.*'mina', '할머니'.*Nothing was"):
        carried(here, target)
    assert everything(target) == before


def test_a_voice_that_the_target_gets_in_the_meantime_is_not_replaced(
    here: Place, files: Callable[[str], Place]
):
    target = files("there")
    library = VoiceLibrary(target.database, target.blobs, "mina")
    other = Voice(tone(2.0, 400.0), "다른 분", "ko")

    def add(left: int) -> None:
        if left == RECORDINGS // 2:
            library.add("할머니", NewVoice(other, b"other" * 99, ".wav"))

    with pytest.raises(StorageError, match=r"1 other voices.*'mina', '할머니'") as raised:
        copy(here, target, 1, add)
    assert "Nothing was copied" not in str(raised.value)
    assert library.given_file("할머니") == (b"other" * 99, ".wav")
    assert library.record("할머니").transcript == "다른 분"
    library.rename("할머니", "다른 할머니")
    carried(here, target)
    assert {voice.name for voice in library.list()} == {*NAMES, "다른 할머니"}


def test_a_row_that_comes_between_the_last_look_and_the_copy_stops_it(here: Place, servers: Place):
    carried(here, servers)
    (table,) = (
        table for table in moving._tables(here.database, servers.database) if table.name == "voices"
    )
    rows = moving._read(here.database, table)
    changed = [{**row, "transcript": "something else"} for row in rows]
    with pytest.raises(StorageError, match="Somebody has added to 'voices'"):
        moving._write(servers.database, table, changed)
    assert everything(servers) == everything(here)


def test_of_two_counts_of_one_day_the_larger_is_kept(here: Place, servers: Place):
    CountBook(servers.database).add({"served": 2, "cached 20": 8, "failed": 1})
    assert carried(here, servers).rows["counts"] == (1, 1)
    assert CountBook(servers.database).of_last(1) == {"served": 5, "cached 20": 8, "failed": 1}


def test_tables_of_others_in_a_shared_database_stay_out_of_it(
    here: Place, servers: Place, files: Callable[[str], Place]
):
    carried(here, servers)
    back = files("back")
    for place in (servers, back):
        with place.database.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE orders (number INTEGER, scan_blob TEXT)")
    with servers.database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE customers (name TEXT)")
        connection.exec_driver_sql("INSERT INTO orders VALUES (1, 'scans/1.pdf')")
    assert set(carried(servers, back).rows) == {"api_keys", "counts", "voices"}
    with back.database.connect() as connection:
        assert connection.execute(sa.text("SELECT * FROM orders")).all() == []


def test_a_database_that_a_newer_version_has_used_is_not_copied_by_halves(
    here: Place, files: Callable[[str], Place]
):
    with here.database.begin() as connection:
        connection.exec_driver_sql("INSERT INTO migrations VALUES (9999)")
    with pytest.raises(StorageError, match=r"newer version.*Nothing was copied"):
        carried(here, files("there"))


def test_the_same_voice_added_on_another_day_is_the_same(
    here: Place, files: Callable[[str], Place]
):
    target = files("there")
    carried(here, target)
    with target.database.begin() as connection:
        long_ago = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
        connection.execute(sa.text("UPDATE voices SET created_at = :then"), {"then": long_ago})
    assert carried(here, target).rows["voices"] == (0, 9)


def test_a_recording_damaged_on_the_way_is_copied_again(
    here: Place, files: Callable[[str], Place], tmp_path: Path
):
    target = files("there")
    carried(here, target)
    for damaged in list((tmp_path / "there" / "b").rglob("*.flac"))[:2]:
        damaged.write_bytes(damaged.read_bytes()[:-1])
    assert carried(here, target).recordings == 2
    assert everything(target) == everything(here)


def test_a_recording_that_is_lost_or_damaged_is_told_and_the_others_are_copied(
    here: Place, files: Callable[[str], Place], tmp_path: Path
):
    lost, damaged = sorted((tmp_path / "here" / "b").rglob("*.mp3"))[:2]
    lost.unlink()
    damaged.write_bytes(b"nonsense")
    with pytest.raises(StorageError, match=rf"2 of {RECORDINGS} recordings") as raised:
        carried(here, files("there"))
    assert lost.name in str(raised.value) and damaged.name in str(raised.value)
    there = [path for path in (tmp_path / "there" / "b").rglob("*") if path.is_file()]
    assert len(there) == RECORDINGS - 2
