"""Pictures of speech: waveform, spectrogram and where the words are."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from myna.core.audio import Audio
from myna.core.errors import InvalidOption, PackageMissing
from myna.core.timing import TimedText
from myna.dsp.spectrum import MelSettings, log_mel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = (".png", ".svg", ".pdf")
INK, MUTED, ACCENT = "#1f2a44", "#8a93a6", "#c8553d"
WIDTH_INCHES = (8.0, 24.0)  # shortest and longest picture
SECONDS_PER_INCH = 0.7
LABEL_INCHES_PER_CHARACTER = 0.085  # what a label needs, roughly, at its size
MEL = MelSettings(sample_rate=16000, n_mels=80, window_length=400, hop_length=80)
FONT_PACKAGES = ("koreanize_matplotlib", "matplotlib_fontja")
FONTS = (
    "DejaVu Sans", "Noto Sans CJK KR", "Noto Sans CJK SC", "NanumGothic", "IPAexGothic",
    "Apple SD Gothic Neo", "Hiragino Sans", "PingFang SC", "Malgun Gothic", "Microsoft YaHei",
)  # fmt: skip


def plot_speech(audio: Audio, words: Sequence[TimedText], path: Path, *, title: str = "") -> None:
    """Draw the sound over its log-mel spectrogram, with word boundaries, into an image file.

    The suffix (.png, .svg, .pdf) chooses the format. Raises `PackageMissing` without the extra
    `plot`, `InvalidOption` for another suffix.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidOption("plot", str(path), f"use a suffix of {', '.join(SUFFIXES)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise PackageMissing("A picture", "plot")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    width = float(np.clip(audio.duration / SECONDS_PER_INCH, *WIDTH_INCHES))
    with rc_context({"font.family": _fonts(), "axes.edgecolor": MUTED, "text.color": INK}):
        figure = Figure(figsize=(width, 4.2), dpi=110, layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
        if title:
            figure.suptitle(_shortened(title, width), x=0.01, ha="left", fontsize=11)
        _draw_waveform(above, audio)
        _draw_spectrogram(below, audio)
        _draw_words(above, below, words, audio.duration / width)
        figure.savefig(path)


def _draw_waveform(axes: "Axes", audio: Audio) -> None:
    columns = max(1, len(audio.samples) // 4000)
    usable = audio.samples[: len(audio.samples) // columns * columns].reshape(-1, columns)
    time = np.arange(len(usable)) * columns / audio.sample_rate
    axes.fill_between(time, usable.min(1), usable.max(1), color=INK, linewidth=0.3)
    axes.set_xlim(0, audio.duration)
    axes.set_ylim(-1, 1)
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)


def _draw_spectrogram(axes: "Axes", audio: Audio) -> None:
    mel = log_mel(audio, MEL)  # (frames, bands)
    floor = float(np.percentile(mel, 99.5)) - 9.0  # neper: about 78 dB below the loudest
    axes.imshow(
        mel.T, origin="lower", aspect="auto", cmap="magma", vmin=floor, interpolation="bilinear",
        extent=(0, audio.duration, 0, mel.shape[1]),
    )  # fmt: skip
    axes.set_yticks([])
    axes.set_ylabel("mel bands", color=MUTED, fontsize=8)
    axes.set_xlabel("seconds", color=MUTED, fontsize=8)
    axes.tick_params(labelsize=8, colors=MUTED)


def _draw_words(
    above: "Axes", below: "Axes", words: Sequence[TimedText], seconds_per_inch: float
) -> None:
    free_from = 0.0  # where the last label ended, so that labels never overlap
    for word in words:
        for edge in (word.start, word.end):
            above.axvline(edge, color=ACCENT, linewidth=0.6, alpha=0.7)
            below.axvline(edge, color="white", linewidth=0.5, alpha=0.5)
        middle = (word.start + word.end) / 2
        half = len(word.text) * LABEL_INCHES_PER_CHARACTER * seconds_per_inch / 2
        if middle - half >= free_from:
            above.text(middle, 1.05, word.text, ha="center", va="bottom", fontsize=8.5)
            free_from = middle + half


def _fonts() -> list[str]:
    """Fonts for the world's scripts, of those that this machine has, best first."""
    from matplotlib import font_manager

    for package in FONT_PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            for file in sorted(Path(folder, "fonts").glob("*.ttf")):
                font_manager.fontManager.addfont(file)
    known = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in FONTS if name in known]


def _shortened(title: str, width: float) -> str:
    room = int(width * 11)
    return title if len(title) <= room else title[: room - 1] + "…"
