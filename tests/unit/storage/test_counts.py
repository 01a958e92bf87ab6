from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
import sqlalchemy as sa

from myna.storage import counts
from myna.storage.counts import DAYS_KEPT, CountBook
from myna.storage.database import open_database


@pytest.fixture
def database(place: Path | str) -> sa.Engine:
    return open_database(place)


def test_counts_add_up_across_processes_and_restarts(place: Path | str):
    CountBook(open_database(place)).add({"served": 2, "hits": 1, "failed": 0})
    again = CountBook(open_database(place))
    again.add({"served": 3})
    assert again.of_last(1) == {"served": 5, "hits": 1}


def test_nothing_is_lost_between_many_writers(database: sa.Engine):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: CountBook(database).add({"a": 1, "b": 2}), range(40)))
    assert CountBook(database).of_last(1) == {"a": 40, "b": 80}


def count_on(database: sa.Engine, days: Iterable[date]) -> None:
    with database.begin() as connection:
        rows = [{"day": f"{day}"} for day in days]
        connection.execute(sa.text("INSERT INTO counts VALUES (:day, 'a', 9)"), rows)


def days_of(database: sa.Engine) -> list[str]:
    with database.connect() as connection:
        return list(connection.execute(sa.text("SELECT day FROM counts ORDER BY day")).scalars())


def test_old_days_leave_the_figures_and_then_the_disk(database: sa.Engine):
    book, today = CountBook(database), datetime.now(UTC).date()
    count_on(database, (today - timedelta(days=n) for n in range(1, DAYS_KEPT + 1)))
    book.add({"a": 1})
    assert book.of_last(1) == {"a": 1}
    assert book.of_last(2) == {"a": 10}
    assert len(days_of(database)) == DAYS_KEPT
    assert days_of(database)[-1] == f"{today}"


def test_a_clock_that_jumps_ahead_and_back_loses_no_count(
    database: sa.Engine, monkeypatch: pytest.MonkeyPatch
):
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(days=60 * 365)

    book = CountBook(database)
    book.add({"a": 3})
    with monkeypatch.context() as patch:
        patch.setattr(counts, "datetime", Ahead)
        book.add({"a": 5})
        assert book.of_last(1) == {"a": 5}
    book.add({"a": 1})
    assert book.of_last(1) == book.of_last(DAYS_KEPT) == {"a": 4}
    assert len(days_of(database)) == 2
