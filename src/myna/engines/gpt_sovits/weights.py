"""Which GPT-SoVITS a file is, and what is in it.

The tensors decide, where they can: versions 1 and 2 differ in symbols, the Pro versions in a
speaker layer. Versions 3 and 4 have the same tensors, and are told apart by the published file's
digest, by the two bytes that mark files of newer trainers, or by the version in the settings.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import torch
from torch import Tensor

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.digest_book import NO_BOOK, DigestBook
from myna.engines.checkpoints.plain import digest_of_tensors
from myna.engines.checkpoints.plain import read_plain as read_plain
from myna.engines.checkpoints.stored import StoredTensors
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.checkpoints.unpickling import plain, read_header, read_pickled, tensors_among

GPT_PREFIX = "model."
END_TOKEN = 1024
V1_SYMBOLS = 322
V2_SYMBOLS = 732  # of all later versions
V1_ROWS = 512  # of a GPT's table of symbols


class Version(Enum):
    """The generations of SoVITS checkpoints."""

    V1 = "v1"
    V2 = "v2"
    V2_PRO = "v2Pro"
    V2_PRO_PLUS = "v2ProPlus"
    V3 = "v3"
    V4 = "v4"

    @property
    def matches_flow(self) -> bool:
        """Whether it makes a mel spectrogram by flow matching, not sound directly."""
        return self in (Version.V3, Version.V4)

    @property
    def hears_speaker(self) -> bool:
        """Whether it needs a speaker vector beside the reference spectrogram."""
        return self in (Version.V2_PRO, Version.V2_PRO_PLUS)


@dataclass(frozen=True, slots=True)
class SovitsConfig:
    """What the shapes of the tensors do not say about the network."""

    upsample_rates: tuple[int, ...] = (10, 8, 2, 2, 2)
    dilations: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))
    n_heads: int = 2
    """Of the phoneme and semantic encoders."""


@dataclass(frozen=True, slots=True)
class SovitsCheckpoint:
    """A SoVITS .pth file, read."""

    version: Version
    config: SovitsConfig
    tensors: Tensors
    digest: str
    """Changes with the weights: hex."""
    n_symbols: int | None
    """Rows of the phoneme table; None in a LoRA file, which leaves it to its base."""
    is_lora: bool = False


@dataclass(frozen=True, slots=True)
class SemanticCheckpoint:
    """A GPT .ckpt file, read: phonemes to semantic tokens."""

    tensors: Tensors
    digest: str
    n_symbols: int
    n_heads: int
    longest_seconds: float = 54.0
    """What the model was trained on at most."""

    def on(self, device: torch.device) -> "SemanticCheckpoint":
        """Return the same, whose tensors come on a device."""
        return replace(self, tensors=self.tensors.to(device))

    @property
    def is_first(self) -> bool:
        """Whether it knows the symbols of v1 only. Its table is padded beyond them."""
        return self.n_symbols <= V1_ROWS


_MARKS = {
    b"00": (Version.V1, False),
    b"01": (Version.V2, False),
    b"02": (Version.V3, False),
    b"03": (Version.V3, True),
    b"04": (Version.V4, True),
    b"05": (Version.V2_PRO, False),
    b"06": (Version.V2_PRO_PLUS, False),
}
"""First two bytes of a file in place of the zip's: version, LoRA."""

_PUBLISHED = {
    "dc3c97e17592963677a4a1681f30c653": Version.V1,
    "6642b37f3dbb1f76882b69937c95a5f3": Version.V2,
    "43797be674a37c1c83ee81081941ed0f": Version.V3,
    "4f26b9476d0c5033e04162c486074374": Version.V4,
    "c7e9fce2223f3db685cdfa1e6368728a": Version.V2_PRO,
    "66b313e39455b57ab1b0bc0b239c9d0a": Version.V2_PRO_PLUS,
}
"""MD5 of the first 8192 bytes of the published files."""

_ROWS_OF_PRO = {512: Version.V2_PRO, 768: Version.V2_PRO_PLUS}


def read_sovits(
    path: Path, version: Version | None = None, book: DigestBook = NO_BOOK
) -> SovitsCheckpoint:
    """Read a SoVITS .pth file; `version` overrules what is found out only between v3 and v4.

    `book` remembers the digest.
    Raises `WeightsMissing`, naming the file and the reason, for any other file.
    """
    header = read_header(path)
    mark = _MARKS.get(header[:2])
    content = read_pickled(path, renamed_zip=mark is not None)
    weights = _weights_in(content, path, wanted="SoVITS (.pth)")
    if any(name.startswith(GPT_PREFIX) for name in weights):
        raise WeightsMissing(
            f"{str(path)!r} is a GPT checkpoint (text to semantic tokens), not a SoVITS one. Were "
            "the two weight settings swapped?"
        )
    config = plain(content.get("config"))
    hint = _hint(header, mark, config)
    found = _version(weights, hint, version, path)
    is_lora = any(".lora_A." in name for name in weights)
    table = weights.get("enc_p.text_embedding.weight")
    return SovitsCheckpoint(
        found,
        _sovits_config(config),
        Tensors(weights, str(path)),
        digest_of_tensors(path, weights, book),
        None if table is None else table.shape[0],
        is_lora,
    )


