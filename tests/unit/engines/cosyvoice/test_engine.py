import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from myna.core.audio import Audio
from myna.core.engine import ArrivingUtterance
from myna.core.errors import (
    EngineBusy,
    InvalidOption,
    SynthesisFailed,
    Unsupported,
    WeightsMissing,
)
from myna.core.speech import Options, TextPiece, Utterance
from myna.core.voice import Voice
from myna.engines.cosyvoice.engine import CosyVoiceEngine
from myna.engines.cosyvoice.files import find_files
from myna.engines.cosyvoice.presets import write_presets
from myna.engines.cosyvoice.prompt import Prompt
from myna.engines.cosyvoice.version import Version
from tests.conftest import tone
from tests.unit.engines.at_once import at_once
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint
from tests.unit.engines.cosyvoice.tiny_engine import FAST, tiny_engine

HELLO = "Hello out there, how are you?"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> CosyVoiceEngine:
    return tiny_engine(tmp_path_factory.mktemp("weights"))


def joined(chunks: Iterator) -> np.ndarray:
    return Audio.join(chunk.audio for chunk in chunks).samples


def said(
    engine: CosyVoiceEngine,
    voice: Voice,
    text: str = HELLO,
    language: str = "en",
    **options: object,
) -> np.ndarray:
    wanted = Utterance(text, language, Options(**{"seed": 1, **options}))  # type: ignore[arg-type]  # by name
    with closing(engine.speak(wanted, voice)) as chunks:
        return joined(chunks)


def arrived(
    engine: CosyVoiceEngine, voice: Voice, pieces: list[TextPiece], **options: object
) -> np.ndarray:
    knobs = Options(**{"seed": 1, **options})  # type: ignore[arg-type]  # by name
    with closing(engine.speak_arriving(ArrivingUtterance(pieces, "auto", knobs), voice)) as chunks:
        return joined(chunks)


def test_version_3_speaks_and_takes_text_as_it_arrives(tmp_path: Path, sample: Voice) -> None:
    engine = tiny_engine(tmp_path, Version.COSYVOICE3)
    assert engine.fingerprint.startswith("cosyvoice3")
    assert np.abs(said(engine, sample, "Hi.")).max() > 0.005
    assert np.abs(said(engine, sample, "[j][ǐ].", "zh")).max() > 0.005
    assert np.array_equal(
        arrived(engine, sample, list("Hi.")), arrived(engine, sample, ["H", "i."])
    )


def test_a_reference_in_the_language_of_the_text_is_continued_any_other_only_heard(
    engine: CosyVoiceEngine, sample: Voice
) -> None:
    silent = Voice(sample.reference, "", "en")
    foreign = Voice(sample.reference, sample.transcript, "ko")
    assert np.array_equal(said(engine, foreign), said(engine, silent))
    assert not np.array_equal(said(engine, sample), said(engine, silent))


def test_a_speaker_of_the_model_needs_no_voice(tmp_path: Path, sample: Voice) -> None:
    write_checkpoint(tmp_path)
    vector = np.random.default_rng(3).normal(size=192).astype(np.float32)
    write_presets(tmp_path / "spk2info.pt", {"Ada": Prompt.of_speaker(vector)})
    engine = CosyVoiceEngine(find_files(tmp_path), FAST)
    assert engine.capabilities.speakers == {"Ada"}
    other = Voice(tone(3.0), "", "ko")
    assert np.array_equal(said(engine, sample, speaker="Ada"), said(engine, other, speaker="Ada"))
    with pytest.raises(InvalidOption, match="Ada"):
        said(engine, sample, speaker="Bob")


def test_eight_at_once_sound_as_one_by_one_though_the_text_of_some_arrives(
    engine: CosyVoiceEngine, sample: Voice
) -> None:
    def spoken(number: int) -> np.ndarray:
        text = f"Say {'abcdefgh'[number]}."
        if number % 2:
            return arrived(engine, sample, list(text), seed=number)
        return said(engine, sample, text, seed=number)

    alone = [spoken(number) for number in range(8)]
    for sound, expected in zip(at_once(spoken, 8), alone, strict=True):
        assert np.array_equal(sound, expected)


def test_streams_that_share_passes_of_the_flow_sound_as_alone_but_for_rounding(
    tmp_path: Path, sample: Voice, engine: CosyVoiceEngine
) -> None:
    sharing = CosyVoiceEngine(find_files(write_checkpoint(tmp_path)), replace(FAST, chunks=4))
    assert sharing.fingerprint != engine.fingerprint
    heard = at_once(lambda _: said(sharing, sample, "Say it.", seed=1), 4)
    alone = said(engine, sample, "Say it.", seed=1)
    for sound in heard:
        assert sound.shape == alone.shape
        assert np.abs(sound - alone).max() < 0.05 * np.abs(alone).max()


