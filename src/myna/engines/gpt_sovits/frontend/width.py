"""Full-width letters and digits, as East Asian text writes them, in their usual form."""

import string

_OFFSET = 0xFEE0
_HALF_WIDTH = {
    ord(character) + _OFFSET: character for character in string.ascii_letters + string.digits
}
WIDE_LETTERS = "Ａ-Ｚａ-ｚ"
"""As part of a character class."""


def half_width(text: str) -> str:
    """Return `text` with full-width letters and digits (Ａ, １) in their usual form."""
    return text.translate(_HALF_WIDTH)
