"""Folders with model files that somebody already has: carried by hand, or GPT-SoVITS's own."""

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from myna.core.errors import RequestError, StorageError
from myna.storage.checksums import read_list
from myna.storage.downloads import Announced, DownloadFailed
from myna.storage.models import GPT_SOVITS_MODELS, ModelFile

PLACES = ("", "pretrained_models/", "GPT_SoVITS/pretrained_models/")
"""Where published files may be below the given folder."""

_TEXT_PLACES = ("text", "GPT_SoVITS/text")
_READINGS = (
    *("G2PWModel/*", "cmudict.rep", "cmudict-fast.rep", "engdict-hot.rep", "namedict_cache.pickle"),
    *("g2pw/polyphonic.rep", "g2pw/polyphonic-fix.rep", "ja_userdic/userdict.csv"),
    "ja_userdic/user.dict",
)
"""What readings are bettered by, below the `_TEXT_PLACES`."""

_BLOCK = 1 << 22


class FolderNotFound(RequestError):
    """The folder to take models from is not there, or holds none."""

    code = "folder_not_found"


class Folder:
    """A source of files that needs no network. Its SHA256SUMS, where it has one, is kept to."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise FolderNotFound(f"{str(root)!r} is not a folder. Name the one with the models.")
        self._root = root

    def announce(self, file: ModelFile) -> Announced:
        """Look for a file in each of the `PLACES`. Raises `DownloadFailed`."""
        for place in PLACES:
            path = self._root / place / file.path
            if path.is_file():
                digest = read_list(self._root / place).get(file.path)
                return Announced(file, path.stat().st_size, str(path), digest)
        raise DownloadFailed(
            f"There is no {file.path!r} in {str(self._root)!r}. Put it there under that name."
        )

    def fetch(self, announced: Announced, part: Path, advance: Callable[[int], None]) -> None:
        """Copy what `part` lacks."""
        with Path(announced.location).open("rb") as given, part.open("ab") as file:
            given.seek(part.stat().st_size)
            while block := given.read(_BLOCK):
                advance(file.write(block))


class Kind(Enum):
    """What a found file is, as far as its place tells."""

    PUBLISHED = "published"
    GPT = "GPT"
    SOVITS = "SoVITS"
    READINGS = "for readings"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A model file in an installation."""

    source: Path
    target: str
    """Path below the target folder."""
    kind: Kind


def find_weights(root: Path) -> tuple[FoundFile, ...]:
    """Find published files, trained weights, and what readings are bettered by.

    Raises `FolderNotFound` where there are no weights.
    """
    if not root.is_dir():
        raise FolderNotFound(f"{str(root)!r} is not a folder. Name the one GPT-SoVITS is in.")
    found = (*_published(root), *_trained(root))
    if not found:
        raise FolderNotFound(
            f"There are no model files in {str(root)!r}: neither GPT_SoVITS/pretrained_models nor "
            "GPT_weights* nor SoVITS_weights*. Name the folder GPT-SoVITS was installed into."
        )
    return (*found, *_readings(root))


def place(found: FoundFile, folder: Path, *, copy: bool) -> bool:
    """Link or copy a file into the folder; whether that was needed. Raises `StorageError`."""
    target = folder / found.target
    try:
        if target.exists():
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.unlink(missing_ok=True)
        if copy:
            _copy(found.source, part)
        else:
            part.symlink_to(found.source.resolve())
        part.replace(target)
    except OSError as error:
        hint = "Free some space" if error.errno == errno.ENOSPC else "Check the folder"
        raise StorageError(
            f"Cannot put {str(found.source)!r} at {str(target)!r}: {error.strerror}. {hint}, or "
            "set MYNA_HOME to another."
        ) from error
    return True


def _published(root: Path) -> Iterator[FoundFile]:
    paths = dict.fromkeys(file.path for model in GPT_SOVITS_MODELS.values() for file in model.files)
    for path in paths:
        places = (root / place / path for place in PLACES)
        if (source := next((one for one in places if one.is_file()), None)) is not None:
            yield FoundFile(source, path, Kind.PUBLISHED)


def _trained(root: Path) -> Iterator[FoundFile]:
    for kind, pattern in (
        (Kind.GPT, "GPT_weights*/**/*.ckpt"),
        (Kind.SOVITS, "SoVITS_weights*/**/*.pth"),
    ):
        for source in sorted(root.glob(pattern)):
            if source.is_file():
                yield FoundFile(source, source.relative_to(root).as_posix(), kind)


def _readings(root: Path) -> Iterator[FoundFile]:
    targets: set[str] = set()
    for folder in (root / place for place in _TEXT_PLACES):
        for source in (path for pattern in _READINGS for path in sorted(folder.glob(pattern))):
            target = f"text/{source.relative_to(folder).as_posix()}"
            if source.is_file() and target not in targets:
                targets.add(target)
                yield FoundFile(source, target, Kind.READINGS)


def _copy(source: Path, part: Path) -> None:
    with source.open("rb") as given, part.open("wb") as file:
        while block := given.read(_BLOCK):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
