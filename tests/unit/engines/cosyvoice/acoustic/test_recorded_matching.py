"""Steps of fixed shapes against those that compute as many frames as there are."""

import logging
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from myna.engines.cosyvoice.acoustic.flow import Flow
from myna.engines.cosyvoice.acoustic.mel_stream import MelStream, finish_together
from myna.engines.cosyvoice.acoustic.recorded_matching import RecordedMatching
from myna.engines.cosyvoice.acoustic.recorded_step import Recording
from myna.engines.cosyvoice.acoustic.request import FlowOptions, SpeechPrompt
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.acoustic.strict_lane import StrictLane
from tests.unit.engines.cosyvoice.acoustic.tiny_networks import (
    N_MELS,
    prompt,
    speech_tokens,
    tiny_flow,
)
from tests.unit.engines.pretended_device import DEVICE, PretendedDevice

VERSIONS = list(Version)
TWO_STEPS = FlowOptions(steps=2)
RECORDING = Recording(0.7, calls=(1, 2, 4), past=(64, 128, 512), frames=(50, 100))
PLAIN = {version: tiny_flow(version) for version in VERSIONS}
RECORDED = {version: tiny_flow(version, recording=RECORDING) for version in VERSIONS}


def _stream(
    flow: Flow, given: SpeechPrompt, options: FlowOptions = TWO_STEPS, seed: int = 9
) -> MelStream:
    stream = MelStream(flow, given, options, seed)
    stream.take(torch.tensor(speech_tokens(160, seed)))
    return stream


def _near(mel: Tensor, expected: Tensor) -> bool:
    return bool((mel - expected).abs().max() <= 1e-5 * expected.abs().max())


def _followed(
    flow: Flow, counts: Sequence[int], options: FlowOptions = TWO_STEPS, given: int = 40
) -> list[Tensor]:
    stream = _stream(flow, prompt(given), options)
    return [stream.advance(count) for count in counts]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "counts",
    [
        pytest.param([10, 25, 50, 50, 22], id="chunks that are complete, and a last one"),
        pytest.param([8, 16, 11, 50, 1], id="short hops, whose frames are made again"),
        pytest.param([15, 120], id="stretches longer than any step"),
    ],
)
def test_every_chunk_is_what_steps_of_its_own_size_give(
    version: Version, counts: Sequence[int]
) -> None:
    made, expected = (_followed(flows[version], counts) for flows in (RECORDED, PLAIN))
    assert [mel.shape[2] for mel in made] == [2 * count for count in counts]
    assert all(map(_near, made, expected))


@pytest.mark.parametrize("version", VERSIONS)
def test_calls_of_different_pasts_and_lengths_share_a_step(version: Version) -> None:
    prompts = [3, 10, 25, 60, 75, 100]  # tokens
    rounds = [[25, 15, 25, 15, 8, 25], [1, 25, 50, 50, 17, 100], [8, 8, 20, 3, 5, 2]]
    alone = [_stream(PLAIN[version], prompt(given), seed=given) for given in prompts]
    shared = [_stream(RECORDED[version], prompt(given), seed=given) for given in prompts]
    for counts in rounds:
        asked = list(zip(shared, counts, strict=True))
        assert len({stream.likeness(count) for stream, count in asked}) == 1
        begun = [stream.begin(count) for stream, count in asked]
        for mel, stream, count in zip(finish_together(begun), alone, counts, strict=True):
            assert _near(mel, stream.advance(count))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("history", [50, 70])
def test_what_is_forgotten_is_what_is_forgotten_otherwise(version: Version, history: int) -> None:
    options = FlowOptions(steps=2, history_frames=history)
    counts = [20, 25, 25, 50, 9]  # the prompt ends within a chunk
    made, expected = (_followed(flows[version], counts, options, 30) for flows in (RECORDED, PLAIN))
    assert all(map(_near, made, expected))


def test_without_guidance_a_call_has_one_row() -> None:
    flow = tiny_flow(recording=Recording(0, past=(256,)))
    options, counts = FlowOptions(steps=2, guidance=0), [10, 25, 7]
    made = _followed(flow, counts, options)
    assert all(map(_near, made, _followed(PLAIN[Version.COSYVOICE2], counts, options)))


