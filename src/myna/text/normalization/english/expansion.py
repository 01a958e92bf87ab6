"""English text with everything that is not a word put into words."""

import re

from myna.text.normalization.english import calendar, figures, short_forms
from myna.text.normalization.rules import Reading, apply

_WITH_FIGURES = (
    *short_forms.ADDRESSES,
    *calendar.DATES,
    *calendar.TIMES,
    *short_forms.DOTTED,
    *figures.MONEY,
    *figures.PHONES,
    *calendar.YEARS,
    *figures.AMOUNTS,
    *short_forms.CODES,
    *figures.NUMBERS,
)
_LAST = (*calendar.NAMES, *short_forms.SHORT_FORMS, *short_forms.SIGNS)
_FIGURE = re.compile(r"\d")


def expand(text: str) -> list[Reading]:
    """Return how the figures, signs and short forms in clean English text are said."""
    if _FIGURE.search(text):
        return apply((*_WITH_FIGURES, *_LAST), text)
    return apply((*short_forms.ADDRESSES, *short_forms.DOTTED, *_LAST), text)
