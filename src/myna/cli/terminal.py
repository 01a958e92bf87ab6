"""What people see: everything but results goes to standard error, so that pipes stay clean."""

import os
import sys
import warnings
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from myna.core.errors import BadText, StorageError

stdout = Console(soft_wrap=True)
stderr = Console(stderr=True, soft_wrap=True)


def write_bytes(content: bytes) -> None:
    """Write to standard output at once. A reader who has left ends the command, quietly."""
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None


def write_file(path: Path, content: bytes | str) -> None:
    """Write a file the user asked for. Raises `StorageError` where that cannot be."""
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise StorageError(
            f"Cannot write {str(path)!r}: {error.strerror}. Check the folder, or name another."
        ) from error


def read_text(path: Path) -> str:
    """Read a text file the user named, or standard input for `-`. Raises `BadText`."""
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return content.decode()
    except OSError as error:
        raise BadText(f"Cannot read {str(path)!r}: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise BadText(
            f"{str(path)!r} is not UTF-8 text (byte {error.start}). Convert it first, e.g. with "
            "iconv -t utf-8."
        ) from None


def say_error(message: str) -> None:
    """Print one line that says what went wrong."""
    stderr.print(f"[red]error:[/red] {_escaped(message)}", highlight=False)


def say_warning(message: str) -> None:
    """Print one line about something that works, but could be better."""
    stderr.print(f"[yellow]warning:[/yellow] {_escaped(message)}", highlight=False)


def say_done(message: str) -> None:
    """Print one line about what was done."""
    stderr.print(_escaped(message), highlight=False)


def show_warnings_briefly() -> None:
    """Print Python's warnings as one line each, without file and line."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        say_warning(str(message))

    warnings.showwarning = show


def counting() -> Progress:
    """Return a bar for people that shows how many of how many are done."""
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=stderr,
        disable=not stderr.is_terminal,
    )


def is_piped() -> bool:
    """Whether standard output goes to a program or a file rather than a person."""
    return not sys.stdout.isatty()


def _escaped(message: str) -> str:
    return message.replace("[", r"\[")
