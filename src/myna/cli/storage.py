"""`myna storage`: voices, keys and counts, from one kind of storage to another."""

from pathlib import Path
from typing import Annotated

import typer

from myna.cli.terminal import counting, say_done

app = typer.Typer(no_args_is_help=True, help="Move voices, keys and counts to another storage.")


@app.command()
def copy(
    to: Annotated[Path, typer.Option(help="A settings file (TOML) that names the other storage.")],
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Recordings at a time.")] = 8,
) -> None:
    """Copy all voices, keys and counts to the storage that another settings file names.

    Everything is read back and compared. What is there is not copied again: after an interruption,
    run it again. Stop the servers that use either storage first. Cached sentences stay where they
    are.
    """
    from myna.core.errors import SettingsError
    from myna.settings import Settings
    from myna.storage.moving import GROWING
    from myna.storage.moving import copy as carry_out
    from myna.studio.wiring import is_same_place, open_place

    here, there = Settings.load(), Settings.of_file(to)
    if is_same_place(here, there):
        raise SettingsError(
            f"{str(to)!r} names the storage that is in use. Set `database_url`, `s3` or `home` in "
            "it to the other one."
        )
    with counting() as progress:
        bar = progress.add_task("", total=None)

        def advance(left: int) -> None:
            known = progress.tasks[0].completed
            progress.update(bar, advance=1, total=known + 1 + left)

        done = carry_out(open_place(here), open_place(there), jobs, advance)
    for name, (copied, was_there) in done.rows.items():
        rule = " Two of the same day are not added up: the larger is kept."
        told = f"{name}: {copied} rows copied, {was_there} were there."
        say_done(told + rule if name in GROWING else told)
    say_done(
        f"recordings: {done.recordings} copied ({done.size} bytes), {done.recordings_there} were "
        "there. All were read back and are the same."
    )
