from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from myna.compat.cosyvoice import CosyVoice2
from myna.core.errors import InvalidOption, SettingsError
from myna.core.voice import Voice
from myna.dsp.codec import save_audio
from myna.dsp.resample import resample
from myna.engines.cosyvoice.presets import write_presets
from myna.engines.cosyvoice.prompt import Prompt
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint

ADA = "Ada"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_checkpoint(tmp_path_factory.mktemp("weights"))
    vector = np.random.default_rng(3).normal(size=192).astype(np.float32)
    write_presets(folder / "spk2info.pt", {ADA: Prompt.of_speaker(vector)})
    return folder


@pytest.fixture(scope="module")
def cosyvoice(folder: Path) -> CosyVoice2:
    return CosyVoice2(str(folder), load_jit=False, fp16=False)


@pytest.fixture(scope="module")
def prompt(sample: Voice) -> Tensor:
    """Two seconds at 16 kHz, as callers of older releases give them."""
    audio = resample(sample.reference.between(0.0, 2.0), 16000)
    return torch.from_numpy(audio.samples.copy())[None]


def heard(parts: Iterator[dict[str, Tensor]]) -> list[Tensor]:
    torch.manual_seed(0)
    return [part["tts_speech"] for part in parts]


def test_each_way_of_speaking_yields_rows_of_samples(cosyvoice: CosyVoice2, prompt: Tensor) -> None:
    spoken = [
        heard(cosyvoice.inference_sft("Hello.", ADA)),
        heard(cosyvoice.inference_zero_shot("Hello.", "A few", prompt)),
        heard(cosyvoice.inference_cross_lingual("Hello.", prompt)),
        heard(cosyvoice.inference_instruct2("Hello.", "Softly<|endofprompt|>", prompt)),
        heard(cosyvoice.inference_vc(prompt, prompt)),
    ]
    for parts in spoken:
        assert len(parts) == 1
        assert parts[0].shape[0] == 1
        assert parts[0].dtype == torch.float32
    assert abs(spoken[-1][0].shape[1] / 24000 - prompt.shape[1] / 16000) < 0.1


def test_a_prompt_of_two_channels_or_of_whole_numbers_is_heard_as_one_recording(
    cosyvoice: CosyVoice2, prompt: Tensor
) -> None:
    exact = (prompt * 32768).round().clamp(-32768, 32767)
    plain = heard(cosyvoice.inference_cross_lingual("Hi.", exact / 32768))[0]
    for same in (exact.repeat(2, 1) / 32768, exact.to(torch.int16), (exact / 32768)[0]):
        assert torch.equal(heard(cosyvoice.inference_cross_lingual("Hi.", same))[0], plain)


def test_a_stream_comes_in_several_parts(cosyvoice: CosyVoice2) -> None:
    text = "One two three four five six seven eight nine ten."
    assert len(heard(cosyvoice.inference_sft(text, ADA, stream=True))) > 1
    assert len(heard(cosyvoice.inference_sft(text, ADA))) == 1


def test_chunks_of_any_size_are_one_speech(cosyvoice: CosyVoice2) -> None:
    def spoken(chunks: list[str], hop: int, cache: int) -> Tensor:
        parts = cosyvoice.inference_sft_chunked(chunks, ADA, token_hop_len=hop, mel_cache_len=cache)
        return torch.cat(heard(parts), dim=1)

    whole = spoken(["Hello (you) there 12"], 8, 4)
    assert torch.equal(spoken(list("Hello (you) there 12"), 8, 4), whole)
    assert torch.equal(spoken(["Hello", "", " ", "(", "you) there 1", "2"], 8, 4), whole)
    assert spoken(["Hello (you) there 12"], 25, 8).shape == whole.shape


def test_a_generator_is_spoken_while_it_runs(cosyvoice: CosyVoice2) -> None:
    asked: list[int] = []

    def chunks() -> Iterator[str]:
        for count in range(100):
            asked.append(count)
            yield "word "

    parts = cosyvoice.inference_sft_chunked(chunks(), ADA, token_hop_len=8, mel_cache_len=4)
    next(parts)
    assert len(asked) < 50
    parts.close()


def test_the_seed_of_torch_repeats_a_speech(cosyvoice: CosyVoice2) -> None:
    def spoken(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return next(cosyvoice.inference_sft("Hello.", ADA))["tts_speech"]

    assert torch.equal(spoken(1), spoken(1))
    assert not torch.equal(spoken(1), spoken(2))


def test_it_speaks_as_published_where_that_is_asked_for(
    cosyvoice: CosyVoice2, folder: Path
) -> None:
    published = CosyVoice2(folder, compatible=True, device="cpu")
    text = "A longer sentence than that, in two parts."
    ours, theirs = (
        torch.cat(heard(model.inference_sft(text, ADA, stream=True)), dim=1)
        for model in (cosyvoice, published)
    )
    assert theirs.shape[1] > 0
    assert not torch.equal(ours, theirs)


def test_a_device_that_is_not_there_is_refused_before_anything_is_read(folder: Path) -> None:
    with pytest.raises(SettingsError, match="`device` is 'cuda:99'"):
        CosyVoice2(folder, device="cuda:99")


def test_a_speaker_is_added_saved_and_found_again(
    folder: Path, cosyvoice: CosyVoice2, sample: Voice, tmp_path: Path
) -> None:
    save_audio(tmp_path / "prompt.wav", sample.reference)
    assert cosyvoice.add_zero_shot_spk("A few words", str(tmp_path / "prompt.wav"), "Bea")
    cosyvoice.save_spkinfo()
    again = CosyVoice2(folder)
    assert again.list_available_spks() == [ADA, "Bea"]
    own = heard(cosyvoice.inference_zero_shot("Hi.", "", "", zero_shot_spk_id="Bea"))
    assert torch.equal(heard(again.inference_zero_shot("Hi.", "", "", "Bea"))[0], own[0])
    assert heard(again.inference_sft("Hi.", "Bea"))


def test_an_unknown_speaker_is_named(cosyvoice: CosyVoice2) -> None:
    with pytest.raises(InvalidOption, match=r"'Nobody'.*Ada"):
        cosyvoice.inference_sft("Hi.", "Nobody")


def test_long_text_comes_in_pieces(cosyvoice: CosyVoice2) -> None:
    text = "一" * 61 + "。" + "二" * 30 + "。"
    assert len(heard(cosyvoice.inference_sft(text, ADA))) == 2
    assert heard(cosyvoice.inference_sft("。", ADA)) == []
