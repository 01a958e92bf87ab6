"""`myna serve`: speech over HTTP."""

from typing import Annotated

import typer

from myna.cli.terminal import say_done
from myna.core.errors import PackageMissing
from myna.settings import HttpSettings, Settings
from myna.studio.studio import Studio
from myna.studio.wiring import open_keys


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 lets the system choose.")
    ] = None,
    allow_anonymous: Annotated[
        bool, typer.Option("--allow-anonymous", help="Serve everybody who reaches the address.")
    ] = False,
) -> None:
    """Serve speech over HTTP, to this machine only unless told otherwise."""
    try:
        from myna.http.app import create_app
        from myna.http.auth import check_address
        from myna.http.server import serve as run
    except ImportError:
        raise PackageMissing("`myna serve`", "server") from None
    settings = Settings.load()
    http = _chosen(settings.http, host, port, allow_anonymous)
    keys = open_keys(settings)
    check_address(http, keys)
    app = create_app(Studio.open(settings), http, keys)
    run(app, http, lambda address: say_done(f"Myna listens on {address} ({address}/docs)"))


def _chosen(
    settings: HttpSettings, host: str | None, port: int | None, allow_anonymous: bool
) -> HttpSettings:
    given = {"host": host, "port": port, "allow_anonymous": allow_anonymous or None}
    return settings.model_copy(update={k: v for k, v in given.items() if v is not None})
