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

SHOWN = 5  # problems told one by one

_ROWS_AT_ONCE = 500
_OWN_TABLES = {"migrations"}  # each database has had its own
_BLOB = "_blob"
"""How the names of columns end that hold the key of a recording."""
_MAY_DIFFER = {"voices": {"created_at"}}
"""Columns in which a row may differ and still say the same."""
_GROWING = {"counts": "count"}
"""Tables whose rows only ever count up: the larger of two is the later one."""

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
    anywhere. Raises `StorageError` before anything is written where the target has something else
    under the same name, and at the end for recordings that could not be copied.
    """
    tables = _tables(source.database)
    rows = {table.name: _read(source.database, table) for table in tables}
    done = Copied()
    lacking = {table.name: _lacking(table, rows[table.name], target.database) for table in tables}
    keys = _keys(rows)
    for number, size in enumerate(_copied(source.blobs, target.blobs, keys, jobs), 1):
        done.count(size)
        advance(len(keys) - number)
    for table in tables:
        _write(target.database, table, lacking[table.name])
        done.rows[table.name] = (
            len(lacking[table.name]),
            len(rows[table.name]) - len(lacking[table.name]),
        )
        if _lacking(table, rows[table.name], target.database):
            raise StorageError(
                f"Rows of {table.name!r} were copied and are not there: is somebody removing "
                "them? Stop what uses either storage, and run the command again."
            )
    return done


# ---- rows ---------------------------------------------------------------------------------------


def _tables(database: sa.Engine) -> list[sa.Table]:
    """Return every table there is, so that none added later is forgotten."""
    metadata = sa.MetaData()
    metadata.reflect(database)
    return [table for table in metadata.sorted_tables if table.name not in _OWN_TABLES]


def _read(database: sa.Engine, table: sa.Table) -> list[Row]:
    with database.connect() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def _lacking(table: sa.Table, rows: Iterable[Row], target: sa.Engine) -> list[Row]:
    """Return the rows to be written. Raises `StorageError` for those that say something else."""
    there = {_key(table, row): row for row in _read(target, table)}
    lacking, others = [], []
    growing = _GROWING.get(table.name)
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
            "Rename or remove them on one side. Nothing was copied."
        )
    return lacking


def _key(table: sa.Table, row: Row) -> tuple[object, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _is_same(table: sa.Table, row: Row, other: Row) -> bool:
    may_differ = _MAY_DIFFER.get(table.name, set())
    return all(row[name] == other[name] for name in row if name not in may_differ)


def _write(target: sa.Engine, table: sa.Table, rows: Sequence[Row]) -> None:
    keys = [column == sa.bindparam(f"key_{column.name}") for column in table.primary_key]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        batch = rows[start : start + _ROWS_AT_ONCE]
        named = [{f"key_{c.name}": row[c.name] for c in table.primary_key} for row in batch]
        with target.begin() as connection:
            connection.execute(sa.delete(table).where(*keys), named)
            connection.execute(sa.insert(table), [dict(row) for row in batch])


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
