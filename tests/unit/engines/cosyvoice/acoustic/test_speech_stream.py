from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor

from myna.core.audio import Samples
from myna.core.errors import BadReference, InvalidOption, SynthesisFailed
from myna.engines.cosyvoice.acoustic.flow_desk import FlowDesk
from myna.engines.cosyvoice.acoustic.matching import Known
from myna.engines.cosyvoice.acoustic.mel_stream import MelStream, finish_together
from myna.engines.cosyvoice.acoustic.prepared_prompts import PreparedPrompts
from myna.engines.cosyvoice.acoustic.request import (
    SCHEDULES,
    FlowOptions,
    Schedule,
    SpeechOptions,
    SpeechPrompt,
)
from myna.engines.cosyvoice.acoustic.sound_stream import SoundStream
from myna.engines.cosyvoice.acoustic.speech_stream import SpeechStream
from myna.engines.cosyvoice.acoustic.tempo import Tempo
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.acoustic.tiny_networks import (
    prompt,
    speech_tokens,
    tiny_flow,
    tiny_vocoder,
)

VERSIONS = list(Version)
FLOWS = {version: tiny_flow(version) for version in VERSIONS}
VOCODERS = {version: tiny_vocoder(version) for version in VERSIONS}
FEW_STEPS = FlowOptions(steps=2)
REALTIME = SCHEDULES["realtime"]


def streamed_mel(
    version: Version,
    tokens: Sequence[int],
    ends: Sequence[int],
    options: FlowOptions = FEW_STEPS,
) -> Tensor:
    stream = MelStream(FLOWS[version], prompt(40), options)
    stream.take(torch.tensor(tokens))
    counts = np.diff([0, *ends])
    return torch.cat([stream.advance(int(count)) for count in counts], dim=2)


def spoken(
    options: SpeechOptions, tokens: Sequence[int], at_once: int, version: Version
) -> list[Samples]:
    stream = SpeechStream(FLOWS[version], VOCODERS[version], prompt(40), options)
    pieces: list[Samples] = []
    for start in range(0, len(tokens), at_once):
        some = tokens[start : start + at_once]
        pieces += stream.push(some, last=start + at_once >= len(tokens))
    return pieces


@pytest.mark.parametrize("version", VERSIONS)
def test_chunks_of_the_flow_give_what_one_pass_gives(version: Version) -> None:
    tokens = speech_tokens(120)
    once = streamed_mel(version, tokens, [120])
    # With the prompt's 40 tokens, these end where a chunk of 25 ends.
    chunked = streamed_mel(version, tokens, [10, 35, 85, 120])
    assert torch.allclose(chunked, once, atol=1e-4 * float(once.abs().max()))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_chunk_that_ends_anywhere_gives_what_a_pass_over_all_tokens_so_far_gives(
    version: Version,
) -> None:
    tokens = speech_tokens(90)
    stream = MelStream(FLOWS[version], prompt(40), FEW_STEPS)
    given = 0
    for end in (8, 24, 56, 87):
        stream.take(torch.tensor(tokens[stream.taken : end + 3]))
        fresh = stream.advance(end - given)
        once = streamed_mel(version, tokens[: end + 3], [end])[:, :, 2 * given :]
        assert torch.allclose(fresh, once, atol=1e-4 * float(once.abs().max()))
        given = end


def test_a_later_chunk_costs_no_more_frames_than_the_first() -> None:
    stream = SpeechStream(
        FLOWS[Version.COSYVOICE2],
        VOCODERS[Version.COSYVOICE2],
        prompt(50),
        SpeechOptions(FEW_STEPS, Schedule(25, 8, growth=1)),
    )
    costs, before = [], (100, 0)  # the prompt's frames go through the flow once
    for token in speech_tokens(253):
        for _ in stream.push([token]):
            now = stream.frames_computed
            costs.append((now[0] - before[0], now[1] - before[1]))
            before = now
    assert [flow for flow, _ in costs] == [50] * 10
    # 15 frames before those whose sound is new, and 8 that were made without what follows.
    assert [vocoder for _, vocoder in costs] == [50] + [15 + 8 + 50] * 9


