"""Korean text with everything that is not Hangul put into Hangul."""

import re

from myna.text.normalization.korean import calendar, figures, letters
from myna.text.normalization.rules import Reading, apply

_WITH_FIGURES = (
    *calendar.CALENDAR,
    *figures.MONEY,
    *figures.PHONES,
    *figures.COUNTS,
    *figures.AMOUNTS,
    *figures.NUMBERS,
)
_FIGURE = re.compile(r"\d")


def expand(text: str) -> list[Reading]:
    """Return how the figures, letters and signs in clean Korean text are said."""
    if _FIGURE.search(text):
        return apply((*_WITH_FIGURES, *letters.LETTERS_AND_SIGNS), text)
    return apply((calendar.CALENDAR[-1], *letters.LETTERS_AND_SIGNS), text)
