"""What people see: everything but results goes to standard error, so that pipes stay clean."""

import errno
import os
import stat
import sys
import warnings
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
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
        give_up_stdout()
        raise typer.Exit from None


def give_up_stdout() -> None:
    """Let what standard output still holds go nowhere, so that the end of Python is no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def check_writable(*paths: Path | None) -> None:
    """Raise `StorageError` for files that could not be written once they are made."""
    for path in filter(None, paths):
        there = path
        try:
            reason = errno.EISDIR if stat.S_ISDIR(path.stat().st_mode) else None
        except FileNotFoundError:
            there = path.parent
            reason = None if there.is_dir() else errno.ENOENT
        except OSError as error:  # such as a name longer than the disk takes
            raise _unwritable(path, error.strerror) from error
        if reason is None and not os.access(there, os.W_OK):
            reason = errno.EACCES
        if reason is not None:
            raise _unwritable(path, os.strerror(reason))


def write_file(path: Path, content: bytes | str) -> None:
    """Write a file the user asked for. Raises `StorageError` where that cannot be."""
    try:
        # What is half a character came from a command line in another encoding.
        path.write_bytes(
            content.encode("utf-8", "replace") if isinstance(content, str) else content
        )
    except OSError as error:
        raise _unwritable(path, error.strerror) from error


def _unwritable(path: Path, reason: str | None) -> StorageError:
    return StorageError(f"Cannot write {str(path)!r}: {reason}. Check the folder, or name another.")


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
    stderr.print(f"[red]error:[/red] {escape(message)}", highlight=False)


def say_warning(message: str) -> None:
    """Print one line about something that works, but could be better."""
    stderr.print(f"[yellow]warning:[/yellow] {escape(message)}", highlight=False)


def say_done(message: str) -> None:
    """Print one line about what was done."""
    stderr.print(escape(message), highlight=False)


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
