"""Files that are nothing but named tensors."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.checkpoints.unpickling import read_header, read_pickled, tensors_among


def read_plain(path: Path) -> Tensors:
    """Read a file that is nothing but named tensors, in either of the formats there are."""
    if path.suffix == ".safetensors":
        return Tensors(_read_safetensors(path), str(path))
    weights = tensors_among(read_pickled(path))
    if not weights:
        raise WeightsMissing(f"{str(path)!r} holds no tensors: it is another kind of file.")
    return Tensors(weights, str(path))


def digest_of(weights: Mapping[str, Tensor]) -> str:
    """Digest all weights to their last bit: about a second for 2 GB."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def digest_of_files(paths: Iterable[Path]) -> str:
    """Digest the content of files, and which of them are there."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name} {path.exists()}".encode())
        if path.exists():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    read_header(path)
    try:
        return load_file(path)
    except (SafetensorError, ValueError, OSError) as error:
        raise WeightsMissing(
            f"{str(path)!r} is cut short or damaged ({error}). Get the file again."
        ) from error
