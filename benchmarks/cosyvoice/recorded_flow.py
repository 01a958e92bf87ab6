"""How long a chunk of CosyVoice2's flow matching takes on a GPU, with recorded steps and without.

    python -m benchmarks.cosyvoice.recorded_flow [--device cuda] [--rounds 5] [--runtime fast]

Weights are random, of full size. So many calls, whose prompts are 3 to 6 seconds long, make chunks
of one second, all of them in one pass, 10 steps with guidance: the median time of a pass, in which
the mel is on the CPU at the end, and how far the two mels are apart. Before that: how long it takes
to record all steps, and how much memory that leaves allocated. No GPU has run it yet.

    --calls 1 4 16      how many are in a pass
    --small             tiny networks: to try the script anywhere, in half a minute
"""

import argparse
import statistics
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from benchmarks.cosyvoice.flow import CHUNK, deviation
from benchmarks.cosyvoice.weights import filled
from myna.engines.batching.device import described, find_device, settle
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.flow import Flow, read_flow
from myna.engines.cosyvoice.acoustic.mel_stream import MelStream, finish_together
from myna.engines.cosyvoice.acoustic.recorded_step import Recording
from myna.engines.cosyvoice.acoustic.request import FlowOptions, SpeechPrompt
from myna.engines.cosyvoice.execution import Execution
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.acoustic import tiny_networks as tiny

_VERSION = Version.COSYVOICE2
_OPTIONS = FlowOptions(history_frames=250)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--runtime", choices=("fast", "exact"), default="fast")
    parser.add_argument("--rounds", type=int, default=5, help="chunks that are timed, after one")
    parser.add_argument("--calls", nargs="+", type=int, default=(1, 4, 16))
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    device = find_device(given.device, "--device")
    settle(device, exact=given.runtime == "exact")
    state = tiny.flow_state(_VERSION) if given.small else filled("flow")
    tensors = Tensors(state, "flow.pt", device=device)
    precision = Execution(runtime=given.runtime, device=device).flow_precision
    width = tiny.HEAD_WIDTH if given.small else 64
    print(f"torch {torch.__version__} on {described(device)}, {given.runtime}, {precision}")

    def read(recording: Recording | None) -> Flow:
        with torch.inference_mode():
            return read_flow(
                tensors,
                version=_VERSION,
                head_width=width,
                precision=precision,
                recording=recording,
            )

    plain = read(None)
    _wait(device)
    held, began = _held(device), time.perf_counter()
    recorded = read(Recording(_OPTIONS.guidance, tuple(sorted(given.calls))))
    _wait(device)
    took = time.perf_counter() - began
    print(f"recorded in {took:.1f} s; {(_held(device) - held) / 1e6:.0f} MB, weights once more")
    print("\n| calls | recorded (ms) | not (ms) | ratio | deviation |\n|---|---|---|---|---|")
    for calls in given.calls:
        times, mels = zip(
            *(_timed(flow, calls, given.rounds) for flow in (recorded, plain)), strict=True
        )
        print(
            f"| {calls} | {times[0]:.1f} | {times[1]:.1f} | {times[1] / times[0]:.2f} "
            f"| {deviation(*mels):.1e} |",
            flush=True,
        )


def _timed(flow: Flow, calls: int, rounds: int) -> tuple[float, Tensor]:
    """Return the milliseconds of a pass, and the last mel of the first call."""
    streams = [_stream(flow, number, rounds + 1) for number in range(calls)]
    times, mel = [], torch.zeros(0)
    for _ in range(rounds + 1):
        began = time.perf_counter()
        mel = _pass(streams)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times[1:]), mel


def _pass(streams: Sequence[MelStream]) -> Tensor:
    mels = finish_together([stream.begin(CHUNK) for stream in streams])
    return torch.cat(mels).cpu()[:1]


def _stream(flow: Flow, number: int, chunks: int) -> MelStream:
    """Return a call whose prompt is prepared."""
    drawn = torch.Generator().manual_seed(number)
    length = CHUNK * (3 + number % 4)
    prompt = SpeechPrompt(
        torch.randint(0, flow.vocabulary, (length,), generator=drawn),
        torch.randn(flow.n_mels, 2 * length, generator=drawn) * 2 - 5,
        torch.randn(192, generator=drawn),
    )
    stream = MelStream(flow, prompt, _OPTIONS, seed=number)
    stream.take(torch.randint(0, flow.vocabulary, (CHUNK * chunks + 3,), generator=drawn))
    stream.prepare()
    return stream


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _held(device: torch.device) -> int:
    return torch.cuda.memory_reserved(device) if device.type == "cuda" else 0


if __name__ == "__main__":
    main()