def test_an_arriving_text_sounds_alike_in_any_pieces(
    engine: CosyVoiceEngine, sample: Voice
) -> None:
    text = "One, then 3 kg (so)"
    whole = arrived(engine, sample, [text])
    assert np.array_equal(arrived(engine, sample, list(text)), whole)
    assert np.array_equal(arrived(engine, sample, ["", text[:7], "", "", text[7:], ""]), whole)


def test_a_long_text_is_said_in_several_breaths_and_to_its_end(
    engine: CosyVoiceEngine, sample: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[TextPiece] = ["Tea is hot. ", "It is. ", "So, drink it. ", "Now"]
    whole = arrived(engine, sample, texts)
    monkeypatch.setattr(engine.synthesis, "breath", 1)
    parted = arrived(engine, sample, texts)
    assert not np.array_equal(parted, whole)
    letters: list[TextPiece] = [letter for text in texts for letter in str(text)]
    assert np.array_equal(arrived(engine, sample, letters), parted)
    assert engine.synthesis.live == 0


@pytest.mark.parametrize("pieces", [[], [""], [" "], ["(", ")"], ["!", "?"]])
def test_an_arriving_text_without_words_says_nothing(
    engine: CosyVoiceEngine, sample: Voice, pieces: list[TextPiece]
) -> None:
    chunks = engine.speak_arriving(ArrivingUtterance(pieces, "auto", Options()), sample)
    assert not any(len(chunk.audio.samples) for chunk in chunks)


def test_a_single_letter_is_said(engine: CosyVoiceEngine, sample: Voice) -> None:
    assert len(arrived(engine, sample, ["a"]))


def test_sound_comes_before_the_text_has_ended(engine: CosyVoiceEngine, sample: Voice) -> None:
    asked: list[int] = []

    def text() -> Iterator[TextPiece]:
        for count in range(200):
            asked.append(count)
            yield "word "

    utterance = ArrivingUtterance(text(), "en", Options(seed=1))
    with closing(engine.speak_arriving(utterance, sample)) as chunks:
        next(chunks)
        assert len(asked) < 100


def test_whoever_waits_for_text_keeps_nobody_from_speaking(tmp_path: Path, sample: Voice) -> None:
    engine = tiny_engine(tmp_path, slots=1)
    alone = arrived(engine, sample, ["One two three four ", "five."])
    pieces = iter(["One two three four ", "", "five."])
    utterance = ArrivingUtterance(pieces, "auto", Options(seed=1))
    with closing(engine.speak_arriving(utterance, sample)) as chunks:
        heard = []
        for chunk in chunks:
            if not len(chunk.audio.samples):
                assert len(said(engine, sample, "Hi."))
            heard.append(chunk)
    assert np.array_equal(joined(iter(heard)), alone)


def test_an_error_of_whoever_writes_reaches_whoever_listens(
    engine: CosyVoiceEngine, sample: Voice
) -> None:
    def text() -> Iterator[TextPiece]:
        yield "One two three four five six. "
        raise ConnectionError("the writer has gone")

    with pytest.raises(ConnectionError, match="gone"):
        list(engine.speak_arriving(ArrivingUtterance(text(), "en", Options()), sample))
    _wait_until_free(engine)


def test_hanging_up_frees_everything(engine: CosyVoiceEngine, sample: Voice) -> None:
    def text() -> Iterator[TextPiece]:
        while True:
            yield "on and on "

    utterance = ArrivingUtterance(text(), "en", Options(seed=1))
    with closing(engine.speak_arriving(utterance, sample)) as chunks:
        next(chunks)
        assert engine.synthesis.live == 1
    _wait_until_free(engine)


def _wait_until_free(engine: CosyVoiceEngine) -> None:
    for _ in range(1000):
        if engine.synthesis.live == 0:
            return
        threading.Event().wait(0.01)
    pytest.fail("a slot is still taken")


def test_a_recording_is_said_again_at_its_pace(engine: CosyVoiceEngine, sample: Voice) -> None:
    other = Voice(tone(3.0, 180.0), "", "en")
    heard = joined(engine.convert(sample.reference, other, Options()))
    assert abs(len(heard) / 24000 - sample.reference.duration) < 0.1
    own = joined(engine.convert(sample.reference, sample, Options()))
    assert not np.array_equal(heard, own)
    fast = joined(engine.convert(sample.reference, other, Options(speed=2.0)))
    assert abs(len(fast) / len(heard) - 0.5) < 0.02


def test_a_full_engine_says_so(tmp_path: Path, sample: Voice) -> None:
    engine = tiny_engine(tmp_path, slots=1, queue=0)

    def text() -> Iterator[TextPiece]:
        while True:
            yield "on and on "

    utterance = ArrivingUtterance(text(), "en", Options())
    with closing(engine.speak_arriving(utterance, sample)) as chunks:
        next(chunks)
        with pytest.raises(EngineBusy):
            said(engine, sample)
    _wait_until_free(engine)
    assert len(said(engine, sample))


def test_a_voice_is_learned_once_and_kept(tmp_path: Path, sample: Voice) -> None:
    stored: dict[str, bytes] = {}
    files = find_files(write_checkpoint(tmp_path))
    first = said(CosyVoiceEngine(files, FAST, prompts=stored), sample)
    (kept,) = stored.values()
    again = Prompt.from_bytes(kept)
    assert again.to_bytes() == kept
    assert abs(len(again.tokens) - sample.reference.duration * 25) < 2
    assert np.array_equal(said(CosyVoiceEngine(files, FAST, prompts=stored), sample), first)


def test_what_was_kept_of_a_voice_and_is_damaged_is_learned_again(
    tmp_path: Path, sample: Voice
) -> None:
    stored: dict[str, bytes] = {}
    files = find_files(write_checkpoint(tmp_path))
    CosyVoiceEngine(files, FAST, prompts=stored).learned(sample)
    ((key, kept),) = stored.items()
    for damaged in (b"", kept[:-50], b"PK" + kept[100:], b"\x80 pickled"):
        stored[key] = damaged
        CosyVoiceEngine(files, FAST, prompts=stored).learned(sample)
        assert stored[key] == kept


def test_other_weights_change_the_fingerprint(tmp_path: Path) -> None:
    first = tiny_engine(tmp_path).fingerprint
    state = torch.load(tmp_path / "flow.pt", weights_only=True)
    state["spk_embed_affine_layer.bias"] += 1
    torch.save(state, tmp_path / "flow.pt")
    assert CosyVoiceEngine(find_files(tmp_path), FAST).fingerprint != first


def _changed(folder: Path, name: str, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    state = torch.load(folder / "hift.pt", weights_only=True)
    state[name] = change(state[name])
    torch.save(state, folder / "hift.pt")


def test_tensors_of_other_shapes_are_refused_by_folder(tmp_path: Path) -> None:
    write_checkpoint(tmp_path)
    _changed(tmp_path, "generator.conv_pre.weight_g", lambda weight: weight.flatten())
    with pytest.raises(WeightsMissing, match=f"{tmp_path.name}.*RuntimeError"):
        CosyVoiceEngine(find_files(tmp_path), FAST)


@pytest.mark.parametrize(
    ("change", "reason"),
    [(lambda bias: bias * torch.nan, "no sound"), (lambda bias: bias[:-1], "The model failed")],
)
def test_weights_gone_astray_are_the_engines_failure(
    tmp_path: Path,
    sample: Voice,
    change: Callable[[torch.Tensor], torch.Tensor],
    reason: str,
) -> None:
    write_checkpoint(tmp_path)
    _changed(tmp_path, "generator.conv_post.bias", change)
    engine = CosyVoiceEngine(find_files(tmp_path), FAST)
    with pytest.raises(SynthesisFailed, match=reason):
        said(engine, sample)
    with pytest.raises(SynthesisFailed, match=reason):
        arrived(engine, sample, ["Hi there, you."])
    with pytest.raises(SynthesisFailed, match=reason):
        list(engine.convert(sample.reference, sample, Options()))


def test_half_a_character_is_left_out(engine: CosyVoiceEngine, sample: Voice) -> None:
    assert np.array_equal(said(engine, sample, "Hi\ud83d."), said(engine, sample, "Hi."))
    halved = Voice(sample.reference.between(0, 3), "A few\ud83d", "en")
    assert np.abs(said(engine, halved, "Hi.")).max() > 0.005


def test_a_language_it_cannot_speak_is_refused_at_once(
    engine: CosyVoiceEngine, sample: Voice
) -> None:
    with pytest.raises(Unsupported, match="tlh"):
        engine.speak_arriving(ArrivingUtterance(["nuqneH"], "tlh", Options()), sample)


def test_a_folder_without_a_model_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"cosyvoice2\.yaml.*llm\.pt"):
        CosyVoiceEngine(find_files(tmp_path))
