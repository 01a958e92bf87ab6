"""Digests of files, remembered: to read gigabytes at each start takes seconds."""

import contextlib
import hashlib
import json
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

logger = logging.getLogger(__name__)

_LARGE = 16_000_000  # bytes: less is read in a moment
_SETTLED = 2.0  # seconds: no file system's clock is coarser


class DigestBook:
    """Remembers what was computed of a file until the file is another.

    That is told by its size, its number, and the times at which its content and its entry in the
    file system were changed last, which no program sets at will. A file that was changed a moment
    ago is not remembered: it may be changed again at the same time of a coarse clock.
    """

    def __init__(
        self,
        folder: Path | None = None,
        settled_seconds: float = _SETTLED,
        least_bytes: int = _LARGE,
    ) -> None:
        """Without a folder everything is computed anew.

        settled_seconds: for how long a file must have been as it is.
        least_bytes: of a file that is remembered.
        """
        self._folder = folder
        self._least_bytes = least_bytes
        self._settled = settled_seconds * 1e9

    def of(self, path: Path, kind: str, compute: Callable[[], str]) -> str:
        """Return what `compute` says of the content of a file; `kind` names the computation."""
        if self._folder is None:
            return compute()
        state = _state(path)
        if state[0] < self._least_bytes:
            return compute()
        name = hashlib.sha256(f"{kind} {path.absolute()}".encode()).hexdigest()[:32]
        entry = self._folder / f"{name}.digest"
        known = _known(entry, state)
        if known is not None:
            return known
        began = time.time_ns()
        digest = compute()
        if _state(path) == state and max(state[1:3]) < began - self._settled:
            self._remember(entry, [*state, digest])
        return digest

    def _remember(self, entry: Path, content: list[int | str]) -> None:
        try:
            entry.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", dir=entry.parent, suffix=".part", delete=False
            ) as file:
                part = Path(file.name)
                json.dump(content, file)
            part.replace(entry)
        except OSError as error:
            logger.debug("a digest could not be kept: %s", error)


def _state(path: Path) -> tuple[int, int, int, int]:
    """Return what changes with a file: size, both times, number."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _known(entry: Path, state: tuple[int, ...]) -> str | None:
    with contextlib.suppress(OSError, ValueError):
        *then, digest = json.loads(entry.read_text("utf-8"))
        if tuple(then) == state and isinstance(digest, str):
            return digest
    return None


NO_BOOK = DigestBook()
"""Remembers nothing."""
