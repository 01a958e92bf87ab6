"""Letters and digits that a front end has no reading for."""

import re
from collections.abc import Callable, Iterable

from myna.engines.gpt_sovits.frontend.symbols import PUNCTUATION, UNKNOWN

_HANZI = "\u4e00-\u9fa5"
_USUAL = {"zh": _HANZI, "yue": _HANZI, "ja": f"{_HANZI}ぁ-ゞァ-ヾ々〆", "ko": "가-힣"}
NOTHING = frozenset((*PUNCTUATION, UNKNOWN, "停", "空"))
"""Phones of pauses, and of what the model does not know."""


def unread(text: str, language: str, phones: Callable[[str], Iterable[str]]) -> str:
    """Return the letters and digits of `text` that have no phones in a language, each once.

    `phones` reads a text; it is asked about characters unusual in the language, one by one.
    """
    unusual = re.sub(f"[A-Za-z0-9{_USUAL.get(language, '')}]", "", text)
    return "".join(
        character
        for character in dict.fromkeys(unusual)
        if character.isalnum() and NOTHING.issuperset(phones(character))
    )
