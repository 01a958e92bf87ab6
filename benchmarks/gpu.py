"""How soon and how much the neural engines speak on a GPU, by the number of streams.

    python -m benchmarks.gpu [--device cuda] [--rounds 5] [PART ...]

Parts: v2ProPlus, v4, cosyvoice2; all, unless named. The weights are random, of the published
shapes, and made here; what is said has no sense, but takes its time. So many streams say sentences
one after another, each as soon as its last was heard, through the engine's own front door: when
the first chunk of each came, and how many seconds of sound all made in a second. Tokens a second
are those of the language model alone, with as many slots; the engine has slots for the most
streams, and all slots take part in every step on a GPU; the last column says whether the
first and the last of these have the tokens each has by itself. v4 is measured in 4, 8, 16 and 32
steps. Before, `gpu_checks.py` says of each language model whether a GPU computes it as it must: a
row that ends in NO makes the exit status 1, and says that the speed below means nothing. No GPU has
run it yet, so how long it takes is not known. Run it from the root of the repository, on a machine
that does nothing else.

    --device cpu        or cuda:1, ...
    --small             tiny networks and few streams: to try the script anywhere, in a minute
    --runtime fast      or exact
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks import gpu_checks
from benchmarks.cosyvoice import weights as cosyvoice
from benchmarks.gpt_sovits import weights
from myna.core.engine import Engine
from myna.core.speech import Options, Utterance
from myna.core.voice import Voice
from myna.dsp.codec import decode
from myna.engines.batching.device import described, half_precision
from myna.engines.batching.scheduler import Scheduler
from myna.engines.checkpoints.plain import read_plain
from myna.engines.cosyvoice.engine import CosyVoiceEngine
from myna.engines.cosyvoice.execution import Execution as CosyVoiceExecution
from myna.engines.cosyvoice.files import find_files as find_cosyvoice
from myna.engines.cosyvoice.model import backbone_config
from myna.engines.cosyvoice.model import load as load_cosyvoice
from myna.engines.cosyvoice.tokens.captured_slots import slots_of
from myna.engines.cosyvoice.tokens.device_decoder import read_device_model
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.gpt_sovits.engine import GptSovitsEngine
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.files import find_files
from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_models import open_model
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic
from myna.engines.gpt_sovits.weights import read_semantic
from myna.studio.wiring import SAMPLE_TRANSCRIPT
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint
from tests.unit.engines.gpt_sovits import tiny_checkpoints

PARTS = ("v2ProPlus", "v4", "cosyvoice2")
STREAMS = {"v2ProPlus": (1, 4, 16, 32), "v4": (1, 8, 32), "cosyvoice2": (1, 4, 16, 32)}
STEPS = (4, 8, 16, 32)
SENTENCE = "The kettle is on, and tea will be ready in a minute or two."
COSYVOICE_TEXT = "good evening."  # 13 tokens of the tiny tokenizer: 260 speech tokens, 10.4 s
PHONEMES, PROMPT, DRAWN = 100, 125, 250  # of a sentence, a reference; tokens drawn
SAMPLE = Path("src/myna/studio/sample/sample.flac")
HEADER = (
    "\n| engine | steps | streams | first chunk p50, p95 (ms) | sound/s | tokens/s | same tokens |"
    "\n|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Plan:
    """What was asked for."""

    device: torch.device
    runtime: str
    rounds: int
    small: bool

    def streams(self, part: str) -> Sequence[int]:
        """Return how many are tried at once."""
        return (1, 2) if self.small else STREAMS[part]

    @property
    def dtype(self) -> torch.dtype:
        """Return what the language models are checked in."""
        exact = self.runtime == "exact" or self.device.type == "cpu"
        return torch.float32 if exact else half_precision(self.device)

    @property
    def steps(self) -> Sequence[int]:
        """Return in how many v4 is tried."""
        return STEPS[:1] if self.small else STEPS


@dataclass(frozen=True)
class Rate:
    """A language model by itself."""

    tokens: float
    """A second."""
    same: bool
    """Whether tokens do not depend on company."""


def main() -> None:
    """Print a table of each language model, and one of each part."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--runtime", choices=("fast", "exact"), default="fast")
    parser.add_argument("--rounds", type=int, default=5, help="sentences of each stream")
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    parts = given.parts or PARTS
    if not set(parts) <= set(PARTS):
        parser.error(f"there are {', '.join(PARTS)}")
    device = gpu_checks.settled(parser, given.device, given.runtime)
    plan = Plan(device, given.runtime, 1 if given.small else given.rounds, given.small)
    print(f"torch {torch.__version__} on {described(device)}, {plan.runtime}", flush=True)
    if plan.small:
        print("tiny networks: these figures mean nothing")
    right = True
    for part in parts:
        with tempfile.TemporaryDirectory() as folder:
            run = _cosyvoice if part == "cosyvoice2" else _gpt_sovits
            right = run(Path(folder), part, plan) and right
    sys.exit(0 if right else 1)


def _checked(checked: gpu_checks.Checked, plan: Plan, streams: int) -> bool:
    """Print what must be true of a language model; return whether it is."""
    print(f"\n{gpu_checks.COLUMNS}\n|---|---|---|---|")
    return gpu_checks.check(checked, plan.device, streams)


