"""All that must not be lost, copied from one kind of storage to another: rows and recordings.

Each is read back from where it was copied to and compared. What is there already is not copied
again, so a copy that was interrupted is carried on by starting it anew, and one that is complete
is checked by it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from myna.core.errors import StorageError
from myna.storage.blobs import BlobMissing, BlobStore, is_whole, parts_of
from myna.storage.database import MIGRATIONS, migrations_seen, own_tables

SHOWN = 5  # problems told one by one
GROWING = {"counts": "count"}
"""Tables whose rows only ever count up, and the column that does: the larger of two is kept."""

_ROWS_AT_ONCE = 500
_BLOB = "_blob"
"""How the names of columns end that hold the key of a recording."""
_NOTHING_YET, _GOES_ON = "Nothing was copied.", "Then run the command again: it goes on from here."
_MAY_DIFFER = {"voices": {"created_at"}}
"""Columns in which a row may differ and still say the same."""

Row = Mapping[str, Any]  # Any: a value of a column


@dataclass(frozen=True, slots=True)
class Place:
    """Where voices, keys, counts and recordings are."""

    database: sa.Engine
    blobs: BlobStore


@dataclass(slots=True)
class Copied:
    """What a copy did. All of it was read back and found the same."""

    rows: dict[str, tuple[int, int]] = field(default_factory=dict)
    """For each table: how many rows were copied, and how many were there."""
    recordings: int = 0
    """How many were copied."""
    recordings_there: int = 0
    size: int = 0
    """Bytes of the recordings copied."""

    def count(self, size: int) -> None:
        """Count a recording: its bytes, 0 if it was there."""
        self.size += size
        if size:
            self.recordings += 1
        else:
            self.recordings_there += 1


def copy(source: Place, target: Place, jobs: int, advance: Callable[[int], None]) -> Copied:
    """Copy every row and recording, `jobs` recordings at a time.

    `advance` is told how many recordings are still to be looked at, as it goes. Nothing is removed
    anywhere, and of two counts of one day the larger is kept. Raises `StorageError` before anything
    is written where the target has something else under the same name, later where it has got it in
    the meantime, and at the end for recordings that could not be copied.
    """
    tables = _tables(source.database, target.database)
    rows = {table.name: _read(source.database, table) for table in tables}
    done = Copied()
    for table in tables:
        _lacking(table, rows[table.name], target.database, _NOTHING_YET)
    keys = _keys(rows)
    for number, size in enumerate(_copied(source.blobs, target.blobs, keys, jobs), 1):
        done.count(size)
        advance(len(keys) - number)
    for table in tables:
        lacking = _lacking(table, rows[table.name], target.database, _GOES_ON)
        _write(target.database, table, lacking)
        done.rows[table.name] = (len(lacking), len(rows[table.name]) - len(lacking))
        if _lacking(table, rows[table.name], target.database, _GOES_ON):
            raise StorageError(
                f"Rows of {table.name!r} were copied and are not there: is somebody removing "
                "them? Stop what uses either storage, and run the command again."
            )
    return done


# ---- rows ---------------------------------------------------------------------------------------


def _tables(source: sa.Engine, target: sa.Engine) -> list[sa.Table]:
    """Return every table that Myna has made, so that none added later is forgotten.

    A database on a server may have others' tables too. Raises `StorageError` where one of the two
    was used by another version.
    """
    if migrations_seen(source) != migrations_seen(target):
        raise StorageError(
            "A newer version of Myna has used one of the two databases. Copy with that version. "
            f"{_NOTHING_YET}"
        )
    metadata = sa.MetaData()
    metadata.reflect(source, only=sorted(own_tables() - {MIGRATIONS}))
    return metadata.sorted_tables


def _read(database: sa.Engine, table: sa.Table) -> list[Row]:
    with database.connect() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def _lacking(table: sa.Table, rows: Iterable[Row], target: sa.Engine, then: str) -> list[Row]:
    """Return the rows to be written. Raises `StorageError` for those that say something else.

    `then` is what the error says last.
    """
    there = {_key(table, row): row for row in _read(target, table)}
    lacking, others = [], []
    growing = GROWING.get(table.name)
    for row in rows:
        other = there.get(_key(table, row))
        if other is None or (growing and other[growing] < row[growing]):
            lacking.append(row)
        elif not growing and not _is_same(table, row, other):
            others.append(_key(table, row))
    if others:
        shown = ", ".join(str(key) for key in others[:SHOWN])
        raise StorageError(
            f"The target has {len(others)} other {table.name} under the same names: {shown}. "
            f"Rename or remove them on one side. {then}"
        )
    return lacking


def _key(table: sa.Table, row: Row) -> tuple[object, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _is_same(table: sa.Table, row: Row, other: Row) -> bool:
    may_differ = _MAY_DIFFER.get(table.name, set())
    return all(row[name] == other[name] for name in row if name not in may_differ)


def _write(target: sa.Engine, table: sa.Table, rows: Sequence[Row]) -> None:
    """Add rows; only those that count up replace one, a smaller one."""
    growing = GROWING.get(table.name)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        batch = [dict(row) for row in rows[start : start + _ROWS_AT_ONCE]]
        try:
            with target.begin() as connection:
                if growing:
                    connection.execute(*_removal(table, growing, batch))
                connection.execute(sa.insert(table), batch)
        except sa.exc.IntegrityError:
            raise StorageError(
                f"Somebody has added to {table.name!r} of the target at this moment. Stop what "
                "uses either storage, and run the command again."
            ) from None


def _removal(
    table: sa.Table, growing: str, rows: Iterable[Row]
) -> tuple[sa.Delete, list[dict[str, Any]]]:
    """Return what removes the rows that are smaller than these, and its parameters."""
    same = [column == sa.bindparam(f"new_{column.name}") for column in table.primary_key]
    smaller = table.c[growing] < sa.bindparam(f"new_{growing}")
    new = [{f"new_{name}": value for name, value in row.items()} for row in rows]
    return sa.delete(table).where(*same, smaller), new


# ---- recordings ---------------------------------------------------------------------------------


def _keys(rows: Mapping[str, Iterable[Row]]) -> list[str]:
    """Return the key of every recording that a row names."""
    named = (
        value
        for table in rows.values()
        for row in table
        for name, value in row.items()
        if name.endswith(_BLOB)
    )
    return sorted(set(named))


def _copied(source: BlobStore, target: BlobStore, keys: Sequence[str], jobs: int) -> Iterator[int]:
    """Copy recordings and yield the bytes of each, 0 for one that was there.

    Raises `StorageError` at the end, for those that could not be copied.
    """

    def carried(key: str) -> int | str:
        try:
            return _carried(source, target, key)
        except StorageError as error:
            return str(error)

    problems = []
    with ThreadPoolExecutor(jobs, thread_name_prefix="copy") as pool:
        try:
            for outcome in pool.map(carried, keys):
                if isinstance(outcome, str):
                    problems.append(outcome)
                else:
                    yield outcome
        finally:
            pool.shutdown(cancel_futures=True)  # whoever interrupts waits for no more
    if problems:
        raise StorageError(
            f"{len(problems)} of {len(keys)} recordings are not copied; the others are. "
            + " ".join(problems[:SHOWN])
        )


def _carried(source: BlobStore, target: BlobStore, key: str) -> int:
    """Bring one recording over and read it back; return its bytes, 0 if it was there."""
    there: bytes | None = None
    with suppress(BlobMissing):
        there = target.get(key)
    if there is not None and is_whole(key, there):
        return 0
    content = source.get(key)
    if not is_whole(key, content):
        raise StorageError(f"The recording {key!r} is damaged where it is. Restore it.")
    if there is not None:  # damaged, and a store keeps what it has
        target.delete(key)
    prefix, suffix = parts_of(key)
    target.put(content, prefix=prefix, suffix=suffix)
    if target.get(key) != content:
        raise StorageError(f"The recording {key!r} came back from its new place altered.")
    return len(content)
