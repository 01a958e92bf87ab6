import os
from collections.abc import Callable
from pathlib import Path

import pytest

from myna.engines.checkpoints.digest_book import DigestBook
from myna.engines.checkpoints.plain import digest_of_files


def _never() -> str:
    raise AssertionError("it was computed again")


def _file(folder: Path) -> Path:
    path = folder / "weights"
    path.write_bytes(b"abc")
    return path


def _book(folder: Path) -> DigestBook:
    """Return a book that remembers small files and those of this moment."""
    return DigestBook(folder, settled_seconds=0, least_bytes=0)


def test_what_is_known_is_not_computed_again(tmp_path: Path) -> None:
    path, folder = _file(tmp_path), tmp_path / "book"
    assert _book(folder).of(path, "kind", lambda: "one") == "one"
    assert _book(folder).of(path, "kind", _never) == "one"
    assert _book(folder).of(path, "other kind", lambda: "two") == "two"


def _rewrite(path: Path) -> None:
    """Put other content of the same length there, and the times of the old."""
    before = path.stat()
    path.write_bytes(b"xyz")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replace(path: Path) -> None:
    """Put a copy of the same age there."""
    before, other = path.stat(), path.with_name("other")
    other.write_bytes(b"xyz")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize("change", [_rewrite, _replace])
def test_another_file_is_computed(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path, folder = _file(tmp_path), tmp_path / "book"
    _book(folder).of(path, "kind", lambda: "one")
    change(path)
    assert _book(folder).of(path, "kind", lambda: "two") == "two"


def test_a_file_of_this_moment_is_not_remembered(tmp_path: Path) -> None:
    path, book = _file(tmp_path), DigestBook(tmp_path / "book", 3600, 0)
    assert book.of(path, "kind", lambda: "one") == "one"
    assert book.of(path, "kind", lambda: "two") == "two"


def test_a_damaged_entry_is_computed_again(tmp_path: Path) -> None:
    path, folder = _file(tmp_path), tmp_path / "book"
    _book(folder).of(path, "kind", lambda: "one")
    for entry in folder.iterdir():
        entry.write_text("[1, 2")
    assert _book(folder).of(path, "kind", lambda: "two") == "two"


def test_digests_of_files_do_not_depend_on_the_book(tmp_path: Path) -> None:
    path, book = _file(tmp_path), _book(tmp_path / "book")
    paths = [path, tmp_path / "absent"]
    assert {digest_of_files(paths), *(digest_of_files(paths, book) for _ in range(2))} == {
        digest_of_files(paths)
    }
    before = digest_of_files(paths, book)
    path.write_bytes(b"abd")
    assert digest_of_files(paths, book) != before
