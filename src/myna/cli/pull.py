"""`myna pull` and `myna import-weights`: model files into Myna's home."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from myna.cli.terminal import say_done, say_warning, stderr
from myna.storage.downloads import Plan, Source


def pull(
    model: Annotated[str, typer.Argument(help="Such as `gpt-sovits-v2proplus` or `cosyvoice2`.")],
    endpoint: Annotated[
        str | None, typer.Option(help="A mirror of the hub, such as `https://hub.example.org`.")
    ] = None,
    from_folder: Annotated[
        Path | None, typer.Option("--from", help="Take the files from a folder, not the network.")
    ] = None,
    without_optional: Annotated[
        bool, typer.Option("--without-optional", help="Only what it cannot speak without.")
    ] = False,
) -> None:
    """Download a model's published files. An interrupted download goes on where it stopped."""
    from myna.settings import Settings
    from myna.storage.downloads import carry_out, plan
    from myna.storage.models import find_model, without_optional_files

    chosen = find_model(model)
    if without_optional:
        chosen = without_optional_files(chosen)
    settings = Settings.load()
    source = _source(from_folder, endpoint or settings.hub_endpoint)
    planned = plan(chosen, settings.home / "models" / chosen.folder, source)
    _show(planned)
    with _progress() as progress:
        bar = progress.add_task("", total=planned.size)

        def advance(path: str, count: int) -> None:
            progress.update(bar, advance=count, description=Path(path).name)

        carry_out(planned, source, advance)
    say_done(f"{chosen.name} is in {planned.folder}.")


def import_weights(
    folder: Annotated[Path, typer.Argument(help="Where GPT-SoVITS is installed.")],
    copy: Annotated[bool, typer.Option("--copy", help="Copy the files, do not link them.")] = False,
) -> None:
    """Use the weights of an existing GPT-SoVITS, published and trained ones, where they are."""
    from myna.settings import Settings
    from myna.studio.weights_import import import_weights

    done = import_weights(folder, Settings.load().home / "models", copy=copy)
    for file in done.files:
        state = "not taken" if file.problem else "already there" if file.was_there else "taken"
        typer.echo("\t".join((file.found.target, file.description, state)))
        if file.problem:
            say_warning(file.problem)
    for name, missing in done.missing.items():
        say_done(f"{name} lacks {', '.join(missing)}" if missing else f"{name} is complete.")
    if pair := done.last_used:
        say_done(
            "The weights it spoke with last: under [gpt_sovits] in myna.toml, "
            f'semantic_weights = "{pair.semantic}", vits_weights = "{pair.vits}".'
        )
    elif done.trained:
        say_done(
            "To speak with trained weights, set semantic_weights and vits_weights under "
            f"[gpt_sovits] in myna.toml to two that belong together, as paths below {done.folder}."
        )


def _source(folder: Path | None, endpoint: str | None) -> Source:
    if folder is not None:
        from myna.storage.installations import Folder

        return Folder(folder)
    from myna.storage.hub import Hub

    return Hub(endpoint)


def _show(planned: Plan) -> None:
    for licence, paths in planned.licences.items():
        say_done(f"Licence {licence}: {', '.join(paths)}")
    if planned.present:
        say_done(f"Already there: {', '.join(planned.present)}")
    say_done(f"To fetch: {len(planned.to_fetch)} files, {planned.size / 1e6:.1f} MB")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=stderr,
        disable=not stderr.is_terminal,
    )