def test_bounding_the_history_changes_only_what_lies_beyond_it() -> None:
    tokens = speech_tokens(160)
    ends = [10, 35, 60, 85, 110, 135, 160]
    everything = streamed_mel(Version.COSYVOICE2, tokens, ends)
    enough = FlowOptions(steps=2, history_frames=300)
    little = FlowOptions(steps=2, history_frames=50)
    assert torch.equal(streamed_mel(Version.COSYVOICE2, tokens, ends, enough), everything)
    bounded = streamed_mel(Version.COSYVOICE2, tokens, ends, little)
    # Counted from the prompt's first, the chunk of frames 150 to 200 is the first to miss some:
    # it sees the prompt's 80 and the last 50.
    assert torch.allclose(bounded[:, :, :70], everything[:, :, :70], atol=1e-5)
    assert not torch.allclose(bounded[:, :, 70:120], everything[:, :, 70:120], atol=1e-3)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_gives_all_samples(version: Version, name: str) -> None:
    tokens = speech_tokens(77)
    pieces = spoken(SpeechOptions(FEW_STEPS, SCHEDULES[name]), tokens, 4, version)
    assert len(pieces) > 1
    assert sum(piece.size for piece in pieces) == 77 * 960
    assert all(np.isfinite(piece).all() for piece in pieces)


def test_hops_grow_from_call_to_call_alike() -> None:
    tokens, options = speech_tokens(150), SpeechOptions(FEW_STEPS, REALTIME)
    first = [len(piece) for piece in spoken(options, tokens, 1, Version.COSYVOICE2)]
    # 8 tokens less 4 frames, 16, 32 and 64 tokens: the latter two end where a chunk of 25 does.
    assert first == [(16 - 4) * 480, 32 * 480, 72 * 480, 150 * 480, (30 + 4) * 480]
    assert first == [len(piece) for piece in spoken(options, tokens, 1, Version.COSYVOICE2)]


def test_calls_that_take_turns_sound_as_alone() -> None:
    options = SpeechOptions(FEW_STEPS, REALTIME, seed=3)
    texts = [speech_tokens(40, seed) for seed in (1, 2, 3)]
    alone = [np.concatenate(spoken(options, it, 5, Version.COSYVOICE2)) for it in texts]
    streams = [
        SpeechStream(FLOWS[Version.COSYVOICE2], VOCODERS[Version.COSYVOICE2], prompt(40), options)
        for _ in texts
    ]
    together: list[list[Samples]] = [[] for _ in texts]
    for start in range(0, 40, 5):
        for stream, tokens, pieces in zip(streams, texts, together, strict=True):
            pieces += stream.push(tokens[start : start + 5], last=start == 35)
    for pieces, expected in zip(together, alone, strict=True):
        assert np.array_equal(np.concatenate(pieces), expected)


def test_a_prepared_prompt_saves_its_frames_and_changes_nothing() -> None:
    flow, vocoder = FLOWS[Version.COSYVOICE2], VOCODERS[Version.COSYVOICE2]
    options = SpeechOptions(FEW_STEPS, REALTIME, seed=3)
    begun = MelStream(flow, prompt(60), FEW_STEPS)
    begun.prepare()
    tokens = speech_tokens(40)
    fresh = SpeechStream(flow, vocoder, prompt(60), options)
    expected = np.concatenate(list(fresh.push(tokens, last=True)))
    for _ in range(2):
        stream = SpeechStream(flow, vocoder, prompt(60), options, begun)
        assert np.array_equal(np.concatenate(list(stream.push(tokens, last=True))), expected)
        assert stream.frames_computed[0] == fresh.frames_computed[0] - 100


