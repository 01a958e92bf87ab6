"""Fine-tuned v3 and v4 files that hold only what changed (LoRA, Hu et al. 2021)."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.digest_book import NO_BOOK, DigestBook
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.weights import SovitsCheckpoint, Version, read_sovits

_FACTOR = re.compile(r"(?P<layer>.+)\.lora_(?P<side>[AB])(?:\.\w+)?\.weight")
_WRAPPER = "base_model.model."  # inside the names of a wrapped network
_WRAPPED = ".base_layer."  # the layer a pair of factors belongs to, should it be stored too


def read_sovits_on_base(
    path: Path,
    bases: Mapping[Version, Path],
    version: Version | None = None,
    book: DigestBook = NO_BOOK,
) -> SovitsCheckpoint:
    """Read a SoVITS file of any kind; a LoRA file is merged into the base of its version.

    Raises `WeightsMissing` naming the base when that is absent or of another version.
    """
    checkpoint = read_sovits(path, version, book)
    if not checkpoint.is_lora:
        return checkpoint
    base_path = bases.get(checkpoint.version)
    if base_path is None or not base_path.exists():
        where = "" if base_path is None else f" at {str(base_path)!r}"
        raise WeightsMissing(
            f"{str(path)!r} is a LoRA of {checkpoint.version.value} and needs the base it was "
            f"trained on{where}: the published SoVITS file of {checkpoint.version.value}."
        )
    return merged(read_sovits(base_path, checkpoint.version, book), checkpoint)


def merged(base: SovitsCheckpoint, adapter: SovitsCheckpoint) -> SovitsCheckpoint:
    """Return the base with the adapter's changes: W + B A, and whole tensors it brings."""
    weights = dict(base.tensors.stored)
    factors: dict[str, dict[str, Tensor]] = {}
    for name, tensor in adapter.tensors.stored.items():
        name = name.replace(_WRAPPER, "").replace(_WRAPPED, ".")
        factor = _FACTOR.fullmatch(name)
        if factor is None:
            weights[name] = tensor
        else:
            factors.setdefault(factor["layer"], {})[factor["side"]] = tensor
    source = f"{adapter.tensors.source} on {base.tensors.source}"
    for layer, sides in factors.items():
        weights[f"{layer}.weight"] = _changed(weights, layer, sides, source)
    digest = hashlib.sha256(f"{base.digest} {adapter.digest}".encode()).hexdigest()
    return replace(base, tensors=Tensors(weights, source), digest=digest)


def _changed(
    weights: Mapping[str, Tensor], layer: str, sides: Mapping[str, Tensor], source: str
) -> Tensor:
    before = weights.get(f"{layer}.weight")
    down, up = sides.get("A"), sides.get("B")
    if before is None or down is None or up is None:
        raise WeightsMissing(
            f"{source}: the change of {layer!r} is incomplete, or the base has no such layer. Is "
            "this the base it was trained on?"
        )
    fits = up.dim() == down.dim() == 2 and up.shape[1] == down.shape[0]
    if not fits or before.shape != (up.shape[0], down.shape[1]):
        raise WeightsMissing(
            f"{source}: the change of {layer!r} is {tuple(up.shape)} by {tuple(down.shape)}, the "
            f"layer {tuple(before.shape)}. Is this the base it was trained on?"
        )
    return before.float() + up.float() @ down.float()
