"""How fast the engine `cosyvoice` is from text to sound, through its own front door.

    python -m benchmarks.cosyvoice [--runtime fast] [--rounds 3] [--sessions 8]

Weights are random, of the size of CosyVoice2-0.5B: only times mean anything. A speech of a set
length is said whole and streamed; text arrives at 20 tokens a second; several sessions speak at
once, and each must have the samples it has alone. `--tiny` tries the script on small networks.
Parts are measured beside the published code by `python -m benchmarks.cosyvoice_language_model
--upstream PATH` and `python -m benchmarks.cosyvoice_flow --upstream PATH`.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.cosyvoice_language_model import N_HEADS, random_state
from myna.core.audio import Audio, Samples
from myna.core.engine import ArrivingUtterance
from myna.core.speech import Chunk, Options, TextPiece, Utterance
from myna.core.voice import Voice
from myna.engines.cosyvoice.acoustic.request import SCHEDULES
from myna.engines.cosyvoice.engine import CosyVoiceEngine
from myna.engines.cosyvoice.files import find_files
from myna.engines.cosyvoice.runtime import NETWORKS, Runtime
from tests.parity.cosyvoice.recipe import FilledState
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint

KEYS = Path(__file__).parents[1] / "tests" / "parity" / "data" / "cosyvoice2"
TEXT = "a quiet evening."  # 16 tokens of the tiny tokenizer
TOKENS_PER_SECOND = 20.0  # of arriving text
PROMPT_SECONDS = 3.0


@dataclass(frozen=True)
class Heard:
    """One speech, timed."""

    first: float
    """Seconds until the first sound."""
    took: float
    samples: Samples

    @property
    def real_time_factor(self) -> float:
        """Seconds of work for a second of sound."""
        return self.took / (len(self.samples) / 24000)


def main() -> None:
    """Measure, and print as it goes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runtime", choices=NETWORKS, default="fast")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=8, help="at once")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--tiny", action="store_true", help="small networks, to try the script")
    arguments = parser.parse_args()
    runtime = Runtime("balanced", arguments.runtime, threads=arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder))
        if not arguments.tiny:
            write_full_size(Path(folder))
        runtime = replace(runtime, graphs=Path(folder) / "graphs")
        for preset in SCHEDULES:
            engine = CosyVoiceEngine(find_files(Path(folder)), replace(runtime, preset=preset))
            said(engine, 0)  # learns the voice
            if preset == "balanced":
                print(f"whole: real-time factor {whole(engine, arguments.rounds):.2f}")
            print(f"{preset}: {latencies(engine, arguments.rounds)}")
        print(f"{arguments.sessions} at once: {together(engine, arguments.sessions)}")


def write_full_size(folder: Path) -> None:
    """Put networks of the published size in the place of the small ones."""
    torch.save({name: it.half() for name, it in random_state(24).items()}, folder / "llm.pt")
    for name in ("flow", "hift"):
        torch.save(dict(FilledState(KEYS / f"keys_{name}_pt.json")), folder / f"{name}.pt")
    config = (folder / "CosyVoice-BlankEN" / "config.json").read_text()
    config = config.replace('"num_attention_heads": 4', f'"num_attention_heads": {N_HEADS}')
    (folder / "CosyVoice-BlankEN" / "config.json").write_text(config)
    configuration = (folder / "cosyvoice2.yaml").read_text()
    configuration = configuration.replace("attention_head_dim: 16", "attention_head_dim: 64")
    (folder / "cosyvoice2.yaml").write_text(configuration)


def voice() -> Voice:
    """Return a reference of three seconds."""
    clock = np.arange(round(PROMPT_SECONDS * 24000)) / 24000
    sound = 0.3 * np.sin(2 * np.pi * 140 * clock) * (1 + np.sin(2 * np.pi * 3 * clock)) / 2
    return Voice(Audio(sound.astype(np.float32), 24000), "This was said.", "en")


def whole(engine: CosyVoiceEngine, rounds: int) -> float:
    """Return the real-time factor of a speech that is heard whole."""
    wanted = Utterance(TEXT, "en", Options(seed=1, retries=0), whole=True)
    return statistics.median(
        timed(engine.speak(wanted, voice())).real_time_factor for _ in range(rounds)
    )


def latencies(engine: CosyVoiceEngine, rounds: int) -> str:
    """Say how soon text that arrives is heard, and whether sound then keeps up."""
    heard = [said(engine, seed) for seed in range(rounds)]
    first = statistics.median(one.first for one in heard)
    factor = statistics.median(one.real_time_factor for one in heard)
    return f"first sound {first:.2f} s after the first text, then real-time factor {factor:.2f}"


def together(engine: CosyVoiceEngine, sessions: int) -> str:
    """Say how several sessions fare, and whether each has the samples it has alone."""
    alone = [said(engine, seed).samples for seed in range(sessions)]
    heard: dict[int, Heard] = {}

    def session(seed: int) -> None:
        heard[seed] = said(engine, seed)

    threads = [threading.Thread(target=session, args=(seed,)) for seed in range(sessions)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    same = all(np.array_equal(heard[seed].samples, alone[seed]) for seed in range(sessions))
    seconds = sum(len(one.samples) for one in heard.values()) / 24000
    firsts = sorted(one.first for one in heard.values())
    return (
        f"first sound {statistics.median(firsts):.2f} s, at worst {firsts[-1]:.2f} s; real-time "
        f"factor of all {took / seconds:.2f}; {'the same' if same else 'OTHER'} samples as alone"
    )


def said(engine: CosyVoiceEngine, seed: int) -> Heard:
    """Say the text while it arrives."""
    utterance = ArrivingUtterance(arriving(), "en", Options(seed=seed))
    return timed(engine.speak_arriving(utterance, voice()))


def arriving() -> Iterator[TextPiece]:
    """Yield the text as fast as a language model writes it."""
    started = time.perf_counter()
    for index, character in enumerate(TEXT):
        time.sleep(max(0.0, started + index / TOKENS_PER_SECOND - time.perf_counter()))
        yield character


def timed(chunks: Iterator[Chunk]) -> Heard:
    """Listen to a speech."""
    started = time.perf_counter()
    first = 0.0
    heard = []
    for chunk in chunks:
        if len(chunk.audio.samples):
            first = first or time.perf_counter() - started
            heard.append(chunk.audio.samples)
    return Heard(first, time.perf_counter() - started, np.concatenate(heard))


if __name__ == "__main__":
    main()
