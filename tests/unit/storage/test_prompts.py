from pathlib import Path

import pytest

from myna.storage.prompts import PromptFolder


def test_what_was_learned_is_there_in_another_process_too(tmp_path: Path):
    PromptFolder(tmp_path)["embedded/할머니"] = b"fit"
    assert PromptFolder(tmp_path)["embedded/할머니"] == b"fit"
    assert PromptFolder(tmp_path).get("other") is None


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 40])
def test_a_damaged_file_counts_as_missing(tmp_path: Path, content: bytes):
    prompts = PromptFolder(tmp_path)
    prompts["a"] = b"fit"
    next(tmp_path.glob("*.prompt")).write_bytes(content)
    assert "a" not in prompts
    prompts["a"] = b"again"
    assert prompts["a"] == b"again"


def test_forgetting_is_deleting(tmp_path: Path):
    prompts = PromptFolder(tmp_path)
    prompts["a"] = b"fit"
    del prompts["a"]
    assert len(prompts) == 0
    with pytest.raises(KeyError):
        del prompts["a"]


def test_a_disk_that_cannot_be_written_loses_nothing_else(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    prompts = PromptFolder(tmp_path / "file")
    prompts["a"] = b"fit"
    assert prompts.get("a") is None
