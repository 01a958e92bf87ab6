"""Everything one CosyVoice model is made of, read from its files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from myna.core.errors import WeightsMissing
from myna.engines.batching.device import settle
from myna.engines.checkpoints.digest_book import DigestBook
from myna.engines.checkpoints.plain import digest_of_files, digest_of_tensors, read_plain
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.flow import Flow, read_flow
from myna.engines.cosyvoice.acoustic.vocoder import Vocoder, read_vocoder
from myna.engines.cosyvoice.configuration import Configuration, read_configuration
from myna.engines.cosyvoice.execution import Execution
from myna.engines.cosyvoice.files import ModelFiles
from myna.engines.cosyvoice.hearing import SpeakerNetwork, SpeechTokenizer
from myna.engines.cosyvoice.presets import read_presets
from myna.engines.cosyvoice.prompt import Prompt, PromptMaker
from myna.engines.cosyvoice.text.spoken_text import TextReader
from myna.engines.cosyvoice.text.text_tokenizer import TextTokenizer
from myna.engines.cosyvoice.tokens.device_decoder import read_device_model
from myna.engines.cosyvoice.tokens.key_value_cache import BackboneConfig
from myna.engines.cosyvoice.tokens.language_model import LanguageModel, read_language_model
from myna.engines.cosyvoice.version import Version
from myna.engines.graphs.graph_folder import GraphFolder


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The networks of one version, read-only."""

    version: Version
    configuration: Configuration
    digest: str
    """Changes with the weights and with everything else that changes the sound."""
    reader: TextReader
    prompts: PromptMaker
    presets: Mapping[str, Prompt]
    language_model: LanguageModel
    flow: Flow
    vocoder: Vocoder


@torch.inference_mode()
def load(files: ModelFiles, execution: Execution) -> Model:
    """Read a model. Raises `WeightsMissing` naming each file that is absent or unfit."""
    if files.missing:
        raise WeightsMissing(
            "CosyVoice lacks "
            + ", ".join(repr(str(path)) for path in files.missing)
            + ". Put the published files there (`myna pull cosyvoice2`), where Myna may read them, "
            "or correct the setting `cosyvoice.folder`."
        )
    version = files.version
    configuration = read_configuration(files.configuration)
    tokenizer = TextTokenizer(files.text_folder, version)
    reader = TextReader(tokenizer, version)
    speech_tokenizer = SpeechTokenizer(files.speech_tokenizer, execution.kept_seconds)
    speaker_network = SpeakerNetwork(files.speaker_network, execution.kept_seconds)
    settle(execution.device, exact=execution.runtime == "exact")
    paths = (files.language_model, files.flow, files.vocoder)
    weights = [read_plain(path).to(execution.device) for path in paths]
    book = DigestBook(execution.graphs)
    digests = [
        digest_of_tensors(path, tensors.stored, book)
        for path, tensors in zip(paths, weights, strict=True)
    ]
    parts = (version.value, *digests, digest_of_files(files.beside_weights, book))
    return Model(
        version,
        configuration,
        hashlib.sha256(repr(parts).encode()).hexdigest()[:16],
        reader,
        PromptMaker(speech_tokenizer, speaker_network, reader, configuration.highest_mel),
        read_presets(files.presets, lambda said: reader.transcript(said, "")),
        _language_model(weights[0], digests[0], files, execution),
        read_flow(
            weights[1],
            version=version,
            head_width=configuration.head_width,
            precision=execution.flow_precision,
            recording=execution.recording(configuration.guidance),
        ),
        read_vocoder(weights[2], version=version, recorded=execution.device.type != "cpu"),
    )


def _language_model(
    tensors: Tensors, digest: str, files: ModelFiles, execution: Execution
) -> LanguageModel:
    config = backbone_config(files.text_folder / "config.json")
    if execution.device.type != "cpu":
        return read_device_model(
            tensors, version=files.version, config=config, dtype=execution.language_precision
        )
    return read_language_model(
        tensors.stored,
        version=files.version,
        config=config,
        runtime=execution.runtime,
        graphs=None if execution.graphs is None else GraphFolder(execution.graphs, digest),
    )


def backbone_config(path: Path) -> BackboneConfig:
    """Read what the shapes of the language model's tensors do not say."""
    try:
        said = json.loads(path.read_text("utf-8"))
        config = BackboneConfig(
            n_heads=int(said["num_attention_heads"]),
            rope_base=float(said["rope_theta"]),
            norm_epsilon=float(said["rms_norm_eps"]),
        )
        if min(config.n_heads, config.rope_base, config.norm_epsilon) <= 0:
            raise ValueError(config)
        return config
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsMissing(
            f"{str(path)!r} does not describe a Qwen2 model ({error!r}). Get the published file."
        ) from error
