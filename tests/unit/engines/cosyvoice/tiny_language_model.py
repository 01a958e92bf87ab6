"""A language model of the published layout, with a few channels and random weights."""

import torch
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.tokens.device_decoder import read_device_model
from myna.engines.cosyvoice.tokens.key_value_cache import BackboneConfig
from myna.engines.cosyvoice.tokens.language_model import LanguageModel, read_language_model
from myna.engines.cosyvoice.version import Version
from myna.engines.graphs.graph_folder import GraphFolder

CHANNELS = 64
N_HEADS = 4
N_KEY_HEADS = 2
N_TEXT = 300
CONFIG = BackboneConfig(n_heads=N_HEADS)


def state(version: Version = Version.COSYVOICE2, *, end: float = 0.0) -> dict[str, Tensor]:
    """Return a checkpoint; `end` makes the end more likely, in logits."""
    generator = torch.Generator().manual_seed(7)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator) * shape[-1] ** -0.5

    width = CHANNELS // N_HEADS
    tensors = {
        "llm.model.model.embed_tokens.weight": random(N_TEXT, CHANNELS) * 4,
        "llm.model.model.norm.weight": torch.ones(CHANNELS),
    }
    for layer in range(2):
        prefix = f"llm.model.model.layers.{layer}"
        for name, rows in (("q", CHANNELS), ("k", N_KEY_HEADS * width), ("v", N_KEY_HEADS * width)):
            tensors[f"{prefix}.self_attn.{name}_proj.weight"] = random(rows, CHANNELS)
            tensors[f"{prefix}.self_attn.{name}_proj.bias"] = random(rows)
        tensors[f"{prefix}.self_attn.o_proj.weight"] = random(CHANNELS, CHANNELS)
        tensors[f"{prefix}.mlp.gate_proj.weight"] = random(48, CHANNELS)
        tensors[f"{prefix}.mlp.up_proj.weight"] = random(48, CHANNELS)
        tensors[f"{prefix}.mlp.down_proj.weight"] = random(CHANNELS, 48)
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{prefix}.{name}.weight"] = torch.ones(CHANNELS)
    vocabulary = 6564 if version is Version.COSYVOICE2 else 6761
    tensors["speech_embedding.weight"] = random(vocabulary, CHANNELS) * 4
    tensors["llm_decoder.weight"] = random(vocabulary, CHANNELS) * 2
    if version is Version.COSYVOICE2:
        tensors["llm_embedding.weight"] = random(2, CHANNELS) * 4
        tensors["llm_decoder.bias"] = torch.zeros(vocabulary)
        tensors["llm_decoder.bias"][6561] = end
    return tensors


def language_model(
    version: Version = Version.COSYVOICE2,
    *,
    end: float = 0.0,
    rows: int = 1,
    runtime: str = "exact",
    graphs: GraphFolder | None = None,
) -> LanguageModel:
    return read_language_model(
        state(version, end=end),
        version=version,
        config=CONFIG,
        runtime=runtime,
        graphs=graphs,
        rows=rows,
    )


def device_model(
    version: Version = Version.COSYVOICE2,
    *,
    end: float = 0.0,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> LanguageModel:
    """Return the same, as a GPU has it: with a step of all slots that can be captured."""
    tensors = Tensors(state(version, end=end), "llm.pt", device=device)
    return read_device_model(tensors, version=version, config=CONFIG, dtype=dtype)
