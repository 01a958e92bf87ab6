"""Pictures of speech: waveform, spectrogram and where the words are."""

import importlib.util
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from myna.core.audio import Audio
from myna.core.edit import EditReport
from myna.core.errors import InvalidOption, PackageMissing, StorageError
from myna.core.timing import TimedText
from myna.dsp.spectrum import MelScale, MelSettings, hz_to_mel, log_mel
from myna.studio.fonts import drawable, fonts_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")

INK, MUTED, LINE, BAND = "#1f2a44", "#7b8497", "#c4cad6", "#eef1f6"
CHANGED = "#c8553d"  # what an edit replaced
HEAT = ("#ffffff", "#dfe7f2", "#9db7d8", "#4f74ac", "#253a6b", "#131b38")  # quiet to loud
RANGE = 16.0  # of the natural logarithm of power, from the loudest to white: 70 dB

WIDTH_INCHES = (7.0, 24.0)  # shortest and longest picture
INCHES_PER_SECOND = 1.4
HEIGHT_INCHES = 3.8
EDIT_HEIGHT_INCHES = 4.8
MARGIN_INCHES = 0.9  # of the width, around the axes
LABEL_POINTS, TITLE_POINTS, TICK_POINTS = 9.0, 11.0, 8.0
LABEL_GAP_INCHES = 0.04
CROWDED_INCHES = 0.12  # boundaries nearer than this on average would hide the sound

SAMPLE_RATE = 16000  # Hz of what is drawn
COLUMNS = 4000  # most that a picture shows
TICKS = (250, 500, 1000, 2000, 4000, 8000)  # Hz


def plot_speech(
    audio: Audio, words: Sequence[TimedText], path: str | Path, *, title: str = ""
) -> None:
    """Draw the waveform over the mel spectrogram, with the words and where each begins and ends.

    The suffix (.png, .svg, .pdf) chooses the format. Words that would touch the one before are
    not written. Warns of characters that no font on the machine has. Raises `PackageMissing`
    without the extra `plot`, `InvalidOption` for another suffix.
    """
    scale = _scale(audio.duration)
    shown = title + "".join(word.text for word in words)
    with _picture(Path(path), (scale.width, HEIGHT_INCHES), shown) as (figure, undrawn):
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
        if title:
            room = scale.width - MARGIN_INCHES
            shown = _shortened(drawable(title, undrawn), TITLE_POINTS, room)
            figure.suptitle(shown, x=0.01, ha="left", fontsize=TITLE_POINTS, parse_math=False)
        _draw_waveform(above, audio)
        _draw_spectrogram(below, audio)
        _draw_words(above, below, words, scale)
        _write_labels(above, _labels(words, scale), undrawn)


def plot_edit(before: Audio, after: Audio, report: EditReport, path: str | Path) -> None:
    """Draw the mel spectrogram before and after an edit, with what was replaced marked.

    Both to the same scale of time. Formats, warnings and errors as in `plot_speech`.
    """
    rate = report.sample_rate
    old = [TimedText(e.old_text, e.start_sample / rate, e.end_sample / rate) for e in report.edits]
    new = [
        TimedText(e.new_text, e.new_start_sample / rate, e.new_end_sample / rate)
        for e in report.edits
    ]
    longer = max(before.duration, after.duration)
    scale = _scale(longer)
    shown = "".join(span.text for span in [*old, *new])
    with _picture(Path(path), (scale.width, EDIT_HEIGHT_INCHES), shown) as (figure, undrawn):
        rows = figure.subplots(2, 1, sharex=True)
        for axes, audio, spans in zip(rows, (before, after), (old, new), strict=True):
            _draw_spectrogram(axes, audio)
            for span in spans:
                axes.axvspan(span.start, span.end, color=CHANGED, alpha=0.18, linewidth=0)
                for edge in (span.start, span.end):
                    axes.axvline(edge, color=CHANGED, linewidth=1.0)
            _write_labels(axes, _labels(spans, scale), undrawn)
        rows[0].set_xlabel("")
        rows[0].set_xlim(0, max(longer, 1e-3))


