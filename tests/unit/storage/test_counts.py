from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

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


def test_old_days_leave_the_figures_and_then_the_disk(database: sa.Engine):
    book = CountBook(database)
    today = datetime.now(UTC).date()
    with database.begin() as connection:
        for days, count in ((1, 9), (DAYS_KEPT + 1, 7)):
            row = {"day": f"{today - timedelta(days=days)}", "count": count}
            connection.execute(sa.text("INSERT INTO counts VALUES (:day, 'a', :count)"), row)
    book.add({"a": 1})
    assert book.of_last(1) == {"a": 1}
    assert book.of_last(2) == {"a": 10}
    with database.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM counts")).scalar_one() == 2
