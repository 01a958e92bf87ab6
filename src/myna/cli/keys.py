"""`myna keys`: who may use the server."""

from typing import Annotated

import typer

from myna.cli.terminal import say_done
from myna.storage.keys import KeyBook, Scope

app = typer.Typer(no_args_is_help=True, help="Make, list and remove the server's API keys.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it may do; give it several times.")
    ] = None,
    owner: Annotated[
        str, typer.Option(help="Whose voices it uses. Default: those of this machine's user.")
    ] = "",
) -> None:
    """Make a key and print it, this once: only its digest is kept."""
    key, shown = _keys().add(name, scope or [Scope.SPEAK], owner)
    typer.echo(shown)
    say_done(f"Key {key.id} for {name!r} may: {', '.join(sorted(key.scopes))}. Keep it safe.")


@app.command("list")
def list_keys() -> None:
    """List the keys, without their secrets."""
    for key in _keys().list():
        scopes = ",".join(sorted(key.scopes))
        typer.echo("\t".join((key.id, key.name, key.owner, scopes, key.created_at)))


@app.command()
def remove(key_id: Annotated[str, typer.Argument(help="The id that `list` shows.")]) -> None:
    """Remove a key: a running server refuses it after a second."""
    _keys().remove(key_id)
    say_done(f"Removed {key_id}.")


def _keys() -> KeyBook:
    from myna.settings import Settings
    from myna.studio.wiring import open_keys

    return open_keys(Settings.load())