def read_semantic(
    path: Path, device: str = "cpu", book: DigestBook = NO_BOOK
) -> SemanticCheckpoint:
    """Read a GPT .ckpt file. Raises `WeightsMissing` for any other file."""
    content = read_pickled(path)
    weights = _weights_in(content, path, wanted="GPT (.ckpt)")
    table = weights.get(GPT_PREFIX + "ar_text_embedding.word_embeddings.weight")
    if table is None:
        kind = "a SoVITS" if any(name.startswith("enc_p.") for name in weights) else "another"
        raise WeightsMissing(
            f"{str(path)!r} is {kind} checkpoint, not a GPT one (text to semantic tokens). Were "
            "the two weight settings swapped?"
        )
    _check_symbols(table, V1_ROWS, path)
    config = plain(content.get("config"))
    return SemanticCheckpoint(
        Tensors(weights, str(path), prefix=GPT_PREFIX, device=device),
        digest_of_tensors(path, weights, book),
        n_symbols=table.shape[0],
        n_heads=_whole(_at(config, "model", "head"), 16),
        longest_seconds=float(_whole(_at(config, "data", "max_sec"), 54)),
    )


def _weights_in(content: Mapping[str, object], path: Path, wanted: str) -> StoredTensors:
    weights = content.get("weight")
    if isinstance(weights, Mapping):
        found = tensors_among(weights)
        if found:
            return found
    if "optimizer" in content or "optimizer_states" in content:
        reason = "is a checkpoint for continuing a training: export it as the trainer does"
    elif any("discriminators" in name for name in content):
        reason = "is a discriminator, used in training only"
    else:
        reason = f"has no 'weight' with tensors; its keys are {sorted(map(str, content))[:5]!r}"
    raise WeightsMissing(
        f"{str(path)!r} is not a {wanted} checkpoint: it {reason}. Point the setting at the file "
        "GPT-SoVITS writes for inference."
    )


def _hint(header: bytes, mark: tuple[Version, bool] | None, config: object) -> Version | None:
    """Return what everything but the tensors says."""
    published = _PUBLISHED.get(hashlib.md5(header, usedforsecurity=False).hexdigest())
    if published is not None:
        return published
    if mark is not None:
        return mark[0]
    named = _at(config, "model", "version") or _at(config, "version")
    return next((version for version in Version if version.value == named), None)


def _version(
    weights: Mapping[str, Tensor], hint: Version | None, asked: Version | None, path: Path
) -> Version:
    if any(name.startswith("cfm.") or ".lora_A." in name for name in weights):
        return _flow_version(hint, asked, path)
    table = weights.get("enc_p.text_embedding.weight")
    first = weights.get("dec.conv_pre.weight")
    if table is None or first is None:
        raise WeightsMissing(
            f"{str(path)!r} has none of the tensors of a SoVITS decoder (it begins with "
            f"{next(iter(weights))!r}): it is another kind of file."
        )
    _check_symbols(table, V1_SYMBOLS, path)
    if "sv_emb.weight" in weights:
        by_rows = _ROWS_OF_PRO.get(first.shape[0])
        by_hint = hint if hint is not None and hint.hears_speaker else Version.V2_PRO
        found = by_rows or by_hint
    else:
        found = Version.V1 if table.shape[0] == V1_SYMBOLS else Version.V2
    if asked not in (None, found):
        raise WeightsMissing(
            f"{str(path)!r} is a {found.value} checkpoint, not {asked.value!r} as the setting "
            "says. Correct the setting or name another file."
        )
    return found


def _check_symbols(table: Tensor, first: int, path: Path) -> None:
    """Refuse a table of phonemes that is neither the first version's nor as long as later ones."""
    rows = table.shape[0]
    if rows != first and rows < V2_SYMBOLS:
        raise WeightsMissing(
            f"{str(path)!r} knows {rows} symbols. Version 1 has {first}, the later ones have "
            f"{V2_SYMBOLS}: it is of another model."
        )


def _flow_version(hint: Version | None, asked: Version | None, path: Path) -> Version:
    if asked is not None and asked.matches_flow:
        return asked
    if hint is not None and hint.matches_flow:
        return hint
    raise WeightsMissing(
        f"{str(path)!r} is a v3 or a v4 checkpoint: their tensors do not differ, and neither its "
        "first bytes nor its settings say which. Set the version to 'v3' or 'v4'."
    )


def _sovits_config(config: object) -> SovitsConfig:
    default = SovitsConfig()
    rates = _at(config, "model", "upsample_rates")
    dilations = _at(config, "model", "resblock_dilation_sizes")
    return SovitsConfig(
        upsample_rates=_wholes(rates) or default.upsample_rates,
        dilations=(
            tuple(_wholes(row) for row in dilations)
            if isinstance(dilations, list)
            else default.dilations
        ),
        n_heads=_whole(_at(config, "model", "n_heads"), default.n_heads),
    )


def _at(config: object, *names: str) -> object:
    for name in names:
        if not isinstance(config, Mapping):
            return None
        config = config.get(name)
    return config


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) and value > 0 else default


def _wholes(values: object) -> tuple[int, ...]:
    if not isinstance(values, Sequence):
        return ()
    return tuple(value for value in values if isinstance(value, int))
