"""The published CosyVoice2 code, to measure beside ours; nothing of it is here."""

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.cosyvoice.language_model import published_model
from myna.core.audio import Samples
from myna.engines.cosyvoice.acoustic.request import SpeechPrompt

UNUSED = frozenset(
    (
        *("conformer", "hyperpyyaml", "inflect", "lightning", "matcha.utils", "modelscope"),
        *("onnxruntime", "pyworld", "torchaudio", "vllm", "whisper", "x_transformers"),
    )
)
"""What is imported beside flow and vocoder, which do without."""
ESTIMATOR = {
    "in_channels": 320,
    "out_channels": 80,
    "channels": [256],
    "dropout": 0.0,
    "attention_head_dim": 64,
    "n_blocks": 4,
    "num_mid_blocks": 12,
    "num_heads": 8,
    "act_fn": "gelu",
    "static_chunk_size": 50,
    "num_decoding_left_chunks": -1,
}
ENCODER = {
    "output_size": 512,
    "attention_heads": 8,
    "linear_units": 2048,
    "num_blocks": 6,
    "input_layer": "linear",
    "pos_enc_layer_type": "rel_pos_espnet",
    "selfattention_layer_type": "rel_selfattn",
    "input_size": 512,
    "use_cnn_module": False,
    "macaron_style": False,
    "static_chunk_size": 25,
}
MATCHING = {
    "sigma_min": 1e-6,
    "solver": "euler",
    "t_scheduler": "cosine",
    "training_cfg_rate": 0.2,
    "inference_cfg_rate": 0.7,
    "reg_loss_type": "l1",
}
VOCODER = {
    "sampling_rate": 24000,
    "nsf_voiced_threshold": 10,
    "upsample_rates": [8, 5, 3],
    "upsample_kernel_sizes": [16, 11, 7],
    "istft_params": {"n_fft": 16, "hop_len": 4},
    "source_resblock_kernel_sizes": [7, 7, 11],
    "source_resblock_dilation_sizes": [[1, 3, 5]] * 3,
}


class _Nothing(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__new__": _first})


def _first(kind: type, *arguments: Any, **_: Any) -> Any:
    """Return what is decorated, where an empty name is used as a decorator."""
    return arguments[0] if arguments else object.__new__(kind)


class _Empty(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds empty modules in place of those unused."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        parents = {name.rsplit(".", depth)[0] for depth in range(name.count(".") + 1)}
        if UNUSED.isdisjoint(parents):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Nothing(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__path__ = []


class PublishedSpeech:
    """Speaks as published, from tokens of text to sound while it is made."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __call__(
        self, text: Tensor, prompt_text: Tensor, prompt: SpeechPrompt
    ) -> Iterator[Samples]:
        """Yield a text (T,) after a prompt and its words (L,): (samples,) at 24 kHz."""
        self._model.token_hop_len = 25  # it would begin with what the last call left behind
        speech = prompt.tokens[None].to(torch.int32)
        for part in self._model.tts(
            text=text[None],
            flow_embedding=prompt.speaker_vector[None],
            llm_embedding=torch.zeros(0, 192),
            prompt_text=prompt_text[None],
            llm_prompt_speech_token=speech,
            flow_prompt_speech_token=speech,
            prompt_speech_feat=prompt.mel.T[None],
            stream=True,
        ):
            yield np.asarray(part["tts_speech"][0].numpy(), np.float32)


def read_published_speech(
    checkout: Path, states: Mapping[str, Mapping[str, Tensor]], layers: int
) -> PublishedSpeech:
    """Read the whole model, filled with the states of `llm`, `flow` and `hift`."""
    networks = read_published(checkout, states)
    language_model = published_model(checkout, states["llm"], layers)
    models = importlib.import_module("cosyvoice.cli.model")
    return PublishedSpeech(models.CosyVoice2Model(language_model, networks.flow, networks.vocoder))


class _Published:
    def __init__(self, flow: Any, vocoder: Any) -> None:
        self.flow, self.vocoder = flow, vocoder

    def mel(self, tokens: Tensor, prompt: SpeechPrompt, *, last: bool, streaming: bool) -> Tensor:
        """Make the mel of all tokens, or of all but three."""
        made: Tensor = self.flow.inference(
            token=tokens[None],
            token_len=torch.tensor([len(tokens)]),
            prompt_token=prompt.tokens[None],
            prompt_token_len=torch.tensor([len(prompt.tokens)]),
            prompt_feat=prompt.mel.T[None],
            prompt_feat_len=torch.tensor([prompt.mel.shape[1]]),
            embedding=prompt.speaker_vector[None],
            streaming=streaming,
            finalize=last,
        )[0]
        return made

    def sound(self, mel: Tensor) -> Tensor:
        """Make samples."""
        made: Tensor = self.vocoder.inference(speech_feat=mel)[0]
        return made


def read_published(checkout: Path, states: Mapping[str, Mapping[str, Tensor]]) -> _Published:
    """Read the networks of a checkout, filled with the states of `flow` and `hift`."""
    for own in ("diffusers.models.attention", "transformers.models.qwen2.modeling_qwen2"):
        importlib.import_module(own)
    empty = _Empty()
    sys.path[:0] = [str(checkout), str(checkout / "third_party" / "Matcha-TTS")]
    sys.meta_path.insert(0, empty)
    try:
        flows, matching, decoders, encoders, generators, pitches, *_ = (
            importlib.import_module(f"cosyvoice.{name}")
            for name in (
                "flow.flow",
                "flow.flow_matching",
                "flow.decoder",
                "transformer.upsample_encoder",
                "hifigan.generator",
                "hifigan.f0_predictor",
                "llm.llm",
                "cli.model",
            )
        )
    finally:
        sys.meta_path.remove(empty)
    decoder = matching.CausalConditionalCFM(
        in_channels=240,
        n_spks=1,
        spk_emb_dim=80,
        cfm_params=importlib.import_module("omegaconf").DictConfig(MATCHING),
        estimator=decoders.CausalConditionalDecoder(**ESTIMATOR),
    )
    flow = flows.CausalMaskedDiffWithXvec(
        vocab_size=6561,
        only_mask_loss=True,
        encoder=encoders.UpsampleConformerEncoder(**ENCODER),
        decoder=decoder,
    )
    vocoder = generators.HiFTGenerator(**VOCODER, f0_predictor=pitches.ConvRNNF0Predictor())
    for network, name in ((flow, "flow"), (vocoder, "hift")):
        network.load_state_dict({**states[name]}, strict=False)
        network.eval()
    return _Published(flow, vocoder)
