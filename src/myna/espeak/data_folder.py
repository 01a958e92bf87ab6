"""espeak-ng's data in a folder of the process's own, where voice variants can be written."""

import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from myna.core.errors import SynthesisFailed

if sys.platform != "win32":
    import fcntl

PREFIX = "myna-espeak-ng-"


class DataFolder:
    """Links to all that espeak-ng brings, and a place for variants; gone when the process ends.

    The process keeps the folder locked (`flock`), which the system undoes however the process
    ends. So what one that was killed has left is known, and the next removes it; and
    systemd-tmpfiles leaves a folder alone whose server has been running for weeks.
    """

    def __init__(self, data: Path) -> None:
        """Raises `SynthesisFailed` where no temporary folder can be made."""
        with telling():
            _remove_left_overs()
            self.path, descriptor = _claimed()
            self._finalizer = weakref.finalize(self, _leave, self.path, descriptor, os.getpid())
            _mirror(data, self.path)

    @property
    def variants(self) -> Path:
        """Where voice variants go."""
        return self.path / "voices" / "!v"


@contextmanager
def telling() -> Iterator[None]:
    """Raise what the disk is to blame for as `SynthesisFailed`."""
    try:
        yield
    except OSError as error:
        raise SynthesisFailed(
            f"espeak-ng needs a folder for temporary files: {error.strerror or error}. Free some "
            "space, or set TMPDIR to a folder that can be written."
        ) from error


def _claimed() -> tuple[Path, int | None]:
    """Make a folder and lock it; return the descriptor that holds the lock, where there is one."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        if sys.platform == "win32":
            return path, None
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:  # somebody took it for a left-over before it was locked
            continue
        with suppress(OSError):  # a file system without locks: then nobody removes left-overs
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if path.exists():
            return path, descriptor
        os.close(descriptor)


def _remove_left_overs() -> None:
    """Remove the folders of this user's processes that ended without a chance to."""
    if sys.platform == "win32":
        return
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # gone, or somebody else's, or in use
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(descriptor).st_uid == os.getuid():
                    shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(descriptor)


def _leave(path: Path, descriptor: int | None, owner: int) -> None:
    """Remove the folder and its lock; a forked child only gives up its share of the lock."""
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)
    if descriptor is not None:
        os.close(descriptor)


def _mirror(data: Path, directory: Path) -> None:
    """Link espeak-ng's data into a directory of ours, so that variants can be written there."""
    voices = directory / "voices"
    (voices / "!v").mkdir(parents=True)
    for entry in data.iterdir():
        if entry.name != "voices":
            _link(entry, directory / entry.name)
    for entry in (data / "voices").iterdir():
        if entry.name != "!v":
            _link(entry, voices / entry.name)


def _link(source: Path, target: Path) -> None:
    try:
        target.symlink_to(source, target_is_directory=source.is_dir())
    except OSError:  # a platform or account that may not make symbolic links
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
