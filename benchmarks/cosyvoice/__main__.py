"""How fast the engine `cosyvoice` is from text to sound, through its own front door.

    python -m benchmarks.cosyvoice [--upstream PATH] [--runtime fast] [--rounds 3] [--sessions 8]

Weights are random, of the size of CosyVoice2-0.5B: only times mean anything. Parts, to be chosen
by `--parts`:

chunks      what each chunk of a second costs over the first one, tokens and sound
latency     how soon text that arrives at 20 tokens a second is heard, with each preset, by a cloned
            voice (whose own words and speech come first, five tokens to fifteen) and by a speaker
streamed    the real-time factor of 10 s, streamed with the hops of the published code; with
            --upstream beside that code, which says the same text after the same prompt
sessions    several at once: each must have the samples it has alone

PATH is a checkout of the published repository as for `python -m benchmarks.cosyvoice.flow`, and
needs `transformers`. `--tiny` tries the script on small networks, without PATH.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.cosyvoice.language_model import random_state
from benchmarks.cosyvoice.published import read_published_speech
from benchmarks.cosyvoice.weights import LAYERS, filled, write_endless, write_full_size
from myna.core.audio import Audio, Samples
from myna.core.engine import ArrivingUtterance
from myna.core.speech import Chunk, Options, TextPiece, Utterance
from myna.core.voice import Voice
from myna.engines.batching.scheduler import Scheduler
from myna.engines.cosyvoice.acoustic.request import SCHEDULES, Schedule
from myna.engines.cosyvoice.engine import CosyVoiceEngine
from myna.engines.cosyvoice.execution import RUNTIMES, Execution
from myna.engines.cosyvoice.files import find_files
from myna.engines.cosyvoice.presets import write_presets
from myna.engines.cosyvoice.prompt import Prompt
from myna.engines.cosyvoice.tokens.language_slots import LanguageModelSlots
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint

PARTS = ("chunks", "latency", "streamed", "sessions")
TEXT = "good evening."  # 13 tokens of the tiny tokenizer: 260 speech tokens, 10.4 s
SHORT = "a."  # 2 tokens: 1.6 s
ARRIVING = "so it is as we said to do it now, and we go on as we did, so it is."
SPEAKER = "Ada"
TOKENS_PER_SECOND = 20.0  # of arriving text
CHUNK = 25  # speech tokens: a second
CHUNKS = 10
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
    parser.add_argument("--upstream", type=Path, help="a checkout of the published repository")
    parser.add_argument("--runtime", choices=RUNTIMES, default="fast")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--rounds", type=int, default=3, help="of what takes seconds (default 3)")
    parser.add_argument("--sessions", type=int, default=8, help="at once (default 8)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tiny", action="store_true", help="small networks, to try the script")
    arguments = parser.parse_args()
    execution = Execution("quality", arguments.runtime, threads=arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder))
        if arguments.tiny:
            write_endless(Path(folder))
        else:
            write_full_size(Path(folder))
        execution = replace(execution, graphs=Path(folder) / "graphs")
        vector = np.random.default_rng(3).normal(size=192).astype(np.float32)
        write_presets(Path(folder) / "spk2info.pt", {SPEAKER: Prompt.of_speaker(vector)})
        engine = CosyVoiceEngine(find_files(Path(folder)), execution)
        said(engine, SHORT)  # learns the voice
        if "chunks" in arguments.parts:
            chunks(engine)
        if "latency" in arguments.parts:
            latency(engine, arguments.rounds)
        if "sessions" in arguments.parts:
            print(f"{arguments.sessions} at once: {together(engine, arguments.sessions)}")
        if "streamed" in arguments.parts:
            streamed(engine, arguments.upstream)


def voice() -> Voice:
    """Return a reference of three seconds."""
    clock = np.arange(round(PROMPT_SECONDS * 24000)) / 24000
    sound = 0.3 * np.sin(2 * np.pi * 140 * clock) * (1 + np.sin(2 * np.pi * 3 * clock)) / 2
    return Voice(Audio(sound.astype(np.float32), 24000), "This was said.", "en")


def chunks(engine: CosyVoiceEngine) -> None:
    """Print what each second costs over the first: tokens alone, then sound of given tokens."""
    manner = engine.synthesis.manner(engine.learned(voice()), Options(seed=1), knows_words=True)
    request = manner.request(engine.model.reader.read(TEXT, "en"))
    slots = LanguageModelSlots(engine.model.language_model, slots=1)
    with closing(Scheduler(slots, 1, 0).tokens(request)) as tokens:
        drawn = [next(tokens)]  # when the prompt was read

        def draw() -> None:
            drawn.extend(next(tokens) for _ in range(CHUNK))

        print(f"tokens of a second: {over_first([seconds_of(draw) for _ in range(CHUNKS)])}")
        drawn.extend(tokens)
    schedule = Schedule(CHUNK, 8, growth=1.0)
    with closing(
        engine.synthesis.converted([drawn], manner.prompt, manner.options, schedule)
    ) as sounds:
        taken = [seconds_of(lambda: next(sounds)) for _ in range(CHUNKS)]
    print(f"sound of a second: {over_first(taken)}")


def over_first(seconds: Sequence[float]) -> str:
    """Write times as ratios."""
    ratios = " ".join(f"{taken / seconds[0]:.2f}" for taken in seconds)
    return f"first {seconds[0]:.2f} s; over the first {ratios}"


def seconds_of(run: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def latency(engine: CosyVoiceEngine, rounds: int) -> None:
    """Print how soon text that arrives is heard, and how much of it had been written by then."""
    usual = engine.execution
    for preset in SCHEDULES:
        engine.execution = replace(usual, preset=preset)
        for speaker in ("", SPEAKER):
            firsts, written = zip(
                *(first_heard(engine, seed, speaker) for seed in range(rounds)), strict=True
            )
            print(
                f"{preset}, {speaker or 'cloned'}: first sound {statistics.median(firsts):.2f} s "
                f"({min(firsts):.2f}..{max(firsts):.2f}) after the first text, "
                f"{round(statistics.median(written))} tokens of text written by then"
            )
    engine.execution = usual


def first_heard(engine: CosyVoiceEngine, seed: int, speaker: str) -> tuple[float, int]:
    """Return after how many seconds, and how many tokens of text, the first sound came."""
    written = 0

    def counted() -> Iterator[TextPiece]:
        nonlocal written
        for piece in arriving(ARRIVING):
            written += 1
            yield piece

    utterance = ArrivingUtterance(counted(), "en", Options(seed=seed, speaker=speaker))
    started = time.perf_counter()
    with closing(engine.speak_arriving(utterance, voice())) as heard:
        while not len(next(heard).audio.samples):
            pass
        return time.perf_counter() - started, written


def streamed(engine: CosyVoiceEngine, upstream: Path | None) -> None:
    """Print the real-time factor of a stream, ours and the published code's."""
    ours = timed(engine.speak(Utterance(TEXT, "en", Options(seed=1)), voice()))
    print(f"streamed, myna: {described(ours)}")
    if upstream is None:
        return
    states = {name: filled(name) for name in ("flow", "hift")}
    speech = read_published_speech(upstream, {**states, "llm": random_state(LAYERS)}, LAYERS)
    prompt = engine.learned(voice())
    text = torch.from_numpy(engine.model.reader.read(TEXT, "en"))
    torch.manual_seed(1)
    with torch.inference_mode():
        theirs = timed(
            Chunk(Audio(samples, 24000))
            for samples in speech(text, torch.from_numpy(prompt.said), prompt.acoustic)
        )
    ratio = theirs.real_time_factor / ours.real_time_factor
    print(f"streamed, published: {described(theirs)}; {ratio:.1f} times myna's")


