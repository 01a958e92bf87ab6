"""Checkpoints of random weights in CosyVoice2's published sizes."""

from pathlib import Path

import torch

from benchmarks.cosyvoice.language_model import N_HEADS, N_SPEECH, random_state
from tests.parity.cosyvoice.recipe import FilledState

KEYS = Path(__file__).parents[2] / "tests" / "parity" / "data" / "cosyvoice2"
LAYERS = 24


def filled(name: str) -> FilledState:
    """Return a network of sound, "flow" or "hift"."""
    return FilledState(KEYS / f"keys_{name}_pt.json")


def write_full_size(folder: Path, *, half: bool = True) -> None:
    """Put networks of the published size in the place of the small ones.

    `half` writes the language model in 16 bits: half as much as is published.
    """
    state = random_state(LAYERS)
    if half:
        state = {name: it.half() for name, it in state.items()}
    torch.save(state, folder / "llm.pt")
    for name in ("flow", "hift"):
        torch.save(dict(filled(name)), folder / f"{name}.pt")
    config = (folder / "CosyVoice-BlankEN" / "config.json").read_text()
    config = config.replace('"num_attention_heads": 4', f'"num_attention_heads": {N_HEADS}')
    (folder / "CosyVoice-BlankEN" / "config.json").write_text(config)
    configuration = (folder / "cosyvoice2.yaml").read_text()
    configuration = configuration.replace("attention_head_dim: 16", "attention_head_dim: 64")
    (folder / "cosyvoice2.yaml").write_text(configuration)


def write_endless(folder: Path) -> None:
    """Keep the small language model from ending, as the one of full size never does."""
    state = torch.load(folder / "llm.pt", weights_only=True)
    state["llm_decoder.bias"][N_SPEECH:] = -1e9
    torch.save(state, folder / "llm.pt")
