from pathlib import Path

import pytest

from myna.storage.memory import MemoryFolder


def test_what_was_learned_is_there_in_another_process_too(tmp_path: Path):
    MemoryFolder(tmp_path)["embedded/할머니"] = b"fit"
    assert MemoryFolder(tmp_path)["embedded/할머니"] == b"fit"
    assert MemoryFolder(tmp_path).get("other") is None


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 40])
def test_a_damaged_file_counts_as_missing(tmp_path: Path, content: bytes):
    memory = MemoryFolder(tmp_path)
    memory["a"] = b"fit"
    next(tmp_path.glob("*.prompt")).write_bytes(content)
    assert "a" not in memory
    memory["a"] = b"again"
    assert memory["a"] == b"again"


def test_forgetting_is_deleting(tmp_path: Path):
    memory = MemoryFolder(tmp_path)
    memory["a"] = b"fit"
    del memory["a"]
    assert len(memory) == 0
    with pytest.raises(KeyError):
        del memory["a"]


def test_a_disk_that_cannot_be_written_loses_nothing_else(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    memory = MemoryFolder(tmp_path / "file")
    memory["a"] = b"fit"
    assert memory.get("a") is None
