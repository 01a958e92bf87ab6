"""How often something happened, day by day."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

DAYS_KEPT = 366

_COUNTS = sa.table("counts", sa.column("day"), sa.column("name"), sa.column("count"))
_ADD = sa.text(
    "INSERT INTO counts (day, name, count) VALUES (:day, :name, :count) "
    "ON CONFLICT (day, name) DO UPDATE SET count = counts.count + excluded.count"
)


class CountBook:
    """One row for each day and name: as large after a million events as after one."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(self, counts: Mapping[str, int]) -> None:
        """Add to today's counts (UTC), in one transaction. Several processes may."""
        today = datetime.now(UTC).date()
        rows = [{"day": f"{today}", "name": name, "count": n} for name, n in counts.items() if n]
        if not rows:
            return
        oldest = today - timedelta(days=DAYS_KEPT)
        with self._database.begin() as connection:
            connection.execute(_ADD, sorted(rows, key=lambda row: str(row["name"])))
            connection.execute(sa.delete(_COUNTS).where(_COUNTS.c.day < f"{oldest}"))

    def of_last(self, days: int) -> dict[str, int]:
        """Return the counts of today and the days before it, `days` in all, by name."""
        first = datetime.now(UTC).date() - timedelta(days=days - 1)
        query = (
            sa.select(_COUNTS.c.name, sa.func.sum(_COUNTS.c.count))
            .where(_COUNTS.c.day >= f"{first}")
            .group_by(_COUNTS.c.name)
        )
        with self._database.connect() as connection:
            return {name: int(count) for name, count in connection.execute(query)}
