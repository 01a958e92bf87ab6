"""Files that are nothing but named tensors."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

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
    """Digest the weights by a sample of each tensor: other weights differ in nearly all of them."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        sample = weights[name].detach().reshape(-1)[:64].float().numpy()
        digest.update(f"{name}{tuple(weights[name].shape)}".encode())
        digest.update(sample.tobytes())
    return digest.hexdigest()


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    read_header(path)
    try:
        return load_file(path)
    except (SafetensorError, ValueError, OSError) as error:
        raise WeightsMissing(
            f"{str(path)!r} is cut short or damaged ({error}). Get the file again."
        ) from error
