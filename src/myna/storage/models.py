"""The published files of each model, and where they go.

They keep the layout their publisher gave them, so that a folder can be carried between Myna and
the publisher's own program as it is.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from myna.core.errors import RequestError

GPT_SOVITS_FOLDER = "gpt-sovits"
"""Within the folder of models."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One published file."""

    path: str
    """In the repository, and below the target folder."""
    licence: str
    needed: bool = True
    """Whether the model cannot speak without it."""
    sha256: str | None = None
    """What its bytes must digest to, in hex, where that is known beforehand."""
    repository: str = "lj1995/GPT-SoVITS"
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be pulled by name."""

    name: str
    version: str
    """As its publisher writes it, such as `v2ProPlus`."""
    files: tuple[ModelFile, ...]
    folder: str = GPT_SOVITS_FOLDER
    """Within the folder of models."""


class ModelNotFound(RequestError):
    """No model has this name."""

    code = "model_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"No model is named {name!r}. There are: {', '.join(MODELS)}.")


# Where each licence is published: docs/guides/models.md.
_MIT = "MIT"
_APACHE = "Apache-2.0"
_HUBERT = tuple(
    ModelFile(f"chinese-hubert-base/{name}", _MIT, needed=name != "preprocessor_config.json")
    for name in ("config.json", "preprocessor_config.json", "pytorch_model.bin")
)
_BERT = tuple(
    ModelFile(f"chinese-roberta-wwm-ext-large/{name}", _APACHE, needed=False)
    for name in ("config.json", "tokenizer.json", "pytorch_model.bin")
)
_SPEAKER = (ModelFile("sv/pretrained_eres2netv2w24s4ep4.ckpt", _APACHE),)
_GPT_V3 = "s1v3.ckpt"
_BIGVGAN = "models--nvidia--bigvgan_v2_24khz_100band_256x"


def _model(version: str, *own: str, speaker: bool = False) -> Model:
    files = tuple(ModelFile(path, _MIT) for path in own) + _HUBERT + _BERT
    name = f"gpt-sovits-{version.lower()}"
    return Model(name, version, files + _SPEAKER if speaker else files)


def _cosyvoice(generation: int, repository: str) -> Model:
    tokenizer = ("config.json", "merges.txt", "tokenizer_config.json", "vocab.json")
    paths = (
        f"cosyvoice{generation}.yaml",
        "llm.pt",
        "flow.pt",
        "hift.pt",
        "campplus.onnx",
        f"speech_tokenizer_v{generation}.onnx",
        *(f"CosyVoice-BlankEN/{name}" for name in tokenizer),
    )
    files = tuple(ModelFile(path, _APACHE, repository=repository) for path in paths)
    name = f"cosyvoice{generation}"
    return Model(name, str(generation), files, folder=name)


GPT_SOVITS_MODELS = {
    model.name: model
    for model in (
        _model("v1", "s1bert25hz-2kh-longer-epoch=68e-step=50232.ckpt", "s2G488k.pth"),
        _model(
            "v2",
            "gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt",
            "gsv-v2final-pretrained/s2G2333k.pth",
        ),
        _model("v2Pro", _GPT_V3, "v2Pro/s2Gv2Pro.pth", speaker=True),
        _model("v2ProPlus", _GPT_V3, "v2Pro/s2Gv2ProPlus.pth", speaker=True),
        _model(
            "v3",
            _GPT_V3,
            "s2Gv3.pth",
            f"{_BIGVGAN}/config.json",
            f"{_BIGVGAN}/bigvgan_generator.pt",
        ),
        _model("v4", _GPT_V3, "gsv-v4-pretrained/s2Gv4.pth", "gsv-v4-pretrained/vocoder.pth"),
    )
}
"""Every version of GPT-SoVITS by name."""

MODELS = GPT_SOVITS_MODELS | {
    model.name: model
    for model in (
        _cosyvoice(2, "FunAudioLLM/CosyVoice2-0.5B"),
        _cosyvoice(3, "FunAudioLLM/Fun-CosyVoice3-0.5B-2512"),
    )
}
"""Every model by name, in the order in which they are shown."""


def find_model(name: str) -> Model:
    """Return the model of this name, in any case of letters, or raise `ModelNotFound`."""
    if (model := MODELS.get(name.lower())) is None:
        raise ModelNotFound(name)
    return model


def without_optional_files(model: Model) -> Model:
    """Return the model with only the files it cannot speak without."""
    return replace(model, files=tuple(file for file in model.files if file.needed))


def missing_files(version: str, models_folder: Path) -> tuple[str, ...]:
    """Return which needed files of a version (`v2ProPlus`, …) are not in the folder of models.

    As paths below `gpt-sovits` in that folder. Raises `ModelNotFound`.
    """
    folder = models_folder / GPT_SOVITS_FOLDER
    files = find_model(f"gpt-sovits-{version}").files
    return tuple(file.path for file in files if file.needed and not (folder / file.path).is_file())
