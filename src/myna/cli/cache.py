"""`myna cache`: the finished sentences on disk."""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from myna.cli.terminal import say_done
from myna.core.errors import InvalidOption, StorageError
from myna.storage.results import ResultFolder

app = typer.Typer(no_args_is_help=True, help="See, shorten and move the finished sentences.")

DAY = 86400  # seconds


@app.command()
def stats(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show how many sentences are kept, how large they are, and when they were used."""
    results = _results()
    kept = results.kept()
    figures = {
        "folder": str(results.folder),
        "sentences": len(kept),
        "bytes": sum(sentence.size for sentence in kept),
        "max_bytes": results.max_bytes,
        "longest_unused": _date(kept[0].used_at) if kept else None,
        "last_used": _date(kept[-1].used_at) if kept else None,
    }
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        typer.echo(f"{name}: {'never' if value is None else value}")


@app.command()
def prune(
    max_bytes: Annotated[
        int | None, typer.Option(min=0, help="Leave at most so much; the longest unused go.")
    ] = None,
    unused_days: Annotated[
        float | None, typer.Option(min=0, help="Remove what nobody has used for so long.")
    ] = None,
) -> None:
    """Remove sentences, the longest unused first."""
    if max_bytes is None and unused_days is None:
        raise InvalidOption("--max-bytes", None, "give it, or --unused-days, or both")
    results = _results()
    since = 0.0 if unused_days is None else time.time() - unused_days * DAY
    bound = sys.maxsize if max_bytes is None else max_bytes
    removed = results.prune(bound, unused_since=since)
    size = sum(sentence.size for sentence in removed)
    say_done(f"Removed {len(removed)} sentences ({size} bytes).")


@app.command("export")
def export_cache(
    output: Annotated[Path, typer.Argument(help="The archive to write, or - for stdout.")],
) -> None:
    """Write every sentence to one file, to be imported on another machine.

    With it goes what servers said of themselves, so that the other machine need not ask them.
    """
    from myna.settings import Settings
    from myna.studio.carrying import export_cache as carry

    settings = Settings.load()
    if str(output) == "-":
        done = carry(settings, sys.stdout.buffer)
    else:
        part = output.with_name(f"{output.name}.part")
        try:
            with part.open("wb") as file:
                done = carry(settings, file)
            part.replace(output)
        except OSError as error:
            raise StorageError(
                f"Cannot write {str(output)!r}: {error.strerror}. Check the folder, or name "
                "another."
            ) from error
        finally:
            part.unlink(missing_ok=True)
    say_done(f"Exported {done.sentences} sentences ({done.size} bytes).")


@app.command("import")
def import_cache(
    file: Annotated[Path, typer.Argument(help="A file made by `myna cache export`, or -.")],
) -> None:
    """Take over the sentences another machine exported; all of them or, if damaged, none."""
    from myna.settings import Settings
    from myna.storage.archives import BadArchive
    from myna.studio.carrying import import_cache as carry

    settings = Settings.load()
    if str(file) == "-":
        done = carry(settings, sys.stdin.buffer)
    else:
        try:
            opened = file.open("rb")
        except OSError as error:
            raise BadArchive(f"Cannot read {str(file)!r}: {error.strerror}.") from None
        with opened:
            done = carry(settings, opened)
    say_done(f"Imported {done.sentences} sentences ({done.size} bytes), {done.new} of them new.")


def _results() -> ResultFolder:
    from myna.settings import Settings
    from myna.studio.wiring import open_results

    return open_results(Settings.load())


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
