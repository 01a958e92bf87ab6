"""How fast CosyVoice2's language model decodes, beside the published code.

    python -m benchmarks.cosyvoice.language_model --upstream PATH_OF_COSYVOICE_CHECKOUT

The published size with random weights, one thread, in turns within one process: A B C, A B C, ...
Rates are of tokens after the first, drawing included; a ratio is the median of the ratios of each
round, with the lowest and the highest. Without --upstream only our own are measured. Upstream's
code needs `transformers`; where torchaudio is missing an empty module stands in for it, as nothing
here uses it.

Then several sessions at once against one, and whether each has the tokens it has alone.
"""

import argparse
import statistics
import sys
import time
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from myna.engines.batching.scheduler import Scheduler
from myna.engines.cosyvoice.tokens.key_value_cache import BackboneConfig
from myna.engines.cosyvoice.tokens.language_model import LanguageModel, Segment, read_language_model
from myna.engines.cosyvoice.tokens.language_slots import LanguageModelSlots
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.version import Version

CHANNELS, N_HEADS, N_KEY_HEADS, WIDTH, FEED_FORWARD = 896, 14, 2, 64, 4864
N_TEXT, N_SPEECH = 151936, 6561
N_PROMPT_TEXT, N_PROMPT_SPEECH, N_SENTENCE = 20, 75, 30  # tokens: a prompt of 3 s

Decode = Callable[[int], Iterator[int]]
"""Yields so many tokens or more, one by one."""


@dataclass(frozen=True)
class Rate:
    """What one round measured."""

    first: float
    """Seconds to the first token."""
    per_second: float
    """Tokens after it."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--upstream", type=Path, help="a checkout of the published CosyVoice")
    parser.add_argument("--layers", type=int, default=24, help="fewer for a try (default 24)")
    parser.add_argument("--tokens", type=int, default=60, help="of one measurement (default 60)")
    parser.add_argument("--rounds", type=int, default=5, help="(default 5)")
    parser.add_argument("--sessions", type=int, default=8, help="at once (default 8)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    state = random_state(arguments.layers)
    models = own_models(state, arguments.sessions)
    decoders = {name: own(model) for name, model in models.items()}
    if arguments.upstream:
        decoders = {"upstream": upstream(arguments.upstream, state, arguments.layers)} | decoders
    for name in list(models)[1:]:
        print(
            f"  {name}: logits {difference(models['exact'], models[name]):.1e} off, in deviations"
        )
    rounds = [
        {name: measured(decode, arguments.tokens) for name, decode in decoders.items()}
        for _ in range(arguments.rounds)
    ]
    print(f"{arguments.layers} layers, {arguments.tokens} tokens, {arguments.rounds} rounds")
    for name in decoders:
        print(row(name, rounds, base=next(iter(decoders))))
    for name, model in models.items():
        print(together(name, model, arguments.sessions, arguments.tokens))


def own_models(state: Mapping[str, Tensor], sessions: int) -> dict[str, LanguageModel]:
    """Return our model in each way it can be run."""

    def model(runtime: str, rows: int = 1) -> LanguageModel:
        return read_language_model(
            state,
            version=Version.COSYVOICE2,
            config=BackboneConfig(N_HEADS),
            runtime=runtime,
            rows=rows,
        )

    return {
        "exact": model("exact"),
        f"exact, {sessions} rows": model("exact", sessions),
        "fast": model("fast"),
    }


def difference(exact: LanguageModel, other: LanguageModel) -> float:
    """Return the root mean square by which logits after a prompt differ, over their deviation."""
    hidden = exact.embedded([Segment.text(range(40)), Segment.speech(range(60))])
    logits = [
        model.decoder.read(hidden, model.decoder.new_cache(1, 128), 0)[:N_SPEECH]
        for model in (exact, other)
    ]
    return float((logits[0] - logits[1]).square().mean().sqrt() / logits[0].std())


def random_state(layers: int) -> dict[str, Tensor]:
    """Return a checkpoint that never ends by itself."""
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator) * 0.02

    tensors = {
        "llm.model.model.embed_tokens.weight": random(N_TEXT, CHANNELS),
        "llm.model.model.norm.weight": torch.ones(CHANNELS),
        "llm_embedding.weight": random(2, CHANNELS),
        "speech_embedding.weight": random(N_SPEECH + 3, CHANNELS),
        "llm_decoder.weight": random(N_SPEECH + 3, CHANNELS),
        "llm_decoder.bias": torch.zeros(N_SPEECH + 3),
    }
    tensors["llm_decoder.bias"][N_SPEECH:] = -1e9
    for layer in range(layers):
        prefix = f"llm.model.model.layers.{layer}"
        heads = {"q": N_HEADS, "k": N_KEY_HEADS, "v": N_KEY_HEADS}
        for name, count in heads.items():
            tensors[f"{prefix}.self_attn.{name}_proj.weight"] = random(count * WIDTH, CHANNELS)
            tensors[f"{prefix}.self_attn.{name}_proj.bias"] = random(count * WIDTH)
        tensors[f"{prefix}.self_attn.o_proj.weight"] = random(CHANNELS, N_HEADS * WIDTH)
        for name in ("gate", "up"):
            tensors[f"{prefix}.mlp.{name}_proj.weight"] = random(FEED_FORWARD, CHANNELS)
        tensors[f"{prefix}.mlp.down_proj.weight"] = random(CHANNELS, FEED_FORWARD)
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{prefix}.{name}.weight"] = torch.ones(CHANNELS)
    return tensors


def request(seed: int) -> SpeechTokenRequest:
    """Return a sentence after a prompt."""
    return SpeechTokenRequest(
        torch.arange(N_SENTENCE) + 500 * seed,
        torch.arange(N_PROMPT_TEXT) * 11,
        torch.arange(N_PROMPT_SPEECH) * 7,
        seed=seed,
    )


def own(model: LanguageModel) -> Decode:
    """Return what decodes with our model, as the engine does."""
    scheduler = Scheduler(LanguageModelSlots(model, slots=1, capacity=1024), 1, 0)
    return lambda count: scheduler.tokens(request(0))


def published_model(path: Path, state: Mapping[str, Tensor], layers: int) -> torch.nn.Module:
    """Return the published code's model with the same weights."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    sys.path.insert(0, str(path))
    for name in ("torchaudio", "torchaudio.compliance", "torchaudio.compliance.kaldi"):
        sys.modules.setdefault(name, types.ModuleType(name))
    from cosyvoice.llm.llm import Qwen2Encoder, Qwen2LM
    from cosyvoice.utils.common import ras_sampling

    encoder = Qwen2Encoder.__new__(Qwen2Encoder)
    torch.nn.Module.__init__(encoder)
    encoder.model = Qwen2ForCausalLM(
        Qwen2Config(
            hidden_size=CHANNELS,
            num_hidden_layers=layers,
            num_attention_heads=N_HEADS,
            num_key_value_heads=N_KEY_HEADS,
            intermediate_size=FEED_FORWARD,
            vocab_size=N_TEXT,
            rope_parameters={"rope_type": "default", "rope_theta": 1e6},
            rms_norm_eps=1e-6,
            tie_word_embeddings=True,
        )
    )
    model = Qwen2LM(CHANNELS, CHANNELS, N_SPEECH, encoder, ras_sampling).eval()
    missing, unexpected = model.load_state_dict(dict(state), strict=False)
    assert not unexpected and set(missing) <= {"llm.model.lm_head.weight"}, (missing, unexpected)
    return model


