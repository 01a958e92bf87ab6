import re
import zipfile
from pathlib import Path

import pytest
import torch

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.plain import digest_of, read_outline, read_plain
from myna.engines.checkpoints.rows import RowsInFile
from myna.engines.checkpoints.stored import MAPS_FILES

NAMES = ("first.weight", "second.weight", "third.weight")
mapped_only = pytest.mark.skipif(not MAPS_FILES, reason="files are mapped on Linux only")


def _weights(*shape: int, dtype: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {name: torch.randn(*shape, generator=generator).to(dtype) for name in NAMES}


def _resident(path: Path) -> int:
    """Return how many kilobytes of a mapped file are in memory."""
    said = Path("/proc/self/smaps").read_text()
    return sum(map(int, re.findall(rf"{re.escape(str(path))}\n(?:.*\n)*?Rss: +(\d+) kB", said)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_tensors_are_read_as_they_were_saved(tmp_path: Path, dtype: torch.dtype) -> None:
    weights = _weights(30, 70, dtype=dtype)
    torch.save(weights, tmp_path / "plain.pth")
    tensors = read_plain(tmp_path / "plain.pth")
    for _ in range(2):
        for name in NAMES:
            assert torch.equal(tensors.stored[name], weights[name])
            assert torch.equal(tensors[name], weights[name].float())
    assert digest_of(tensors.stored) == digest_of(weights)
    assert list(tensors.stored) == list(NAMES)
    assert "fourth.weight" not in tensors.stored


@mapped_only
def test_a_file_takes_no_memory_but_for_what_is_kept_of_it(tmp_path: Path) -> None:
    path = tmp_path / "large.pth"
    torch.save(_weights(1024, 1024), path)
    tensors = read_plain(path)
    digest_of(tensors.stored)
    kept = tensors["second.weight"]
    assert _resident(path) < 1024
    assert kept.shape == (1024, 1024)


@mapped_only
def test_what_was_read_stays_whatever_becomes_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "plain.pth"
    weights = _weights(64, 64)
    torch.save(weights, path)
    kept = read_plain(path)["first.weight"]
    path.write_bytes(b"")
    assert torch.equal(kept, weights["first.weight"])


def test_a_part_of_a_shared_tensor_is_read(tmp_path: Path) -> None:
    whole = torch.arange(60.0).view(6, 10)
    torch.save({"whole": whole, "turned": whole.T, "part": whole[2:4, 3:]}, tmp_path / "plain.pth")
    stored = read_plain(tmp_path / "plain.pth").stored
    assert torch.equal(stored["turned"], whole.T)
    assert torch.equal(stored["part"], whole[2:4, 3:])


@pytest.mark.parametrize("form", ["older", "compressed"])
def test_files_that_cannot_be_mapped_are_read(tmp_path: Path, form: str) -> None:
    weights, path = _weights(30, 70), tmp_path / "plain.pth"
    torch.save(weights, path, _use_new_zipfile_serialization=form != "older")
    if form == "compressed":
        with (
            zipfile.ZipFile(path) as archive,
            zipfile.ZipFile(tmp_path / "packed.pth", "w", zipfile.ZIP_DEFLATED) as packed,
        ):
            for part in archive.infolist():
                packed.writestr(part.filename, archive.read(part))
        path = tmp_path / "packed.pth"
    tensors = read_plain(path)
    assert all(torch.equal(tensors[name], weights[name]) for name in NAMES)
    assert torch.equal(tensors.rows("first.weight")([3, 1]), weights["first.weight"][[3, 1]])


def test_an_outline_has_all_names_and_shapes_and_nothing_else(tmp_path: Path) -> None:
    torch.save(_weights(3, 7), tmp_path / "plain.pth")
    tensors = read_outline(tmp_path / "plain.pth")
    assert tensors["first.weight"].shape == (3, 7)
    assert tensors["first.weight"].untyped_storage().nbytes() == 4
    with pytest.raises(WeightsMissing, match=r"fourth\.weight"):
        tensors["fourth.weight"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_rows_are_those_of_the_table(tmp_path: Path, dtype: torch.dtype) -> None:
    weights = _weights(50, 33, dtype=dtype)
    torch.save(weights, tmp_path / "plain.pth")
    rows = read_plain(tmp_path / "plain.pth").scope("second").rows("weight")
    assert isinstance(rows, RowsInFile) == MAPS_FILES
    assert len(rows) == 50
    numbers = [49, 0, 7, 7]
    assert torch.equal(rows(numbers), weights["second.weight"][numbers].float())
    assert rows([]).shape == (0, 33)


@mapped_only
def test_a_file_that_is_changed_while_its_rows_are_in_use_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "plain.pth"
    torch.save(_weights(50, 33), path)
    rows = read_plain(path).rows("first.weight")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsMissing, match=r"plain\.pth.*was changed while it was in use"):
        rows([40])


@mapped_only
def test_a_file_that_another_takes_the_place_of_stays_in_use(tmp_path: Path) -> None:
    path, weights = tmp_path / "plain.pth", _weights(50, 33)
    torch.save(weights, path)
    rows = read_plain(path).rows("first.weight")
    torch.save(_weights(2, 2), tmp_path / "other.pth")
    (tmp_path / "other.pth").replace(path)
    assert torch.equal(rows([40]), weights["first.weight"][[40]])
