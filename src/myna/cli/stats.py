"""`myna stats`: what listeners got, beside the goals."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from myna.cli.terminal import is_piped, stdout
from myna.storage.counts import DAYS_KEPT

if TYPE_CHECKING:
    from myna.studio.figures import Goal


def stats(
    days: Annotated[int, typer.Option(min=1, max=DAYS_KEPT, help="Today and so many before.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show hit rate, latency and availability of what this machine spoke, beside the goals."""
    from myna.settings import Settings
    from myna.studio.figures import Figures
    from myna.studio.wiring import open_counts

    figures = Figures.of(open_counts(Settings.load()).of_last(days))
    goals = figures.goals()
    if as_json:
        told = {"days": days, **asdict(figures), "goals": [asdict(goal) for goal in goals]}
        typer.echo(json.dumps(told, indent=2))
        return
    rows = [_row(goal) for goal in goals]
    for name in ("served", "failed", "refused", "sentences", "hits", "fallbacks"):
        rows.append((name, str(getattr(figures, name)), "", ""))
    if is_piped():
        for row in rows:
            typer.echo("\t".join(row))
        return
    table = Table("figure", "value", "goal", "", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    stdout.print(table)


def _row(goal: "Goal") -> tuple[str, str, str, str]:
    met = {True: "met", False: "missed", None: ""}[goal.met]
    if goal.unit == "share":
        value = "" if goal.value is None else f"{goal.value:.2%}"
        return goal.name, value, f"> {goal.goal:.1%}", met
    value = "" if goal.value is None else f"{goal.value:g} ms"
    return goal.name, value, f"<= {goal.goal:g} ms", met
