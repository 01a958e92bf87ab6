from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from myna.engines.cosyvoice.acoustic.fourier import Fourier
from myna.engines.cosyvoice.acoustic.recorded_filter import RecordedFilter
from myna.engines.cosyvoice.acoustic.sound_stream import SoundStream
from myna.engines.cosyvoice.acoustic.vocoder import Vocoder
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.acoustic.strict_lane import StrictLane
from tests.unit.engines.cosyvoice.acoustic.tiny_networks import N_MELS, tiny_vocoder
from tests.unit.engines.pretended_device import DEVICE, PretendedDevice

VERSIONS = list(Version)
PLAIN = {version: tiny_vocoder(version) for version in VERSIONS}
RECORDED = {version: tiny_vocoder(version, recorded=True) for version in VERSIONS}


def _mel(frames: int) -> Tensor:
    return torch.randn(1, N_MELS, frames, generator=torch.Generator().manual_seed(4)) * 2 - 5


def _sounds(vocoder: Vocoder, lengths: Sequence[int], overlap: int) -> list[Tensor]:
    stream = SoundStream(vocoder, overlap, seed=7)
    parts = torch.split(_mel(sum(lengths)), list(lengths), dim=2)
    return [stream.push(part, last=part is parts[-1]) for part in parts]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("lengths", [[16, 32, 64, 150, 31, 5], [74, 100, 200, 12], [300, 90, 2]])
def test_windows_that_begin_earlier_give_the_same_sound(
    version: Version, lengths: Sequence[int]
) -> None:
    made, expected = (_sounds(kind[version], lengths, 8) for kind in (RECORDED, PLAIN))
    # Windows of other lengths round the pitch otherwise, and its phase is a sum.
    near = 3e-5 * float(torch.cat(expected).abs().max())
    for sound, wanted in zip(made, expected, strict=True):
        assert sound.shape == wanted.shape
        assert torch.allclose(sound, wanted, rtol=0, atol=near)


@pytest.mark.parametrize("version", VERSIONS)
def test_windows_in_the_midst_of_a_call_have_lengths_that_are_recorded(version: Version) -> None:
    ran: list[int] = []

    class Noting(RecordedFilter):
        def __call__(self, mel: Tensor, source: Tensor, needed: int) -> Tensor | None:
            sound = super().__call__(mel, source, needed)
            ran.append(0 if sound is None else sound.shape[0] // 480)
            return sound

    vocoder = tiny_vocoder(version)
    with torch.inference_mode():
        vocoder.windows = Noting(vocoder._recordable, N_MELS, torch.device("cpu"))
    _sounds(vocoder, [50, 100, 128, 37, 300, 9], 8)
    recorded = [length for length in ran if length]
    assert len(recorded) == 4, ran  # but the first, before which there is nothing, and the longest
    assert all(length % 16 == 0 for length in recorded)


def test_products_transform_as_torch_does() -> None:
    window = torch.hann_window(16)
    fourier, samples = Fourier(window, 4), torch.randn(1, 400)
    expected = torch.stft(samples, 16, 4, window=window, return_complex=True)
    parts = fourier.parts(samples)
    assert torch.allclose(parts, torch.cat([expected.real, expected.imag], dim=1), atol=1e-5)
    turned = torch.polar(expected.abs(), expected.angle() * 0.3)  # of no real signal
    back = fourier.samples(torch.cat([turned.real, turned.imag], dim=1))
    assert torch.allclose(back, torch.istft(turned, 16, 4, window=window), atol=1e-5)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_window_reads_nothing_back(version: Version) -> None:
    wanted = torch.cat(_sounds(PLAIN[version], [16, 32], 4))
    with PretendedDevice() as device, torch.inference_mode():
        vocoder = tiny_vocoder(version, device=DEVICE)
        lane = StrictLane(device)
        vocoder.windows = RecordedFilter(vocoder._recordable, N_MELS, DEVICE, lane)
        stream = SoundStream(vocoder, 4, seed=7)
        parts = torch.split(_mel(48).to(DEVICE), [16, 32], dim=2)
        sounds = [stream.push(part, last=part is parts[-1]).cpu() for part in parts]
        assert lane.ran
    assert torch.allclose(torch.cat(sounds), wanted, atol=1e-3 * float(wanted.abs().max()))
