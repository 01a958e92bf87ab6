"""Everything one GPT-SoVITS model is made of, read from its files."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from myna.core.errors import WeightsMismatch, WeightsMissing
from myna.engines.checkpoints.digest_book import DigestBook
from myna.engines.checkpoints.making import making
from myna.engines.checkpoints.plain import digest_of_files, read_outline, read_plain
from myna.engines.checkpoints.when_needed import Network, WhenNeeded
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.files import BIGVGAN_FILE, ModelFiles
from myna.engines.gpt_sovits.frontend.bert import Bert
from myna.engines.gpt_sovits.frontend.front_end import FrontEnd
from myna.engines.gpt_sovits.frontend.resources import Resources
from myna.engines.gpt_sovits.frontend.spoken_text import TextReader
from myna.engines.gpt_sovits.lora import read_sovits_on_base
from myna.engines.gpt_sovits.model_folder import ModelFolder, files_of, read_folder
from myna.engines.gpt_sovits.sound.decoder import Decoder
from myna.engines.gpt_sovits.sound.flow_decoder import FlowDecoder
from myna.engines.gpt_sovits.sound.flow_matching import FlowMatching
from myna.engines.gpt_sovits.sound.mel_features import MelFeatures
from myna.engines.gpt_sovits.sound.mel_vocoders import read_vocoder_v3, read_vocoder_v4
from myna.engines.gpt_sovits.sound.recorded_vits import RecordedVits
from myna.engines.gpt_sovits.sound.vits import Vits
from myna.engines.gpt_sovits.sound.vits_decoder import VitsDecoder
from myna.engines.gpt_sovits.sound.window_batches import WindowBatches
from myna.engines.gpt_sovits.tokens.semantic_decoding import LONGEST
from myna.engines.gpt_sovits.tokens.semantic_models import SemanticModel, open_model
from myna.engines.gpt_sovits.tokens.text_to_semantic import TOKENS_PER_SECOND
from myna.engines.gpt_sovits.voice.hubert import Hubert
from myna.engines.gpt_sovits.voice.prompt import PromptMaker
from myna.engines.gpt_sovits.voice.speaker_vector import SpeakerNetwork
from myna.engines.gpt_sovits.weights import (
    SovitsCheckpoint,
    Version,
    read_semantic,
)

_LANGUAGES_V1 = frozenset({"zh", "ja", "en"})
_LANGUAGES_V2 = _LANGUAGES_V1 | {"ko", "yue"}


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The networks of one version, read-only."""

    version: Version
    languages: frozenset[str]
    digest: str
    """Changes with the weights and with everything else that changes the sound."""
    reader: TextReader
    prompts: PromptMaker
    semantic: SemanticModel
    longest: int
    """Semantic tokens of one sentence, at most."""
    decoder: Decoder
    precision: str
    """How exact the networks compute; the same request sounds different in another."""