def upstream(path: Path, state: Mapping[str, Tensor], layers: int) -> Decode:
    """Return what decodes with the published code and the same weights."""
    model = published_model(path, state, layers)
    asked = request(0)

    def decode(_: int) -> Iterator[int]:
        parts = (asked.text, asked.prompt_text, asked.prompt_speech)
        inputs = [part[None] for part in parts if isinstance(part, Tensor)]
        lengths = [torch.tensor([part.shape[1]]) for part in inputs]
        arguments = [item for pair in zip(inputs, lengths, strict=True) for item in pair]
        with torch.inference_mode():
            yield from model.inference(*arguments, torch.zeros(0, 192))

    return decode


def measured(decode: Decode, count: int) -> Rate:
    """Decode once."""
    started = time.perf_counter()
    tokens = decode(count)
    next(tokens)
    first = time.perf_counter()
    made = len(list(islice(tokens, count)))
    rate = Rate(first - started, made / (time.perf_counter() - first))
    if isinstance(tokens, types.GeneratorType):
        tokens.close()
    return rate


def row(name: str, rounds: Sequence[Mapping[str, Rate]], base: str) -> str:
    """Write the medians of one decoder, and its ratios to the first."""
    rates = [each[name].per_second for each in rounds]
    ratios = [each[name].per_second / each[base].per_second for each in rounds]
    first = statistics.median(each[name].first for each in rounds)
    return (
        f"  {name:16s} {statistics.median(rates):7.1f} tokens/s   {statistics.median(ratios):5.2f} "
        f"x {base} ({min(ratios):.2f}..{max(ratios):.2f})   first token {1000 * first:6.0f} ms"
    )


def together(name: str, model: LanguageModel, sessions: int, count: int) -> str:
    """Decode several sessions at once and one by one, prefixes included."""

    def scheduler() -> Scheduler[SpeechTokenRequest]:
        return Scheduler(LanguageModelSlots(model, slots=sessions, capacity=1024), sessions, 0)

    alone, shared = scheduler(), scheduler()
    started = time.perf_counter()
    expected = [list(islice(alone.tokens(request(seed)), count)) for seed in range(sessions)]
    one_by_one = time.perf_counter() - started

    def session(seed: int) -> list[int]:
        return list(islice(shared.tokens(request(seed)), count))

    started = time.perf_counter()
    with ThreadPoolExecutor(sessions) as threads:
        heard = list(threads.map(session, range(sessions)))
    at_once = time.perf_counter() - started
    equal = sum(mine == alone for mine, alone in zip(heard, expected, strict=True))
    total = sessions * count
    return (
        f"  {name:16s} {sessions} sessions: {total / at_once:7.1f} tokens/s at once, "
        f"{total / one_by_one:.1f} one by one; {equal} of {sessions} have equal tokens"
    )


if __name__ == "__main__":
    main()
