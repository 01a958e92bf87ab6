"""Whether a GPU computes what it must: to be asked before anything else, and before its speed.

    python -m benchmarks.gpu_ready [--device cuda] [--runtime fast] [--streams 32] [PART ...]

Parts: gpt-sovits, cosyvoice2; both, unless named. Prints one row for each check: those of
`gpu_checks.py` of both language models, and those of `gpu_sound.py` of the networks of sound of
v2ProPlus and CosyVoice2. A row that ends in NO makes the exit status 1. Weights are random, of the
published shapes, and made here. It needs torch, numpy and a checkout of the repository, from whose
root it is run, nothing else; what the log says of Triton is printed, too. No GPU has run it yet, so
how long it takes is not known.

    --device cpu        or cuda:1, ...
    --small             tiny networks: to try the script anywhere, in a minute
    --runtime fast      or exact
"""

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from benchmarks import gpu_checks, gpu_sound
from benchmarks.cosyvoice.language_model import random_state
from benchmarks.cosyvoice.weights import LAYERS, filled
from benchmarks.gpt_sovits import weights
from benchmarks.gpt_sovits.windows import random_checkpoint
from myna.engines.batching.device import described, half_precision
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.flow import read_flow
from myna.engines.cosyvoice.acoustic.recorded_step import Recording
from myna.engines.cosyvoice.acoustic.vocoder import read_vocoder
from myna.engines.cosyvoice.tokens.device_decoder import read_device_model
from myna.engines.cosyvoice.tokens.key_value_cache import BackboneConfig
from myna.engines.cosyvoice.version import Version
from myna.engines.gpt_sovits.sound.vits import Vits
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic
from myna.engines.gpt_sovits.weights import read_semantic
from tests.unit.engines.cosyvoice import tiny_language_model
from tests.unit.engines.cosyvoice.acoustic import tiny_networks
from tests.unit.engines.gpt_sovits import tiny_checkpoints

PARTS = ("gpt-sovits", "cosyvoice2")
VERSION = Version.COSYVOICE2


@dataclass(frozen=True)
class Plan:
    """What was asked for."""

    device: torch.device
    runtime: str
    streams: int
    small: bool

    @property
    def dtype(self) -> torch.dtype:
        """Return what large layers compute in."""
        exact = self.runtime == "exact" or self.device.type == "cpu"
        return torch.float32 if exact else half_precision(self.device)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--runtime", choices=("fast", "exact"), default="fast")
    parser.add_argument("--streams", type=int, default=32)
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    if not set(given.parts) <= set(PARTS):
        parser.error(f"there are {', '.join(PARTS)}")
    logging.basicConfig(format="%(message)s")
    device = gpu_checks.settled(parser, given.device, given.runtime)
    plan = Plan(device, given.runtime, given.streams, given.small)
    print(f"torch {torch.__version__} on {described(device)}, {plan.runtime}, {plan.dtype}")
    print(f"\n{gpu_checks.COLUMNS}\n|---|---|---|---|", flush=True)
    right = True
    for part in given.parts or PARTS:
        tokens, sound = _gpt_sovits(plan) if part == PARTS[0] else _cosyvoice(plan)
        right = gpu_checks.check(tokens, device, plan.streams) and right
        right = gpu_checks.printed(f"{part} sound", sound) and right
    sys.exit(0 if right else 1)


def _gpt_sovits(plan: Plan) -> tuple[gpu_checks.Checked, Iterator[gpu_checks.Row]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gpt.ckpt"
        if plan.small:
            tiny_checkpoints.write_gpt(path)
        else:
            content = {"weight": weights.gpt(), "config": weights.GPT_CONFIG, "info": ""}
            weights.write(path, content)
        network = TextToSemantic(read_semantic(path).on(plan.device), plan.dtype)
    checkpoint = random_checkpoint(small=plan.small)
    placed = replace(checkpoint, tensors=checkpoint.tensors.to(plan.device))
    vits = Vits(placed, plan.dtype)
    return gpu_checks.semantic(network), gpu_sound.gpt_sovits(vits, plan.runtime)


@torch.inference_mode()
def _cosyvoice(plan: Plan) -> tuple[gpu_checks.Checked, Iterator[gpu_checks.Row]]:
    config = tiny_language_model.CONFIG if plan.small else BackboneConfig()
    state = tiny_language_model.state() if plan.small else random_state(LAYERS)
    model = read_device_model(
        Tensors(state, "llm.pt", device=plan.device),
        version=VERSION,
        config=config,
        dtype=plan.dtype,
    )
    flow = tiny_networks.flow_state(VERSION) if plan.small else filled("flow")
    hift = tiny_networks.vocoder_state(VERSION) if plan.small else filled("hift")
    recorded, plain = (
        read_flow(
            Tensors(flow, "flow.pt", device=plan.device),
            version=VERSION,
            head_width=tiny_networks.HEAD_WIDTH if plan.small else 64,
            precision=plan.dtype,
            recording=recording,
        )
        for recording in (Recording(0.7), None)
    )
    vocoder = read_vocoder(
        Tensors(hift, "hift.pt", device=plan.device), version=VERSION, recorded=True
    )
    networks = gpu_sound.CosyVoice(recorded, vocoder, plain)
    return gpu_checks.speech(model), gpu_sound.cosyvoice(networks, plan.runtime)


if __name__ == "__main__":
    main()