@torch.inference_mode()
def load(files: ModelFiles, windows: int = 1, execution: Execution = Execution()) -> Model:  # noqa: B008
    """Read a model. Raises `WeightsMissing` naming each file that is absent or unfit.

    windows: how many of different calls are made together; of v1 to v2ProPlus on a GPU only.
    """
    # What a LoRA file changes is missed where it is read, with the reason.
    lacking = [path for path in files.missing if path not in files.bases.values()]
    if lacking:
        raise WeightsMissing(
            "GPT-SoVITS lacks "
            + ", ".join(repr(str(path)) for path in lacking)
            + ". Put the published files there, where Myna may read them, or correct the settings "
            "under `gpt_sovits`."
        )
    bases = {Version(name): path for name, path in files.bases.items()}
    asked = None if files.version is None else Version(files.version)
    book = DigestBook(execution.graphs)
    sovits = read_sovits_on_base(files.vits, bases, asked, book)
    semantic = read_semantic(files.semantic, book=book)
    first = sovits.version is Version.V1
    if semantic.is_first != first:
        meant_for = "v1" if semantic.is_first else "v2 and later"
        raise WeightsMismatch(
            f"{str(files.semantic)!r} is a GPT for {meant_for}, {str(files.vits)!r} a SoVITS "
            f"{sovits.version.value}. Name two that belong together."
        )
    languages = _LANGUAGES_V1 if first else _LANGUAGES_V2
    resources = Resources.find(files.folder)
    bert = _folder_when_needed(Bert, files.bert, execution) if files.bert.exists() else None
    reader = TextReader(FrontEnd("v1" if first else "v2", resources), bert)
    hubert = _folder_when_needed(Hubert, files.hubert, execution)
    hears = sovits.version.hears_speaker
    speaker = _speaker_network(files.speaker, execution) if hears else None
    sounding = execution.of_windows(windows) if sovits.version.matches_flow else execution
    decoder = _decoder(sovits, files, windows, sounding)
    drawing = open_model(semantic, execution)
    texts = [file for place in resources.places for file in (place, *sorted(place.glob("*")))]
    texts = [file for file in texts if file.is_file()]
    beside = digest_of_files([*_beside(files, sovits.version), *texts], book)
    parts = (semantic.digest, sovits.digest, beside, *resources.found)
    return Model(
        sovits.version,
        languages,
        hashlib.sha256(repr(parts).encode()).hexdigest()[:16],
        reader,
        PromptMaker(decoder, hubert, speaker, reader, languages),
        drawing,
        min(LONGEST, round(semantic.longest_seconds * TOKENS_PER_SECOND)),
        decoder,
        f"{drawing.precision}-{sounding.sound_precision}-{min(windows, 2)}",
    )


def _beside(files: ModelFiles, version: Version) -> list[Path]:
    """Return the files beside the two checkpoints that change what is learned or heard."""
    beside = [*files_of(files.hubert), *files_of(files.bert)]
    if version.hears_speaker:
        beside.append(files.speaker)
    if version is Version.V3:
        beside += [files.vocoders["v3"] / name for name in ("config.json", BIGVGAN_FILE)]
    if version is Version.V4:
        beside.append(files.vocoders["v4"])
    return beside


def _folder_when_needed(
    make: Callable[[ModelFolder], Network], path: Path, execution: Execution
) -> WhenNeeded[Network]:
    """Return the network of a folder, of which only the outline is read now."""

    @torch.inference_mode()
    def read() -> Network:
        with making(path):
            folder = read_folder(path)
            return make(replace(folder, tensors=folder.tensors.to(execution.device)))

    with making(path):
        make(read_folder(path, read_outline))
    return WhenNeeded(read, execution.kept_seconds)


def _speaker_network(path: Path, execution: Execution) -> WhenNeeded[SpeakerNetwork]:
    @torch.inference_mode()
    def read() -> SpeakerNetwork:
        with making(path):
            return SpeakerNetwork(read_plain(path).to(execution.device))

    with making(path):
        SpeakerNetwork(read_outline(path))
    return WhenNeeded(read, execution.kept_seconds)


def _decoder(
    sovits: SovitsCheckpoint, files: ModelFiles, windows: int, execution: Execution
) -> Decoder:
    version = sovits.version
    sovits = replace(sovits, tensors=sovits.tensors.to(execution.device))
    if not version.matches_flow:
        vits = Vits(sovits, execution.vocoder_dtype)
        if execution.device.type == "cpu":  # there, what is behind the end of a row only costs
            return VitsDecoder(vits)
        return VitsDecoder(vits, RecordedVits(vits, windows))
    flow = FlowMatching(sovits.tensors, execution.flow_projection)
    path = files.vocoders[version.value]
    read = read_vocoder_v3 if version is Version.V3 else read_vocoder_v4
    vocoder = read(path, execution.vocoder_dtype, execution.device)
    return FlowDecoder(version, MelFeatures(sovits), WindowBatches(flow, windows), vocoder)
