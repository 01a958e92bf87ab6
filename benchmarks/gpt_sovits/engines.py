"""The whole engine, in a process of its own: load time, memory, first chunk, eight streams."""

import multiprocessing
import resource
import statistics
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from myna.core.speech import Options, Utterance
from myna.core.voice import Voice
from myna.dsp.codec import decode
from myna.engines.gpt_sovits.engine import GptSovitsEngine
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.files import find_files
from myna.studio.wiring import SAMPLE_TRANSCRIPT

TEXT = "Tea is ready."
STREAMS = 8
SAMPLE = Path("src/myna/studio/sample/sample.flac")


@dataclass(frozen=True)
class Figures:
    """What one process measured."""

    load: float  # seconds
    first_chunks: tuple[float, ...]  # seconds, of one stream at a time
    alone: float  # seconds of sound a second
    first_of_eight: float  # seconds, the median of eight at once
    together: float  # seconds of sound a second, of eight at once
    peak: float  # bytes


def measure(folder: Path, graphs: Path) -> None:
    """Print the figures of the runtime `exact`, and of `fast` without and with its graphs kept."""
    spawn = multiprocessing.get_context("spawn")
    for label, runtime in (("exact", "exact"), ("fast, at first", "fast"), ("fast, again", "fast")):
        receiver, sender = spawn.Pipe(duplex=False)
        process = spawn.Process(target=_send, args=(sender, folder, graphs, runtime))
        process.start()
        sender.close()
        found: Figures = receiver.recv()
        process.join()
        print(
            f"  {label:16s} ready in {found.load:.1f} s, first chunk in "
            f"{statistics.median(found.first_chunks):.2f} s, {found.alone:.2f} s of sound/s; "
            f"{STREAMS} at once: first chunk in {found.first_of_eight:.2f} s, "
            f"{found.together:.2f} s of sound/s; peak memory {found.peak / 1e9:.2f} GB",
            flush=True,
        )


def _send(sender: "multiprocessing.connection.Connection", *told: object) -> None:
    sender.send(_figures(*told))  # type: ignore[arg-type]  # as `measure` gives them


def _figures(folder: Path, graphs: Path, runtime: str) -> Figures:
    began = time.perf_counter()
    engine = GptSovitsEngine(find_files(folder), execution=Execution(runtime, graphs))
    load = time.perf_counter() - began
    voice = Voice(decode(SAMPLE.read_bytes()), SAMPLE_TRANSCRIPT, "en")
    _spoken(engine, voice, 0)  # learns the voice
    ones = [_spoken(engine, voice, seed) for seed in range(2)]
    alone = sum(sound for _, sound, _ in ones) / sum(taken for _, _, taken in ones)
    many: list[tuple[float, float, float]] = []
    threads = [
        threading.Thread(target=lambda seed=seed: many.append(_spoken(engine, voice, seed)))
        for seed in range(STREAMS)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - began
    scale = 1 if sys.platform == "darwin" else 1024  # of what the system counts in
    return Figures(
        load,
        tuple(first for first, _, _ in ones),
        alone,
        statistics.median(first for first, _, _ in many),
        sum(sound for _, sound, _ in many) / taken,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale,
    )


def _spoken(engine: GptSovitsEngine, voice: Voice, seed: int) -> tuple[float, float, float]:
    """Return seconds to the first chunk, seconds of sound, and seconds in all."""
    began, first, sound = time.perf_counter(), 0.0, 0.0
    with closing(engine.speak(Utterance(TEXT, "en", Options(seed=seed)), voice)) as chunks:
        for chunk in chunks:
            first = first or time.perf_counter() - began
            sound += chunk.audio.duration
    return first, sound, time.perf_counter() - began