def test_seeds_differ_and_repeat() -> None:
    tokens = speech_tokens(20)
    waves = [
        np.concatenate(
            spoken(SpeechOptions(FEW_STEPS, REALTIME, seed=seed), tokens, 20, Version.COSYVOICE2)
        )
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(waves[0], waves[1])
    assert not np.allclose(waves[0], waves[2])


@pytest.mark.parametrize("version", VERSIONS)
def test_windows_of_the_vocoder_give_what_one_window_gives(version: Version) -> None:
    mel = torch.randn(1, 80, 150, generator=torch.Generator().manual_seed(4)) * 2 - 5
    once = SoundStream(VOCODERS[version], 0, seed=7).push(mel, last=True)
    stream = SoundStream(VOCODERS[version], 38, seed=7)
    pieces = [stream.push(mel[:, :, at : at + 50], last=at == 100) for at in (0, 50, 100)]
    # Windows are faded over the first 19 frames of 38. These know the 19 that follow, which are
    # all their sound depends on: both windows have the same there, and their weights add to one.
    assert torch.allclose(torch.cat(pieces), once, atol=1e-4 * float(once.abs().max()))


@pytest.mark.parametrize("speed", [0.7, 1.0, 1.3])
def test_speed_changes_the_length_alike_whether_streamed_or_not(speed: float) -> None:
    tokens = speech_tokens(60)
    for schedule in (None, REALTIME):
        options = SpeechOptions(FEW_STEPS, schedule, speed)
        pieces = spoken(options, tokens, 7, Version.COSYVOICE2)
        assert sum(piece.size for piece in pieces) == int(120 / speed) * 480


def test_tempo_is_the_same_in_parts_and_at_once() -> None:
    mel = torch.randn(1, 80, 90)
    once = Tempo(1.37).push(mel, last=True)
    tempo = Tempo(1.37)
    parts = [tempo.push(mel[:, :, at : at + 9], last=at == 81) for at in range(0, 90, 9)]
    assert torch.equal(torch.cat(parts, dim=2), once)


def test_a_voice_without_a_reference_speaks() -> None:
    silent = SpeechPrompt(
        torch.zeros(0, dtype=torch.int64), torch.zeros(80, 0), prompt(1).speaker_vector
    )
    for schedule in (None, REALTIME):
        stream = SpeechStream(
            FLOWS[Version.COSYVOICE2],
            VOCODERS[Version.COSYVOICE2],
            silent,
            SpeechOptions(FEW_STEPS, schedule),
        )
        pieces = list(stream.push(speech_tokens(30), last=True))
        assert sum(piece.size for piece in pieces) == 30 * 960


@pytest.mark.parametrize("schedule", [None, REALTIME])
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_the_shortest_calls_end_well(schedule: Schedule | None, count: int) -> None:
    options = SpeechOptions(FEW_STEPS, schedule)
    stream = SpeechStream(
        FLOWS[Version.COSYVOICE2], VOCODERS[Version.COSYVOICE2], prompt(40), options
    )
    pieces = list(stream.push(speech_tokens(count), last=True))
    assert sum(piece.size for piece in pieces) == count * 960


def test_what_cannot_be_spoken_is_refused() -> None:
    stream = SpeechStream(
        FLOWS[Version.COSYVOICE2], VOCODERS[Version.COSYVOICE2], prompt(10), SpeechOptions()
    )
    with pytest.raises(SynthesisFailed, match="no speech token 6563"):
        stream.push([1, 6563])
    list(stream.push([], last=True))
    with pytest.raises(SynthesisFailed, match="after the last"):
        stream.push([1])
    with pytest.raises(BadReference, match="19 frames for 10 speech tokens"):
        SpeechPrompt(prompt(10).tokens, prompt(10).mel[:, :19], prompt(10).speaker_vector)
    with pytest.raises(InvalidOption, match="mel_cache_len"):
        Schedule(4, 8)
    with pytest.raises(InvalidOption, match="steps"):
        FlowOptions(steps=0)
    with pytest.raises(InvalidOption, match="speed"):
        SpeechOptions(speed=9)


@pytest.mark.parametrize("version", VERSIONS)
def test_calls_that_share_a_pass_get_what_each_gets_alone(version: Version) -> None:
    lengths = (25, 50, 75)  # of prompts, so that calls have seen more or less
    texts = [speech_tokens(103, seed) for seed in lengths]

    def streams() -> list[MelStream]:
        made = [MelStream(FLOWS[version], prompt(count), FEW_STEPS, count) for count in lengths]
        for stream, tokens in zip(made, texts, strict=True):
            stream.take(torch.tensor(tokens))
        return made

    alone, together = streams(), streams()
    for counts in ([25, 25, 25], [50, 50, 50], [8, 8, 8]):
        kinds = {it.likeness(count) for it, count in zip(together, counts, strict=True)}
        assert len(kinds) == 1
        begun = [it.begin(count) for it, count in zip(together, counts, strict=True)]
        shared = finish_together(begun)
        for stream, count, mel in zip(alone, counts, shared, strict=True):
            expected = stream.advance(count)
            assert torch.allclose(mel, expected, atol=1e-4 * float(expected.abs().max()))


def test_threads_that_meet_at_a_desk_get_their_own_sound() -> None:
    flow, vocoder = FLOWS[Version.COSYVOICE2], VOCODERS[Version.COSYVOICE2]
    options = SpeechOptions(FEW_STEPS, SCHEDULES["quality"], seed=1)
    texts = [speech_tokens(80, seed) for seed in range(4)]

    def sound(tokens: list[int], desk: FlowDesk) -> Samples:
        stream = SpeechStream(flow, vocoder, prompt(50), options, desk=desk)
        return np.concatenate(list(stream.push(tokens, last=True)))

    with ThreadPoolExecutor(len(texts)) as threads:
        desks = FlowDesk(), FlowDesk(most=1)
        shared, alone = (
            list(threads.map(lambda tokens, at=desk: sound(tokens, at), texts)) for desk in desks
        )
    for tokens, made, exact in zip(texts, shared, alone, strict=True):
        stream = SpeechStream(flow, vocoder, prompt(50), options)
        expected = np.concatenate(list(stream.push(tokens, last=True)))
        assert np.array_equal(exact, expected)
        assert np.allclose(made, expected, atol=1e-3 * float(np.abs(expected).max()))


def test_what_goes_wrong_at_a_desk_reaches_who_waits_there() -> None:
    flow = FLOWS[Version.COSYVOICE2]
    broken = SpeechPrompt(prompt(5).tokens, prompt(5).mel, torch.zeros(7))
    stream = MelStream(flow, broken, FEW_STEPS)
    stream.take(torch.tensor(speech_tokens(10)))
    desk = FlowDesk()
    with pytest.raises(RuntimeError):
        desk.advance(stream, 5)
    fine = MelStream(flow, prompt(5), FEW_STEPS)
    fine.take(torch.tensor(speech_tokens(10)))
    assert desk.advance(fine, 5).shape == (1, 80, 10)


@pytest.mark.parametrize("version", VERSIONS)
def test_known_frames_stay_and_the_gap_between_them_depends_on_them(version: Version) -> None:
    flow, tokens = FLOWS[version], torch.tensor(speech_tokens(30))
    with torch.inference_mode():
        free = flow.mel(prompt(10), tokens, FEW_STEPS)
        known = torch.randn(1, 80, 80, generator=torch.Generator().manual_seed(8))
        mask = torch.ones(1, 1, 80, dtype=torch.bool)
        mask[:, :, 40:60] = False  # with the prompt's 20: frames 20 to 40 of the mel
        filled = flow.mel(prompt(10), tokens, FEW_STEPS, known=Known(known, mask))
        other = flow.mel(prompt(10), tokens, FEW_STEPS, known=Known(known + 1, mask))
    assert torch.equal(filled[:, :, :20], known[:, :, 20:40])
    assert torch.equal(filled[:, :, 40:], known[:, :, 60:])
    gaps = [mel[:, :, 20:40] for mel in (free, filled, other)]
    assert not torch.allclose(gaps[0], gaps[1], atol=1e-3)
    assert not torch.allclose(gaps[1], gaps[2], atol=1e-3)


def test_nothing_to_keep_changes_nothing() -> None:
    flow, tokens = FLOWS[Version.COSYVOICE2], torch.tensor(speech_tokens(20))
    nothing = Known(torch.zeros(1, 80, 40), torch.zeros(1, 1, 40, dtype=torch.bool))
    silent = SpeechPrompt(tokens[:0], torch.zeros(80, 0), prompt(1).speaker_vector)
    with torch.inference_mode():
        kept = flow.mel(silent, tokens, FEW_STEPS, known=nothing)
        assert torch.equal(kept, flow.mel(silent, tokens, FEW_STEPS))


@pytest.mark.parametrize("version", VERSIONS)
def test_less_precision_gives_nearly_the_same_mel(version: Version) -> None:
    fast, tokens = tiny_flow(version, torch.bfloat16), torch.tensor(speech_tokens(60))
    streams = [MelStream(flow, prompt(40), FEW_STEPS) for flow in (FLOWS[version], fast)]
    for count in (35, 20):
        mels = []
        for stream in streams:
            stream.take(tokens[stream.taken : stream.taken + count + 3])
            mels.append(stream.advance(count))
        exact, near = mels
        assert not torch.equal(near, exact)
        assert float((near - exact).square().mean().sqrt() / exact.std()) < 0.02


def test_prepared_prompts_are_found_again_until_there_are_too_many() -> None:
    flow = FLOWS[Version.COSYVOICE2]
    size = PreparedPrompts(flow, 0).begun(prompt(40, 1), FEW_STEPS).bytes
    # Keys and values of 50 frames in 3 blocks, 32 wide, for 2 steps with and without conditions.
    assert size == 2 * 3 * 32 * 50 * 2 * 2 * 4
    prompts = PreparedPrompts(flow, 2 * size)
    first = prompts.begun(prompt(40, 1), FEW_STEPS)
    assert prompts.begun(prompt(40, 1), FEW_STEPS) is first
    assert prompts.begun(prompt(40, 1), FlowOptions(steps=1)) is not first
    assert prompts.begun(prompt(40, 1), FEW_STEPS) is first
    for seed in (2, 3):
        prompts.begun(prompt(40, seed), FEW_STEPS)
    assert prompts.begun(prompt(40, 1), FEW_STEPS) is not first
