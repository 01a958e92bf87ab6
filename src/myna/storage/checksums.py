"""Digests of files, and the list of them that travels with a folder of models."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from myna.storage.blobs import write_atomically

LIST = "SHA256SUMS"
"""The list's name in its folder; `sha256sum --check` reads it too."""

_BLOCK = 1 << 20
_LINE = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<path>.+)")


def sha256_of(path: Path) -> str:
    """Digest a file as it is."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_digest_of(path: Path) -> str:
    """Digest a file as git names it: SHA-1 of the word `blob`, its length, a zero, its bytes."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def matches(path: Path, digest: str) -> bool:
    """Whether a file has a digest: 64 hex digits for SHA-256, 40 for git's."""
    found = sha256_of(path) if len(digest) == 64 else git_digest_of(path)
    return found == digest


def read_list(folder: Path) -> dict[str, str]:
    """Return the digests listed in a folder by path; none where there is no list."""
    path = folder / LIST
    return listed(path.read_text("utf-8")) if path.is_file() else {}


def listed(text: str) -> dict[str, str]:
    """Return the digests in a list by path."""
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return {line["path"]: line["digest"] for line in found if line}


def add_to_list(folder: Path, digests: Mapping[str, str]) -> None:
    """Add to the list of a folder, or replace in it. Raises `StorageError`."""
    known = read_list(folder) | dict(digests)
    lines = "".join(f"{known[path]}  {path}\n" for path in sorted(known))
    write_atomically(folder / LIST, lines.encode())
