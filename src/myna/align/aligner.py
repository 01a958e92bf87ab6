"""When each word, character and phone of a transcript is said in a recording."""

from collections.abc import Sequence

import numpy as np

from myna.align.features import Features, Frames, Values, features, normalized, with_slopes
from myna.align.misfit import misfit
from myna.align.path import Band, Path, cheapest_path, pause_costs
from myna.align.templates import (
    VOICES,
    Template,
    adapted,
    at_rate,
    fitted_rate,
    mean_from,
    pooled,
    template,
)
from myna.align.timing import timed
from myna.core.audio import Audio
from myna.core.errors import BadAudio, BadText, TextMismatch
from myna.core.timing import Alignment
from myna.text.reading import Token, read

DOUBTFUL_COST, MISMATCH_COST = 1.13, 1.2
"""Clean recordings of their text cost less than the first. What costs more than the second says
something else; between the two lie noisy recordings and texts that are nearly right."""

SHORTEST = 0.1  # seconds
LONGEST = 1800.0  # seconds

_SILENT = 1e-4  # of full scale; a recording that never gets louder has nothing in it
_FASTEST = 700.0  # words a minute as espeak-ng counts them; nobody speaks at such a rate
_MOST_CHARACTERS = 80.0  # a second; spares rendering a book to find that it does not fit
_COARSE_FACTOR = 2  # frames in one of the first pass...
_COARSE_ROWS = 3000  # ...or more, so that it has no more rows than this
_BAND_FRAMES = 40  # to both sides of the first pass, and...
_BAND_COARSE_FRAMES = 4  # ...this many of its own
_STEEPEST = 0.5  # of the band's width, from row to row


def align(audio: Audio, text: str, language: str) -> Alignment:
    """Find the words, characters and phones of `text` in a recording of it.

    Words and characters are spelled as in the text; times are in seconds from the start of the
    recording. espeak-ng speaks the text in four voices at the recording's pace; the nearest is
    laid over it by dynamic time warping, twice: once to learn how the speaker differs, once more
    with the difference taken out. Memory grows with the recording's length, not with its square.

    Raises `BadText` for a text with nothing to say, `BadAudio` for a recording that is silent,
    shorter than 0.1 s or longer than 30 minutes, `TextMismatch` for a text that cannot be said in
    the time, `PackageMissing` without the extra `embedded`.
    """
    _check_audio(audio)
    if len(text) > _MOST_CHARACTERS * (1 + audio.duration):
        raise TextMismatch(_too_much(text, audio))
    tokens = [token for token in read(text, language) if token.spoken.strip()]
    if not tokens:
        raise BadText(f"There is nothing to say in {text[:40]!r}. Give the words that are spoken.")
    recording = features(audio)
    rate = fitted_rate(tokens, VOICES[0], recording)
    if rate > _FASTEST:
        raise TextMismatch(_too_much(text, audio))
    still = normalized(recording, recording.speech)
    source, path, cost = _nearest(tokens, rate, recording, still)
    pauses = pause_costs(recording.loudness)
    moving = with_slopes(still)
    path = cheapest_path(moving, pauses, source.columns, _band(path, source, len(still)))
    source = adapted(source, still, (path.rows[path.speech], path.columns[path.speech]))
    path = cheapest_path(moving, pauses, source.columns, _band(path, source, len(still)))
    return timed(tokens, source, path, len(still), cost)


def _check_audio(audio: Audio) -> None:
    if not SHORTEST <= audio.duration <= LONGEST:
        raise BadAudio(
            f"The recording is {audio.duration:.2f} s long; alignment takes {SHORTEST:g} s to "
            f"{LONGEST / 60:g} minutes. Cut a longer one at a pause."
        )
    if not np.isfinite(audio.samples).all():
        raise BadAudio("The recording has samples that are not numbers. Encode it anew.")
    if np.abs(audio.samples).max() < _SILENT:
        raise BadAudio("The recording is silent. Check that it is the right one.")


def _too_much(text: str, audio: Audio) -> str:
    return (
        f"Nobody can say {text[:40]!r}... ({len(text)} characters) in {audio.duration:.1f} s. "
        "Give only the words that are in the recording."
    )


def _nearest(
    tokens: Sequence[Token], rate: float, recording: Features, still: Frames
) -> tuple[Template, Path, float]:
    """Return the voice most like the recording, a rough path along it, and how badly it fits."""
    factor = _coarse_factor(len(still))
    firsts = np.arange(0, len(still), factor)
    moving = mean_from(with_slopes(still), firsts)
    pauses = mean_from(pause_costs(recording.loudness), firsts)
    source, path = min(
        (_laid(template(tokens, at_rate(voice, rate)), moving, pauses, factor) for voice in VOICES),
        key=lambda attempt: attempt[1].distance,
    )
    columns, column_firsts = pooled(source, factor)
    rows, reached = path.rows[path.speech], path.columns[path.speech]
    fine = Path(firsts[rows], column_firsts[reached], path.distance)
    return source, fine, misfit(path, moving, pauses, columns)


def _laid(
    source: Template, recording: Frames, pauses: Values, factor: int
) -> tuple[Template, Path]:
    return source, cheapest_path(recording, pauses, pooled(source, factor)[0])


def _coarse_factor(rows: int) -> int:
    return max(_COARSE_FACTOR, -(-rows // _COARSE_ROWS))


def _band(path: Path, source: Template, rows: int) -> Band:
    """Return a band of columns around a path whose pairs count fine frames."""
    spoken = path.speech
    at, first_pair = np.unique(path.rows[spoken], return_index=True)
    reached = path.columns[spoken][first_pair]
    columns = source.columns
    place = np.flatnonzero(~columns.pause)[reached]
    centre = np.interp(np.arange(rows), at, place)
    half = _BAND_FRAMES + _BAND_COARSE_FRAMES * _coarse_factor(rows)
    width = min(2 * half, len(columns))
    first = np.clip(np.round(centre).astype(np.int64) - half, 0, len(columns) - width)
    slope = np.arange(rows) * max(1, int(width * _STEEPEST))
    first = np.maximum.accumulate((first - slope)[::-1])[::-1] + slope
    return Band(np.maximum.accumulate(np.clip(first, 0, len(columns) - width)), width)
