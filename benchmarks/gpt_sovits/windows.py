"""What windows of fixed shapes gain or cost on a device, for v2ProPlus: its sound and its encoder.

    python -m benchmarks.gpt_sovits.windows [--device cuda] [--rows 1 4 16] [--runtime fast]

Each length of a window with so many rows, in the recorded step, beside as many windows made one
after another without one, and by how much their sound differs: by more than -50 dB (-25 where the
vocoder computes in 16 bits), and the line ends in NO and the exit status is 1. Then what is said
before a first chunk, a chunk and a sentence is encoded. On a CPU a step is not recorded, so what is
left there is what padding and masks cost. The weights are random, of the published shapes. No GPU
has run it yet. On one thread of a processor it takes a minute with `--rows 1`. Run it from the root
of the repository, on a machine that does nothing else.

    --small             tiny networks: to try the script anywhere, in seconds
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.gpt_sovits import weights
from benchmarks.gpt_sovits.rounds import Variant, compared
from myna.core.errors import SettingsError
from myna.engines.batching.device import described, find_device, settle
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.sound.recorded_vits import MOST_FRAMES, RecordedVits, Window
from myna.engines.gpt_sovits.sound.speech_windows import FLOW_REACH, VOCODER_REACH
from myna.engines.gpt_sovits.sound.vits import Vits
from myna.engines.gpt_sovits.sound.window_places import LENGTHS
from myna.engines.gpt_sovits.weights import SovitsCheckpoint, read_sovits
from tests.unit.engines.gpt_sovits import tiny_checkpoints
from tests.unit.engines.gpt_sovits.noise import noise_in_decibels

FRAMES_PER_SECOND = 50
NEAR = {torch.float32: -50.0, torch.bfloat16: -25.0, torch.float16: -25.0}  # dB
SPOKEN = ((24, 40), (99, 40), (250, 100))  # tokens, phonemes


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpt_sovits.windows")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--runtime", choices=("fast", "exact"), default="fast")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    try:
        device = find_device(given.device, "--device")
    except SettingsError as error:
        parser.error(str(error))
    settle(device, exact=given.runtime == "exact")
    execution = Execution(given.runtime, device=device)
    print(f"torch {torch.__version__} on {described(device)}, {execution.vocoder_dtype}")
    checkpoint = random_checkpoint(small=given.small)
    placed = replace(checkpoint, tensors=checkpoint.tensors.to(device))
    recorded = RecordedVits(Vits(placed, execution.vocoder_dtype), max(given.rows))
    right = True
    for length in LENGTHS:
        rows = [count for count in given.rows if count * length <= MOST_FRAMES]
        right &= _sound(recorded, length, rows, given.rounds, NEAR[execution.vocoder_dtype])
    for tokens, phonemes in SPOKEN:
        _encoder(recorded, tokens, phonemes, given.rounds)
    sys.exit(0 if right else 1)


def random_checkpoint(*, small: bool) -> SovitsCheckpoint:
    """Return v2ProPlus with random weights."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s2Gv2ProPlus.pth"
        if small:
            tiny_checkpoints.write_sovits(path, "v2ProPlus")
        else:
            config = tiny_checkpoints.sovits_config("v2ProPlus")
            tensors = weights.filled(weights.keys("vits_v2proplus_full"))
            weights.write(path, {"weight": tensors, "config": config, "info": ""})
        return read_sovits(path)


def _sound(
    recorded: RecordedVits, length: int, rows: Sequence[int], rounds: int, near: float
) -> bool:
    vits, lane = recorded.vits, recorded.lane
    voice = torch.randn(1, vits.voice_channels, 1).to(vits.device)
    latents = torch.randn(1, vits.channels, length + FLOW_REACH - VOCODER_REACH).to(vits.device)
    window = Window(length, voice, latents, FLOW_REACH, [], length)

    def unrecorded(count: int) -> list[Tensor]:
        with lane.open():
            flowed = [vits.flow.inverse(latents, voice)[:, :, :length] for _ in range(count)]
            return [lane.fetched(vits.vocoder(each, voice)[0, 0]).wait() for each in flowed]

    expected, differences = unrecorded(1)[0], []
    for count in rows:
        print(f"{count} x {length} frames")
        variants = {
            "one after another": Variant(partial(unrecorded, count)),
            "one step": Variant(partial(recorded.made, [window] * count)),
        }
        compared(variants, rounds, count * length / FRAMES_PER_SECOND, "s of sound")
        last = torch.from_numpy(recorded.made([window] * count)[-1].sound)
        differences.append(noise_in_decibels(last, expected))
        print(f"  differs by {differences[-1]:.0f} dB{'' if differences[-1] < near else ' NO'}")
    return all(difference < near for difference in differences)


def _encoder(recorded: RecordedVits, tokens: int, phonemes: int, rounds: int) -> None:
    vits, lane = recorded.vits, recorded.lane
    with lane.open():
        given = (
            torch.randint(1024, (1, tokens)).to(vits.device),
            torch.randint(300, (1, phonemes)).to(vits.device),
            torch.randn(1, vits.voice_channels, 1).to(vits.device),
        )

    def unrecorded() -> None:
        with lane.open():
            lane.fetched(vits.features(*given)).wait()

    def in_one_step() -> None:
        with lane.open():
            lane.fetched(recorded.features(*given)).wait()

    print(f"{tokens} tokens and {phonemes} phonemes encoded")
    variants = {"unrecorded": Variant(unrecorded), "one step": Variant(in_one_step)}
    compared(variants, rounds, 1, "sentences")


if __name__ == "__main__":
    main()
