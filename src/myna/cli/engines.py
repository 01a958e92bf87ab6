"""`myna engines`: what can speak, and what is missing."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from myna.cli.terminal import is_piped, stdout


def engines(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show each engine, whether it is ready, and exactly what to do to make it ready."""
    from myna.settings import Settings
    from myna.studio.wiring import statuses

    found = list(statuses(Settings.load()))
    if as_json:
        typer.echo(json.dumps([asdict(status) for status in found], ensure_ascii=False, indent=2))
    elif is_piped():
        for status in found:
            state = "ready" if status.ready else "not ready"
            typer.echo("\t".join((status.name, state, status.remedy, status.runs)))
    else:
        titles = ("engine", "ready", "runs", "what it is", "what to do")
        table = Table(*titles, box=None, pad_edge=False)
        for status in found:
            ready = "[green]yes[/green]" if status.ready else "[red]no[/red]"
            told = map(escape, (status.runs, status.summary, status.remedy))
            table.add_row(status.name, ready, *told)
        stdout.print(table)