def test_another_guidance_than_was_recorded_is_followed_all_the_same() -> None:
    options, counts = FlowOptions(steps=2, guidance=0.3), [10, 25, 7]
    made = _followed(RECORDED[Version.COSYVOICE2], counts, options)
    assert all(map(_near, made, _followed(PLAIN[Version.COSYVOICE2], counts, options)))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_past_longer_than_any_step_is_told_once_and_changes_nothing(
    version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    flow = tiny_flow(version, recording=Recording(0.7, past=(64, 128), frames=(50,)))
    counts = [10, 25, 25, 50, 20]
    with caplog.at_level(logging.INFO):
        made = _followed(flow, counts)
    assert all(map(_near, made, _followed(PLAIN[version], counts)))
    assert [record.message.split(",")[0] for record in caplog.records] == [
        "A call looks back on 150 frames"
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_calls_begin_with_a_prompt_that_was_prepared_and_leave_it(version: Version) -> None:
    begun = MelStream(RECORDED[version], prompt(60), TWO_STEPS)
    begun.prepare()
    held = begun.bytes
    assert held > 0
    for seed in (1, 2):
        twin, fresh = begun.copy(seed), _stream(PLAIN[version], prompt(60), seed=seed)
        twin.take(torch.tensor(speech_tokens(160, seed)))
        for count in (15, 25, 4):
            assert _near(twin.advance(count), fresh.advance(count))
        assert twin.bytes > held
    assert begun.bytes == held


def test_what_is_not_a_number_stays_with_its_call() -> None:
    broken = SpeechPrompt(prompt(60).tokens, prompt(60).mel * torch.nan, prompt(60).speaker_vector)
    for together in (False, True):
        bad = _stream(RECORDED[Version.COSYVOICE2], broken)
        good = _stream(RECORDED[Version.COSYVOICE2], prompt(10))
        expected = _stream(PLAIN[Version.COSYVOICE2], prompt(10)).advance(15)
        if together:
            mels = finish_together([bad.begin(15), good.begin(15)])
        else:
            mels = [bad.advance(15), good.advance(15)]
        assert mels[0].isnan().all()
        assert _near(mels[1], expected)


@pytest.mark.parametrize("version", VERSIONS)
def test_in_sixteen_bits_it_is_as_near_as_steps_of_their_own_size(version: Version) -> None:
    half = tiny_flow(version, torch.bfloat16, Recording(0.7, past=(256,)))
    for mel, exact in zip(
        _followed(half, [35, 20]), _followed(PLAIN[version], [35, 20]), strict=True
    ):
        assert not torch.equal(mel, exact)
        assert float((mel - exact).square().mean().sqrt() / exact.std()) < 0.02


@pytest.mark.parametrize("version", VERSIONS)
def test_a_step_reads_nothing_back(version: Version) -> None:
    recording = Recording(0.7, calls=(1, 2), past=(128,), frames=(50,))
    given, counts = (8, 27), (16, 25)
    expected = [
        _stream(PLAIN[version], prompt(tokens), seed=tokens).advance(count)
        for tokens, count in zip(given, counts, strict=True)
    ]
    with PretendedDevice() as device, torch.inference_mode():
        flow = tiny_flow(version, device=DEVICE)
        lane = StrictLane(device)
        flow.matching = RecordedMatching(flow.field, recording, N_MELS, DEVICE, lane)
        streams = [_stream(flow, prompt(tokens), seed=tokens) for tokens in given]
        begun = [stream.begin(count) for stream, count in zip(streams, counts, strict=True)]
        mels = [mel.cpu() for mel in finish_together(begun)]
        assert lane.ran
    assert all(
        (mel - wanted).abs().max() < 1e-3 for mel, wanted in zip(mels, expected, strict=True)
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")
@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_on_a_gpu_it_makes_what_it_makes_here(version: Version) -> None:
    flow = tiny_flow(version, recording=RECORDING, device="cuda")
    counts = [10, 25, 50, 8]
    made = [mel.cpu() for mel in _followed(flow, counts)]
    for mel, wanted in zip(made, _followed(PLAIN[version], counts), strict=True):
        assert (mel - wanted).abs().max() < 1e-2 * wanted.abs().max()