def described(heard: Heard) -> str:
    """Write how a speech went."""
    return (
        f"{len(heard.samples) / 24000:.1f} s in {heard.took:.1f} s, real-time factor "
        f"{heard.real_time_factor:.2f}, first sound {heard.first:.2f} s"
    )


def together(engine: CosyVoiceEngine, sessions: int) -> str:
    """Say how several sessions fare, and whether each has the samples it has alone."""
    started = time.perf_counter()
    alone = [said(engine, SHORT, seed).samples for seed in range(sessions)]
    one_by_one = time.perf_counter() - started
    started = time.perf_counter()
    with ThreadPoolExecutor(sessions) as threads:
        heard = list(threads.map(lambda seed: said(engine, SHORT, seed), range(sessions)))
    took = time.perf_counter() - started
    same = sum(np.array_equal(heard[seed].samples, alone[seed]) for seed in range(sessions))
    seconds = sum(len(one.samples) for one in heard) / 24000
    firsts = sorted(one.first for one in heard)
    return (
        f"{same} of {sessions} have the samples they have alone; first sound "
        f"{statistics.median(firsts):.2f} s, at worst {firsts[-1]:.2f} s; real-time factor of all "
        f"{took / seconds:.2f}, one by one {one_by_one / seconds:.2f}"
    )


def said(engine: CosyVoiceEngine, text: str, seed: int = 0) -> Heard:
    """Say a text while it arrives."""
    utterance = ArrivingUtterance(arriving(text), "en", Options(seed=seed))
    return timed(engine.speak_arriving(utterance, voice()))


def arriving(text: str) -> Iterator[TextPiece]:
    """Yield a text as fast as a language model writes it, a token of the tiny tokenizer a time."""
    started = time.perf_counter()
    for index, character in enumerate(text):
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