def _gpt_sovits(folder: Path, version: str, plan: Plan) -> bool:
    _write(folder, version, plan)
    streams = plan.streams(version)
    execution = Execution(plan.runtime, folder / "graphs", device=plan.device)
    files = find_files(folder, version=version)
    right = True
    if version != "v4":  # which has the same language model
        placed = read_semantic(files.semantic).on(plan.device)
        checked = gpu_checks.semantic(TextToSemantic(placed, plan.dtype))
        right = _checked(checked, plan, max(streams))
    model = open_model(read_semantic(files.semantic), execution)
    rates = [_rate(Scheduler(model.slots(n), n, n), _semantic_request, n) for n in streams]
    windows = 1 if plan.device.type == "cpu" else 8
    most = max(streams)
    print(HEADER)
    engine = GptSovitsEngine(files, slots=most, windows=windows, execution=execution)
    for steps in plan.steps if version == "v4" else (None,):
        options = Options(seed=1, retries=0, sample_steps=steps)
        _print_rows((f"gpt-sovits {version}", steps), engine, options, (streams, rates), plan)
    return right


def _write(folder: Path, version: str, plan: Plan) -> None:
    """Write files of the published shapes."""
    if plan.small:
        tiny_checkpoints.write_installation(folder, version, bert=False)
        return
    weights.write_installation(folder)
    if version == "v4":
        weights.write_v4(folder)


def _cosyvoice(folder: Path, part: str, plan: Plan) -> bool:
    write_checkpoint(folder)
    if not plan.small:
        cosyvoice.write_full_size(folder)
    streams = plan.streams(part)
    execution = CosyVoiceExecution("realtime", plan.runtime, folder / "graphs", device=plan.device)
    files = find_cosyvoice(folder)
    placed = read_plain(files.language_model).to(plan.device)
    config = backbone_config(files.text_folder / "config.json")
    checked = read_device_model(placed, version=files.version, config=config, dtype=plan.dtype)
    right = _checked(gpu_checks.speech(checked), plan, max(streams))
    model = load_cosyvoice(files, execution).language_model
    rates = [_rate(Scheduler(slots_of(model, n), n, n), _speech_request, n) for n in streams]
    print(HEADER)
    engine = CosyVoiceEngine(files, execution, slots=max(streams))
    options = Options(seed=1, retries=0)
    _print_rows((part, execution.steps), engine, options, (streams, rates), plan)
    return right


def _semantic_request(seed: int) -> SeededSpeech:
    speech = SemanticRequest(
        torch.arange(PHONEMES), None, torch.arange(PROMPT) * 7 % 1024, longest=DRAWN
    )
    return SeededSpeech(speech, seed)


def _speech_request(seed: int) -> SpeechTokenRequest:
    text, prompt_text = torch.arange(DRAWN // 20), torch.arange(PROMPT // 5)
    return SpeechTokenRequest(text, prompt_text, torch.arange(PROMPT) * 7, seed=seed)


def _rate(scheduler: Scheduler, request: Callable[[int], object], streams: int) -> Rate:
    """Return what as many requests at once come to."""
    alone = {number: list(scheduler.tokens(request(number))) for number in {0, streams - 1}}
    drawn: list[list[int]] = [[]] * streams

    def call(number: int) -> None:
        drawn[number] = list(scheduler.tokens(request(number)))

    took = _at_once(call, streams)
    same = all(drawn[number] == tokens for number, tokens in alone.items())
    return Rate(sum(map(len, drawn)) / took, same)


def _print_rows(
    named: tuple[str, int | None],
    engine: Engine,
    options: Options,
    measured: tuple[Sequence[int], Sequence[Rate]],
    plan: Plan,
) -> None:
    name, steps = named
    text = COSYVOICE_TEXT if name == "cosyvoice2" else SENTENCE
    voice = Voice(decode(SAMPLE.read_bytes()), SAMPLE_TRANSCRIPT, "en")
    wanted = Utterance(text, "en", options)
    list(_heard(engine, wanted, voice))  # learns the voice, and what libraries learn of shapes
    for streams, rate in zip(*measured, strict=True):
        firsts, sound = [], [0.0] * streams

        def call(number: int, firsts=firsts, sound=sound) -> None:  # type: ignore[no-untyped-def]
            for _ in range(plan.rounds):
                began, first = time.perf_counter(), 0.0
                for seconds in _heard(engine, wanted, voice):
                    first = first or time.perf_counter() - began
                    sound[number] += seconds
                firsts.append(1000 * first)

        took = _at_once(call, streams)
        ordered = sorted(firsts)
        late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        print(
            f"| {name} | {steps or ''} | {streams} | {statistics.median(ordered):.0f}, {late:.0f} "
            f"| {sum(sound) / took:.2f} | {rate.tokens:.0f} | {'yes' if rate.same else 'NO'} |",
            flush=True,
        )


def _heard(engine: Engine, wanted: Utterance, voice: Voice) -> Iterator[float]:
    """Yield the seconds of each chunk."""
    with closing(engine.speak(wanted, voice)) as chunks:
        for chunk in chunks:
            if len(chunk.audio.samples):
                yield chunk.audio.duration


def _at_once(call: Callable[[int], None], streams: int) -> float:
    """Run calls in threads of their own; return how many seconds all took."""
    began = time.perf_counter()
    with ThreadPoolExecutor(streams) as threads:
        list(threads.map(call, range(streams)))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