@contextmanager
def _picture(path: Path, inches: tuple[float, float], shown: str) -> Iterator[tuple["Figure", str]]:
    """Yield a figure, and which characters of what it shows no font has; save it at the end."""
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidOption("plot", path.name, f"use a suffix of {', '.join(SUFFIXES)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise PackageMissing("A picture", "plot")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    families, undrawn = fonts_for(shown)
    if undrawn:
        warnings.warn(
            f"No font here draws {undrawn!r}; the picture shows boxes instead. The extra 'plot' "
            "brings fonts for Hangul, kana and Han: pip install 'myna[plot]'.",
            stacklevel=4,
        )
    with rc_context({"font.family": families, "text.color": INK, "svg.hashsalt": "myna"}):
        figure = Figure(inches, dpi=120, layout="constrained")
        yield figure, undrawn
        try:
            figure.savefig(path, metadata=_UNDATED[path.suffix.lower()])
        except OSError as error:
            raise StorageError(f"Cannot write {str(path)!r}: {error.strerror}.") from error


# The same speech draws the same bytes.
_UNDATED: dict[str, dict[str, None]] = {
    ".png": {},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}


@dataclass(frozen=True, slots=True)
class _Scale:
    width: float  # inches of the whole picture
    inches_per_second: float


def _scale(duration: float) -> _Scale:
    duration = max(duration, 1e-3)
    width = float(np.clip(duration * INCHES_PER_SECOND + MARGIN_INCHES, *WIDTH_INCHES))
    return _Scale(width, (width - MARGIN_INCHES) / duration)


def _draw_waveform(axes: "Axes", audio: Audio) -> None:
    per_column = max(1, len(audio.samples) // COLUMNS)
    whole = len(audio.samples) // per_column * per_column
    columns = audio.samples[:whole].reshape(-1, per_column)
    time = np.arange(len(columns)) * per_column / audio.sample_rate
    axes.fill_between(time, columns.min(1), columns.max(1), color=INK, linewidth=0.4, zorder=3)
    highest = max(0.05, float(np.abs(columns).max(initial=0.0))) * 1.05
    axes.set_xlim(0, max(audio.duration, 1e-3))
    axes.set_ylim(-highest, highest)
    axes.set_yticks([])
    axes.tick_params(bottom=False)
    axes.spines[:].set_visible(False)


def _draw_spectrogram(axes: "Axes", audio: Audio) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    settings = _settings(audio)
    mel = log_mel(audio, settings)  # (frames, bands)
    loudest = float(np.quantile(mel, 0.999))
    half_hop = settings.hop_length / settings.sample_rate / 2
    axes.imshow(
        mel.T,
        origin="lower",
        aspect="auto",
        cmap=LinearSegmentedColormap.from_list("speech", HEAT),
        vmin=loudest - RANGE,
        vmax=loudest,
        interpolation="bilinear",
        extent=(-half_hop, 2 * half_hop * len(mel) - half_hop, 0, mel.shape[1]),
    )
    axes.set_xlim(0, max(audio.duration, 1e-3))
    top = hz_to_mel(np.array([settings.sample_rate / 2]), settings.scale)
    marks = [tick for tick in TICKS if tick <= settings.sample_rate / 2]
    places = hz_to_mel(np.array(marks, np.float64), settings.scale) / top * mel.shape[1]
    axes.set_yticks(places, [f"{tick / 1000:g}" for tick in marks])
    axes.set_ylabel("kHz", color=MUTED, fontsize=TICK_POINTS)
    axes.set_xlabel("seconds", color=MUTED, fontsize=TICK_POINTS)
    axes.tick_params(labelsize=TICK_POINTS, colors=MUTED, length=2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LINE)


def _settings(audio: Audio) -> MelSettings:
    """Return a spectrogram of no more columns than a picture shows."""
    hop_length = max(80, int(audio.duration * SAMPLE_RATE / COLUMNS))
    return MelSettings(SAMPLE_RATE, 80, 400, hop_length, 512, scale=MelScale.SLANEY)


def _draw_words(above: "Axes", below: "Axes", words: Sequence[TimedText], scale: _Scale) -> None:
    spoken = sum(word.end - word.start for word in words)
    if not words or spoken * scale.inches_per_second / len(words) < CROWDED_INCHES:
        return
    for word in words:
        above.axvspan(word.start, word.end, color=BAND, linewidth=0, zorder=0)
    for edge in sorted({edge for word in words for edge in (word.start, word.end)}):
        above.axvline(edge, color=LINE, linewidth=0.8, zorder=1)
        below.axvline(edge, color=INK, linewidth=0.5, alpha=0.45)


def _labels(words: Sequence[TimedText], scale: _Scale) -> Iterator[TimedText]:
    """Yield the words that can be written without touching each other."""
    free_from = -1.0
    for word in words:
        half = _inches(word.text, LABEL_POINTS) / scale.inches_per_second / 2
        middle = (word.start + word.end) / 2
        if middle - half >= free_from:
            yield word
            free_from = middle + half + LABEL_GAP_INCHES / scale.inches_per_second


def _write_labels(axes: "Axes", labels: Iterable[TimedText], undrawn: str) -> None:
    for label in labels:
        axes.text(
            (label.start + label.end) / 2, 1.06, drawable(label.text, undrawn), ha="center",
            fontsize=LABEL_POINTS, transform=axes.get_xaxis_transform(), parse_math=False,
        )  # fmt: skip


def _inches(text: str, points: float) -> float:
    """Return about how wide a text is drawn."""
    ems = sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.6 for c in text)
    return ems * points / 72


def _shortened(text: str, points: float, room: float) -> str:
    """Return as much of the start of a text as there is room for, in inches."""
    if _inches(text, points) <= room:
        return text
    while text and _inches(f"{text}…", points) > room:
        text = text[:-1]
    return f"{text}…"
