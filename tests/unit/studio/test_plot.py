"""Pictures of speech."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from matplotlib import image, rcParams

from myna.core.audio import Audio
from myna.core.edit import EditedSpan, EditReport
from myna.core.errors import InvalidOption, PackageMissing, StorageError
from myna.core.timing import TimedText
from myna.studio.plot import plot_edit, plot_speech

RATE = 16000


def buzz(seconds: float = 1.5) -> Audio:
    time = np.arange(round(seconds * RATE)) / RATE
    return Audio((0.3 * np.sign(np.sin(2 * np.pi * 150 * time))).astype(np.float32), RATE)


def words(*texts: str, each: float = 0.4) -> list[TimedText]:
    return [TimedText(text, i * each, (i + 0.9) * each) for i, text in enumerate(texts)]


def ink(path: Path) -> float:
    """How much of a picture is not white."""
    return float(np.mean(image.imread(path)[..., :3] < 0.95))


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf", ".PNG"])
def test_speech_is_drawn_in_the_format_of_the_suffix(tmp_path: Path, suffix: str):
    path = tmp_path / f"speech{suffix}"
    plot_speech(buzz(), words("안녕하세요", "여러분"), path, title="안녕하세요 여러분")
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix.lower()]
    assert path.read_bytes().startswith(start)


@pytest.mark.parametrize(
    "texts", [("晴れた", "朝"), ("我们", "说话"), ("佢哋", "睇嘢"), ("tea", "now")]
)
def test_every_language_is_drawn_without_a_warning(tmp_path: Path, texts: tuple[str, ...]):
    plot_speech(buzz(), words(*texts), tmp_path / "a.png", title="".join(texts))


def test_words_and_title_leave_ink(tmp_path: Path):
    silence = Audio.silence(1.5, RATE)
    plot_speech(silence, [], tmp_path / "empty.png")
    plot_speech(silence, words("하나", "둘", "셋"), tmp_path / "words.png")
    plot_speech(silence, words("하나", "둘", "셋"), tmp_path / "title.svg", title="하나 둘 셋")
    assert ink(tmp_path / "empty.png") < ink(tmp_path / "words.png")
    drawn = (tmp_path / "title.svg").read_text("utf-8")
    assert all(f"<!-- {text} -->" in drawn for text in ("하나", "둘", "셋", "하나 둘 셋"))


def test_a_long_crowded_text_is_thinned_out(tmp_path: Path):
    crowd = words(*["extraordinary"] * 300, each=0.05)
    plot_speech(buzz(15), crowd, tmp_path / "crowd.svg")
    plot_speech(buzz(15), crowd[:1], tmp_path / "one.svg")
    drawn = [
        (tmp_path / name).read_text("utf-8").count("<!-- extraordinary -->")
        for name in ("crowd.svg", "one.svg")
    ]
    assert drawn[1] == 1
    assert 5 < drawn[0] < 30


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.02])
def test_next_to_nothing_is_drawn_too(tmp_path: Path, seconds: float):
    plot_speech(Audio.silence(seconds, RATE), [], tmp_path / "short.png", title="…")
    assert (tmp_path / "short.png").stat().st_size > 0


def test_hostile_text_is_text(tmp_path: Path):
    hostile = words("$x^", "a\x00b", "\ud800", "\\frac{", "_")
    plot_speech(buzz(), hostile, tmp_path / "a.png", title="$\\undefined$ \x00 " + "가" * 5000)


def test_what_no_font_has_is_told(tmp_path: Path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        plot_speech(buzz(), words("\U0001e947"), tmp_path / "a.png")  # an Adlam letter
    assert [str(w.message).startswith("No font here draws '𞥇'") for w in caught] == [True]


def test_the_same_speech_is_the_same_picture(tmp_path: Path):
    for name in ("a.png", "b.png", "a.svg", "b.svg", "a.pdf", "b.pdf"):
        plot_speech(buzz(), words("하나", "둘"), tmp_path / name, title="하나 둘")
    for suffix in (".png", ".svg", ".pdf"):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_the_caller_s_own_plots_are_left_alone(tmp_path: Path):
    before = dict(rcParams)
    plot_speech(buzz(), [], tmp_path / "a.png")
    assert dict(rcParams) == before


def test_another_suffix_is_refused_by_name(tmp_path: Path):
    with pytest.raises(InvalidOption, match=r"'speech\.bmp': use a suffix of \.png"):
        plot_speech(buzz(), [], tmp_path / "speech.bmp")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(StorageError, match=r"nowhere/a\.png': No such file"):
        plot_speech(buzz(), [], tmp_path / "nowhere" / "a.png")


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(PackageMissing, match=r"A picture needs the extra 'plot'"):
        plot_speech(buzz(), [], tmp_path / "a.png")


def test_an_edit_is_drawn_before_and_after(tmp_path: Path):
    span = EditedSpan(4000, 8000, 4000, 12000, 320, "차", "커피")
    nothing = EditReport((), RATE, "")
    plot_edit(buzz(1.0), buzz(1.25), EditReport((span,), RATE, "embedded"), tmp_path / "a.png")
    plot_edit(buzz(1.0), buzz(1.25), nothing, tmp_path / "b.png")
    marked, plain = (image.imread(tmp_path / name) for name in ("a.png", "b.png"))
    red, green, blue = np.moveaxis(marked[..., :3], -1, 0)
    assert np.mean((red > green + 0.05) & (red > blue + 0.05)) > 0.002
    red, green, blue = np.moveaxis(plain[..., :3], -1, 0)
    assert np.mean((red > green + 0.05) & (red > blue + 0.05)) < 0.0005
