from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from myna.engines.gpt_sovits.sound.mel_sound import MelSound
from myna.engines.gpt_sovits.sound.mel_vocoders import MelVocoder, read_vocoder_v3, read_vocoder_v4
from myna.engines.gpt_sovits.voice.spectrograms import denormalized
from tests.unit.engines.gpt_sovits import tiny_checkpoints

MEL = torch.rand(1, 100, 230, generator=torch.Generator().manual_seed(0)) - 1


@pytest.fixture(scope="module", params=["v3", "v4"])
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[torch.dtype], MelVocoder]:
    """The vocoder of a version, to be read in any precision."""
    folder: Path = tmp_path_factory.mktemp("weights")
    if request.param == "v4":
        tiny_checkpoints.write_vocoder_v4(folder / "vocoder.pth")
        return partial(read_vocoder_v4, folder / "vocoder.pth")
    tiny_checkpoints.write_bigvgan(folder)
    return partial(read_vocoder_v3, folder)


@pytest.fixture(scope="module")
def vocoder(written: Callable[[torch.dtype], MelVocoder]) -> MelVocoder:
    return written(torch.float32)


def test_in_bfloat16_it_sounds_nearly_the_same(
    vocoder: MelVocoder, written: Callable[[torch.dtype], MelVocoder]
) -> None:
    with torch.inference_mode():
        sound = vocoder(denormalized(MEL))
        near = written(torch.bfloat16)(denormalized(MEL))
    assert near.dtype == torch.float32
    noise = (near - sound).square().mean() / sound.square().mean()
    assert 0 < noise < 1e-3  # 30 dB below


@pytest.mark.parametrize("sizes", [(230,), (1, 60, 169)])
def test_windows_sound_as_the_vocoder_makes_the_whole(
    vocoder: MelVocoder, sizes: tuple[int, ...]
) -> None:
    sound, pieces, first = MelSound(vocoder), [], 0
    for size in sizes:
        last = first + size == MEL.shape[2]
        pieces += sound.push(MEL[:, :, first : first + size], last=last)
        first += size
    with torch.inference_mode():
        whole = vocoder(denormalized(MEL))[0].numpy()
    assert len(pieces) > 1
    np.testing.assert_allclose(np.concatenate(pieces), whole, rtol=0, atol=1e-5)


def test_a_frame_sounds_as_soon_as_its_neighbours_are_known(vocoder: MelVocoder) -> None:
    (piece,) = MelSound(vocoder).push(MEL[:, :, :60], last=False)
    assert len(piece) == (60 - vocoder.reach) * vocoder.samples_per_frame
