"""How fast GPT-SoVITS runs on this machine: ours, exact and fast, and upstream's own code.

    python -m benchmarks.gpt_sovits [--upstream CHECKOUT] [PART ...]

Parts: tokens, attention, sound, engine; all, unless named. The weights are random, of the published
proportions, the same for everybody; variants take turns in one process. CHECKOUT is a clone of
GPT-SoVITS, whose decoders are imported from there: they need torchmetrics, einops and
x_transformers. It takes 1.5 GB of disk for the time it runs, and some eight minutes with all parts;
run it from the root of the repository, on a machine that does nothing else.
"""

import argparse
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.gpt_sovits import attention, decoding, engines, sound, weights
from benchmarks.gpt_sovits.upstream import Upstream
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.sound.vits import Vits
from myna.engines.gpt_sovits.tokens.semantic_runtimes import open_runtime
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic
from myna.engines.gpt_sovits.weights import read_semantic, read_sovits
from tests.unit.engines.gpt_sovits import tiny_checkpoints

PARTS = ("tokens", "attention", "sound", "engine")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpt_sovits")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--upstream", type=Path, metavar="CHECKOUT")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    arguments = parser.parse_args()
    parts = arguments.parts or PARTS
    if not set(parts) <= set(PARTS):
        parser.error(f"there are {', '.join(PARTS)}")
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights.write_installation(folder)
        if set(parts) & {"tokens", "attention", "sound"}:
            _networks(folder, parts, arguments.upstream, arguments.rounds)
        if "engine" in parts:
            print("the engine: v2ProPlus, three words, streamed")
            engines.measure(folder, folder / "kept")


def _networks(folder: Path, parts: list[str], checkout: Path | None, rounds: int) -> None:
    checkpoint = read_semantic(folder / "s1v3.ckpt")
    sovits = read_sovits(folder / "v2Pro/s2Gv2ProPlus.pth")
    ours = {}
    for name in ("exact", "fast"):
        began = time.perf_counter()
        runtime = open_runtime(checkpoint, name, folder / "graphs")
        ours[name] = (runtime, Vits(sovits, Execution(name).vocoder_dtype))
        print(f"{name}: made ready in {time.perf_counter() - began:.2f} s")
    upstream = None
    if checkout is not None:
        config = tiny_checkpoints.sovits_config("v2ProPlus")
        gpt, stored = checkpoint.tensors.stored, sovits.tensors.stored
        upstream = Upstream(checkout, gpt, stored, config)
    runtimes = {name: ours[name][0] for name in ours}
    if "attention" in parts:
        attention.measure(runtimes, rounds)
    if "tokens" in parts:
        decoding.measure(runtimes, TextToSemantic(checkpoint), upstream, rounds)
    if "sound" in parts:
        sound.measure(ours, upstream, rounds)


if __name__ == "__main__":
    main()
