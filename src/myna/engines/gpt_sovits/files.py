"""Where the files of GPT-SoVITS are, and which are missing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from myna.engines.presence import is_there

_FOLDERS = (".", "pretrained_models", "GPT_SoVITS/pretrained_models")
_HUBERT = "chinese-hubert-base"
_BERT = "chinese-roberta-wwm-ext-large"
_SPEAKER = "sv/pretrained_eres2netv2w24s4ep4.ckpt"
_PUBLISHED = {
    "v2ProPlus": ("s1v3.ckpt", "v2Pro/s2Gv2ProPlus.pth"),
    "v2Pro": ("s1v3.ckpt", "v2Pro/s2Gv2Pro.pth"),
    "v2": (
        "gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt",
        "gsv-v2final-pretrained/s2G2333k.pth",
    ),
    "v4": ("s1v3.ckpt", "gsv-v4-pretrained/s2Gv4.pth"),
    "v3": ("s1v3.ckpt", "s2Gv3.pth"),
    "v1": ("s1bert25hz-2kh-longer-epoch=68e-step=50232.ckpt", "s2G488k.pth"),
}
"""Of each version, best first: phonemes to tokens, tokens to sound.

v4 and v3 come behind versions that need a tenth of their time.
"""
_VOCODERS = {
    "v3": "models--nvidia--bigvgan_v2_24khz_100band_256x",
    "v4": "gsv-v4-pretrained/vocoder.pth",
}
FOLDER_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""Of HuBERT and BERT, either."""
BIGVGAN_FILE = "bigvgan_generator.pt"
_NAMED = {Path(vits).name: version for version, (_, vits) in _PUBLISHED.items()}
_MARKED = {b"02": "v3", b"03": "v3", b"04": "v4", b"05": "v2Pro", b"06": "v2ProPlus"}
"""First bytes of files by newer trainers: see `weights`, which reads them whole."""
_MARKS_OF_LORA = (b"03", b"04")
_HEARING_SPEAKER = ("v2Pro", "v2ProPlus")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of one model. They need not exist: see `missing`."""

    folder: Path
    """Where the optional dictionaries are looked for."""
    semantic: Path
    """GPT, .ckpt: phonemes to semantic tokens."""
    vits: Path
    """SoVITS, .pth: semantic tokens to sound."""
    hubert: Path
    bert: Path
    """Optional: context for Chinese."""
    speaker: Path
    """For the Pro versions."""
    vocoders: Mapping[str, Path]
    """For v3 a folder, for v4 a file: mel spectrograms to sound."""
    bases: Mapping[str, Path]
    """The published files of v3 and v4, which LoRA files change."""
    version: str | None = None
    """Where a setting says it; else `vits` does, once it is read."""

    @property
    def missing(self) -> tuple[Path, ...]:
        """The files without which the model cannot speak, as far as names and marks tell."""
        needed = [self.semantic, self.vits, *_of_folder(self.hubert)]
        if is_there(self.bert):  # it may be absent, but not be half there
            needed += _of_folder(self.bert)
        mark = _mark(self.vits)
        version = self.version or _MARKED.get(mark) or _NAMED.get(self.vits.name, "")
        if version in _HEARING_SPEAKER:
            needed.append(self.speaker)
        if version in self.vocoders:
            place = self.vocoders[version]
            of_v3 = [place / "config.json", place / BIGVGAN_FILE]
            needed += of_v3 if version == "v3" else [place]
            if mark in _MARKS_OF_LORA:
                needed.append(self.bases[version])
        return tuple(path for path in needed if not is_there(path))


def _of_folder(folder: Path) -> tuple[Path, Path]:
    """Return what a network's folder must have; of its weights, those that are there."""
    weights = [folder / name for name in FOLDER_WEIGHTS]
    return folder / "config.json", next(filter(is_there, weights), weights[-1])


def find_files(
    folder: Path,
    semantic: Path | None = None,
    vits: Path | None = None,
    version: str | None = None,
) -> ModelFiles:
    """Look for a model in a folder laid out as published, or as GPT-SoVITS keeps it.

    Weights given by path stand; others are the published ones of the version, or of the best
    version whose files are all there, else of the best that lacks only others than its SoVITS.
    """
    versions = (version,) if version in _PUBLISHED else tuple(_PUBLISHED)
    candidates = [
        replace(_files(folder, semantic, vits, name), version=version) for name in versions
    ]
    there = [files for files in candidates if is_there(files.vits)]
    whole = (files for files in candidates if not files.missing)
    return next(whole, there[0] if there else candidates[0])


def _files(folder: Path, semantic: Path | None, vits: Path | None, version: str) -> ModelFiles:
    published_semantic, published_vits = _PUBLISHED[version]
    return ModelFiles(
        folder,
        semantic or _placed(folder, published_semantic),
        vits or _placed(folder, published_vits),
        _placed(folder, _HUBERT),
        _placed(folder, _BERT),
        _placed(folder, _SPEAKER),
        {name: _placed(folder, path) for name, path in _VOCODERS.items()},
        {name: _placed(folder, _PUBLISHED[name][1]) for name in _VOCODERS},
    )


def _placed(folder: Path, name: str) -> Path:
    places = [folder / inner / name for inner in _FOLDERS]
    return next((place for place in places if is_there(place)), folder / name)


def _mark(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(2)
    except OSError:
        return b""
