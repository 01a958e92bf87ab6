import numpy as np
import pytest
import torch

from myna.core.audio import Audio
from myna.core.errors import BadReference
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.voice.speaker_vector import SpeakerNetwork
from myna.engines.gpt_sovits.voice.spectrograms import (
    MEL_V4,
    denormalized,
    log_mel,
    normalized,
    reference_samples,
    reference_spectrogram,
)
from tests.unit.engines.gpt_sovits import shapes, tiny_checkpoints


def _tone(frequency: float, sample_rate: int, seconds: float = 0.5, level: float = 0.5) -> Audio:
    times = np.arange(round(sample_rate * seconds)) / sample_rate
    return Audio((level * np.sin(2 * np.pi * frequency * times)).astype(np.float32), sample_rate)


def test_a_reference_above_full_scale_is_brought_down_by_half_at_most() -> None:
    loud = reference_samples(_tone(200, 32000, level=1.5))
    assert float(loud.abs().max()) == pytest.approx(1.0)
    louder = reference_samples(_tone(200, 32000, level=8.0))
    assert float(louder.abs().max()) == pytest.approx(4.0, rel=1e-3)


def test_a_reference_spectrogram_has_a_frame_per_hop_and_its_peak_at_the_tone() -> None:
    spectrogram = reference_spectrogram(reference_samples(_tone(1000, 44100)))
    assert spectrogram.shape == (1, 1025, 25)
    peaks = spectrogram[0, :, 3:-3].argmax(dim=0)
    assert set(peaks.tolist()) == {1000 * 2048 // 32000}


def test_normalizing_a_mel_can_be_undone() -> None:
    mel = log_mel(reference_samples(_tone(500, 32000)), MEL_V4)
    assert mel.shape == (1, 100, 50)
    torch.testing.assert_close(denormalized(normalized(mel)), mel, rtol=1e-4, atol=1e-4)


def test_a_reference_too_short_to_analyse_is_refused() -> None:
    short = reference_samples(_tone(200, 32000, seconds=0.01))
    with pytest.raises(BadReference, match="seconds of speech"):
        reference_spectrogram(short)
    tiny = tiny_checkpoints.weights(shapes.speaker_network(8, (1, 1, 1, 1)))
    with pytest.raises(BadReference, match="too short to tell a speaker"):
        SpeakerNetwork(Tensors(tiny, "tiny")).vector(short)


def test_a_speaker_vector_has_one_length_for_any_recording() -> None:
    network = SpeakerNetwork(
        Tensors(tiny_checkpoints.weights(shapes.speaker_network(8, (1, 1, 1, 1))), "tiny")
    )
    vectors = [network.vector(reference_samples(_tone(150, 44100, s))) for s in (0.3, 1.0)]
    assert [tuple(vector.shape) for vector in vectors] == [(1, 2560), (1, 2560)]
    assert not torch.equal(*vectors)
