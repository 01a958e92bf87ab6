"""Files that are nothing but named tensors."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.digest_book import NO_BOOK, DigestBook
from myna.engines.checkpoints.stored import StoredTensors
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.checkpoints.unpickling import read_header, read_pickled, tensors_among


def read_plain(path: Path) -> Tensors:
    """Read a file that is nothing but named tensors, in either of the formats there are."""
    return Tensors(_stored(path), str(path))


def read_outline(path: Path) -> Tensors:
    """Read what tensors such a file has, all zero: a network made of them tells what lacks."""
    return Tensors(_stored(path).outline(), str(path))


def digest_of(weights: Mapping[str, Tensor]) -> str:
    """Digest all weights to their last bit, one after another: about a second for 2 GB."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def digest_of_files(paths: Iterable[Path], book: DigestBook = NO_BOOK) -> str:
    """Digest the content of files, and which of them are there; `book` remembers each."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name} {path.exists()}".encode())
        if path.exists():
            digest.update(bytes.fromhex(book.of(path, "content", partial(_content_digest, path))))
    return digest.hexdigest()


def digest_of_tensors(path: Path, weights: Mapping[str, Tensor], book: DigestBook) -> str:
    """Return `digest_of` the weights of a file, unless the book knows it."""
    return book.of(path, "tensors", partial(digest_of, weights))


def _content_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stored(path: Path) -> StoredTensors:
    if path.suffix == ".safetensors":
        return StoredTensors(_read_safetensors(path))
    weights = tensors_among(read_pickled(path))
    if not weights:
        raise WeightsMissing(f"{str(path)!r} holds no tensors: it is another kind of file.")
    return weights


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    read_header(path)
    try:
        return load_file(path)
    except (SafetensorError, ValueError, OSError) as error:
        raise WeightsMissing(
            f"{str(path)!r} is cut short or damaged ({error}). Get the file again."
        ) from error
