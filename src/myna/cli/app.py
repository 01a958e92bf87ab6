"""The `myna` command."""

import errno
import sys
from typing import Annotated

import typer

from myna.cli import (
    align,
    cache,
    convert,
    demo,
    edit,
    engines,
    keys,
    prepare,
    pull,
    say,
    serve,
    stats,
    storage,
    voices,
)
from myna.cli.terminal import give_up_stdout, say_error, show_warnings_briefly
from myna.core.errors import (
    EngineError,
    MynaError,
    PlaybackError,
    RequestError,
    SettingsError,
    StorageError,
)

EXIT_CODES: dict[type[BaseException], int] = {
    RequestError: 3,
    EngineError: 4,
    StorageError: 5,
    SettingsError: 6,
    PlaybackError: 7,
    MynaError: 1,
    KeyboardInterrupt: 130,
}
"""The only table of exit codes. 2 is a wrong command line; 0 is success."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Speak any text in anyone's voice, from a few seconds of recording.",
)
app.command("say")(say.say)
app.command("align")(align.align)
app.command("edit", cls=edit.EditCommand)(edit.edit)
app.command("convert")(convert.convert)
app.command("engines")(engines.engines)
app.command("pull")(pull.pull)
app.command("import-weights")(pull.import_weights)
app.command("demo")(demo.demo)
app.command("prepare")(prepare.prepare)
app.command("stats")(stats.stats)
app.command("serve")(serve.serve)
app.add_typer(voices.app, name="voices")
app.add_typer(cache.app, name="cache")
app.add_typer(keys.app, name="keys")
app.add_typer(storage.app, name="storage")


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed_version

        typer.echo(installed_version("myna"))
        raise typer.Exit


def exit_code(error: BaseException) -> int:
    """Return the exit code of the nearest class in the table."""
    return next(EXIT_CODES[cls] for cls in type(error).__mro__ if cls in EXIT_CODES)


def main() -> None:
    """Run the command line; a known error becomes one line and an exit code."""
    show_warnings_briefly()
    try:
        app()
    except (MynaError, KeyboardInterrupt) as error:
        if isinstance(error, MynaError):
            say_error(str(error))
        sys.exit(exit_code(error))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        give_up_stdout()
        say_error(f"There is no room for what is to be written: {error.strerror}. Free some space.")
        sys.exit(EXIT_CODES[StorageError])
