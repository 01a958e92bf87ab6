from pathlib import Path

import pytest
import torch

from myna.core.errors import Unsupported, WeightsMissing
from myna.engines.gpt_sovits.sound.flow_matching import FlowMatching, Known, Windows
from myna.engines.gpt_sovits.sound.mel_features import MelFeatures
from myna.engines.gpt_sovits.sound.mel_vocoders import read_vocoder_v3, read_vocoder_v4
from myna.engines.gpt_sovits.sound.vits import Vits
from myna.engines.gpt_sovits.weights import read_sovits
from tests.unit.engines.gpt_sovits import tiny_checkpoints
from tests.unit.engines.gpt_sovits.noise import normal

FRAMES = 30
TOKENS, PHONEMES = torch.arange(12)[None], torch.arange(9)[None]


def _windows(prompt: int = 8, known: Known | None = None) -> Windows:
    return Windows(
        normal(1, FRAMES, 32),
        normal(1, 100, prompt, seed=1),
        normal(1, 100, FRAMES, seed=2),
        known,
    )


def _known(*spans: range) -> Known:
    mask = torch.zeros(1, 1, FRAMES, dtype=torch.bool)
    for span in spans:
        mask[:, :, list(span)] = True
    return Known(normal(1, 100, FRAMES, seed=3), mask)


def test_the_prompts_frames_stay_empty(matching: FlowMatching) -> None:
    mel = matching(_windows(prompt=8), 4)
    assert not mel[:, :, :8].any()
    assert bool((mel[:, :, 8:] != 0).all())


def test_with_everything_known_the_output_is_the_input(matching: FlowMatching) -> None:
    known = _known(range(FRAMES))
    mel = matching(_windows(prompt=0, known=known), 4)
    torch.testing.assert_close(mel, known.mel)


def test_with_nothing_known_it_is_plain_synthesis(matching: FlowMatching) -> None:
    plain = matching(_windows(), 4)
    assert torch.equal(matching(_windows(known=_known()), 4), plain)


def test_known_frames_come_back_and_the_gap_listens_to_both_sides(matching: FlowMatching) -> None:
    known = _known(range(10), range(20, 30))
    mel = matching(_windows(prompt=0, known=known), 4)
    inside = known.mask.expand_as(mel)
    torch.testing.assert_close(mel[inside], known.mel[inside], rtol=0, atol=1e-5)
    after = Known(known.mel.clone(), known.mask)
    after.mel[:, :, 20:] += 1
    changed = matching(_windows(prompt=0, known=after), 4)
    assert not torch.allclose(changed[:, :, 10:20], mel[:, :, 10:20], atol=1e-4)


def test_guidance_changes_what_is_made(matching: FlowMatching) -> None:
    plain, guided = matching(_windows(), 2), matching(_windows(), 2, guidance=0.7)
    assert not torch.allclose(plain, guided, atol=1e-3)


def test_windows_of_a_batch_do_not_hear_each_other(matching: FlowMatching) -> None:
    features, noise = normal(3, FRAMES, 32), normal(3, 100, FRAMES, seed=2)
    prompt = normal(1, 100, 5, seed=1)
    together = matching(Windows(features, prompt, noise), 3)
    for row in range(3):
        one = slice(row, row + 1)
        alone = matching(Windows(features[one], prompt, noise[one]), 3)
        torch.testing.assert_close(together[one], alone, rtol=1e-4, atol=1e-5)


def test_attention_does_not_look_at_padding(matching: FlowMatching) -> None:
    given = _windows()
    lengths = torch.tensor([FRAMES])
    whole = matching(Windows(given.features, given.prompt, given.noise, lengths=lengths), 2)
    torch.testing.assert_close(whole, matching(given, 2), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("version", "frames"), [("v3", 45), ("v4", 48)])
def test_features_come_at_the_rate_of_the_mel(tmp_path: Path, version: str, frames: int) -> None:
    tiny_checkpoints.write_sovits(tmp_path / "s2.pth", version)
    checkpoint = read_sovits(tmp_path / "s2.pth")
    network = MelFeatures(checkpoint)
    voice = network.voice([torch.rand(1, 1025, 30, generator=torch.Generator().manual_seed(0))])
    features = network(TOKENS, PHONEMES, voice)
    assert features.shape == (1, 32, frames)
    faster = network(TOKENS, PHONEMES, voice, speed=1.5)
    assert faster.shape[2] == pytest.approx(frames / 1.5, abs=2)
    with pytest.raises(Unsupported, match="mel spectrograms"):
        Vits(checkpoint)


def test_a_version_that_makes_sound_itself_has_no_mel_features(tmp_path: Path) -> None:
    tiny_checkpoints.write_sovits(tmp_path / "s2.pth", "v2")
    with pytest.raises(Unsupported, match="makes sound itself"):
        MelFeatures(read_sovits(tmp_path / "s2.pth"))


def test_the_vocoders_make_sound_at_their_rates(tmp_path: Path) -> None:
    tiny_checkpoints.write_vocoder_v4(tmp_path / "vocoder.pth")
    tiny_checkpoints.write_bigvgan(tmp_path / "bigvgan")
    for vocoder, rate, hop in (
        (read_vocoder_v4(tmp_path / "vocoder.pth"), 48000, 480),
        (read_vocoder_v3(tmp_path / "bigvgan"), 24000, 256),
    ):
        wave = vocoder(normal(1, 100, 12) - 5)
        assert vocoder.sample_rate == rate
        assert wave.shape == (1, 12 * hop)
        assert float(wave.abs().max()) <= 1


def test_a_vocoder_folder_of_another_make_is_refused(tmp_path: Path) -> None:
    tiny_checkpoints.write_bigvgan(tmp_path)
    torch.save({"discriminator": {}}, tmp_path / "bigvgan_generator.pt")
    with pytest.raises(WeightsMissing, match="has no 'generator'"):
        read_vocoder_v3(tmp_path)
