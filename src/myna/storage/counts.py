"""How often something happened, day by day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

DAYS_KEPT = 366  # days on which something was counted

_COUNTS = sa.table("counts", sa.column("day"), sa.column("name"), sa.column("count"))
_ADD = sa.text(
    "INSERT INTO counts (day, name, count) VALUES (:day, :name, :count) "
    "ON CONFLICT (day, name) DO UPDATE SET count = counts.count + excluded.count"
)


# Days are counted, not reckoned: a clock that has jumped ahead must not take the year with it.
_FORGET = sa.text(
    "DELETE FROM counts WHERE day < (SELECT day FROM (SELECT DISTINCT day FROM counts) AS days "
    "ORDER BY day DESC LIMIT 1 OFFSET :others)"
)


class CountBook:
    """One row for each day and name: as large after a million events as after one."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._forgot_on: date | None = None

    def add(self, counts: Mapping[str, int]) -> None:
        """Add to today's counts (UTC), in one transaction. Several processes may."""
        today = datetime.now(UTC).date()
        rows = [{"day": f"{today}", "name": name, "count": n} for name, n in counts.items() if n]
        if not rows:
            return
        with self._database.begin() as connection:
            connection.execute(_ADD, sorted(rows, key=lambda row: str(row["name"])))
            if self._forgot_on != today:
                connection.execute(_FORGET, {"others": DAYS_KEPT - 1})
        self._forgot_on = today

    def of_last(self, days: int) -> dict[str, int]:
        """Return the counts of today and the days before it, `days` in all, by name."""
        today = datetime.now(UTC).date()
        first = today - timedelta(days=days - 1)
        query = (
            sa.select(_COUNTS.c.name, sa.func.sum(_COUNTS.c.count))
            .where(_COUNTS.c.day.between(f"{first}", f"{today}"))
            .group_by(_COUNTS.c.name)
        )
        with self._database.connect() as connection:
            return {name: int(count) for name, count in connection.execute(query)}
