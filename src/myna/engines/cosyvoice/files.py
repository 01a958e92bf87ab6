"""Where the files of a CosyVoice model are, and which are missing."""

from dataclasses import dataclass
from pathlib import Path

from myna.engines.cosyvoice.version import Version
from myna.engines.presence import is_there

_CONFIGURATIONS = {
    Version.COSYVOICE2: "cosyvoice2.yaml",
    Version.COSYVOICE3: "cosyvoice3.yaml",
}
_SPEECH_TOKENIZERS = {
    Version.COSYVOICE2: "speech_tokenizer_v2.onnx",
    Version.COSYVOICE3: "speech_tokenizer_v3.onnx",
}


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of one model, as published. They need not exist: see `missing`."""

    folder: Path
    version: Version

    @property
    def configuration(self) -> Path:
        """Sizes and options, YAML."""
        return self.folder / _CONFIGURATIONS[self.version]

    @property
    def language_model(self) -> Path:
        """Text to speech tokens."""
        return self.folder / "llm.pt"

    @property
    def flow(self) -> Path:
        """Speech tokens to mel spectrogram."""
        return self.folder / "flow.pt"

    @property
    def vocoder(self) -> Path:
        """Mel spectrogram to sound."""
        return self.folder / "hift.pt"

    @property
    def speaker_network(self) -> Path:
        """Reference to speaker vector, ONNX."""
        return self.folder / "campplus.onnx"

    @property
    def speech_tokenizer(self) -> Path:
        """Reference to speech tokens, ONNX."""
        return self.folder / _SPEECH_TOKENIZERS[self.version]

    @property
    def text_folder(self) -> Path:
        """The text tokenizer and the sizes of the language model's backbone."""
        return self.folder / "CosyVoice-BlankEN"

    @property
    def presets(self) -> Path:
        """Optional: speakers the model brings along."""
        return self.folder / "spk2info.pt"

    @property
    def text_files(self) -> tuple[Path, ...]:
        """What there must be of the text tokenizer and the backbone."""
        return tuple(
            self.text_folder / name for name in ("config.json", "vocab.json", "merges.txt")
        )

    @property
    def beside_weights(self) -> tuple[Path, ...]:
        """All but the networks that speak and the speakers: other content sounds different, too."""
        return (
            self.configuration,
            self.speaker_network,
            self.speech_tokenizer,
            *self.text_files,
            self.text_folder / "tokenizer_config.json",
        )

    @property
    def missing(self) -> tuple[Path, ...]:
        """The files without which the model cannot speak."""
        needed = (
            self.configuration,
            self.language_model,
            self.flow,
            self.vocoder,
            self.speaker_network,
            self.speech_tokenizer,
            *self.text_files,
        )
        return tuple(path for path in needed if not is_there(path))


def find_files(folder: Path) -> ModelFiles:
    """Look at a folder laid out as published; its configuration's name says which version."""
    for version, name in _CONFIGURATIONS.items():
        if is_there(folder / name):
            return ModelFiles(folder, version)
    return ModelFiles(folder, Version.COSYVOICE2)
