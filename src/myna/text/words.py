"""The words of a text in one language, figures and signs put into words."""

from collections.abc import Callable, Iterator
from functools import cache

from myna.text.written_words import Word

Words = Callable[[str], Iterator[Word]]

__all__ = ["Word", "words"]


def words(text: str, language: str) -> Iterator[Word]:
    """Yield the words of a clean text that is all in `language`, in ordinary spelling.

    Chinese comes one character at a time. Raises `PackageMissing` for Japanese kanji without the
    extra `ja`.
    """
    return _front_end(language)(text)


@cache
def _front_end(language: str) -> Words:
    """Load what reads a language when it is first needed: its tables take time to build."""
    match language:
        case "ko":
            from myna.text.korean_words import korean_words as front_end
        case "ja":
            from myna.text.japanese_words import japanese_words as front_end
        case "zh":
            from myna.text.chinese_words import mandarin_words as front_end
        case "yue":
            from myna.text.chinese_words import cantonese_words as front_end
        case _:
            from myna.text.english_words import english_words as front_end
    return front_end
