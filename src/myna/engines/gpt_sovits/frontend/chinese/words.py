"""Mandarin text as words with their parts of speech, joined where tones join them."""

import logging
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from myna.core.errors import PackageMissing
from myna.engines.gpt_sovits.frontend.chinese.pinyin import tones

_LONGEST_JOINED = 3  # characters
_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its part of speech, by jieba's letters."""

    text: str
    tag: str


def words(sentence: str) -> list[Word]:
    """Cut a sentence into words, and join those whose tones change together.

    Raises:
        PackageMissing: jieba or pypinyin is not installed.
    """
    found = [Word(word.word, word.flag) for word in _jieba().tagger.cut(sentence)]
    found = _with_joined_bu(found)
    found = _with_joined_yi(found)
    found = _with_joined_repetitions(found)
    found = _with_joined_third_tones(found, _all_third)
    found = _with_joined_third_tones(found, _third_meets_third)
    return _with_joined_er(found)


def halves(word: str) -> tuple[str, str]:
    """Split a word at the shortest word within it; the second half is "" if there is none."""
    parts = sorted(_jieba().tokenizer.cut_for_search(word), key=len)
    shortest: str = parts[0]
    if word.startswith(shortest):
        return shortest, word[len(shortest) :]
    return word[: -len(shortest)], shortest


@dataclass(frozen=True)
class _Jieba:
    tokenizer: Any  # jieba has no types
    tagger: Any


def _jieba() -> _Jieba:
    with _loading:
        return _loaded()


@cache
def _loaded() -> _Jieba:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # jieba's own, of old Python
            import jieba
            from jieba import posseg
    except ImportError as error:
        raise PackageMissing("Reading Chinese with GPT-SoVITS", "zh") from error
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    return _Jieba(tokenizer, posseg.POSTokenizer(tokenizer))


def _with_joined_bu(found: Sequence[Word]) -> list[Word]:
    """Join 不 to the word behind it."""
    joined: list[Word] = []
    before = ""
    for word in found:
        text = before + word.text if before == "不" else word.text
        if text != "不":
            joined.append(Word(text, word.tag))
        before = text
    return [*joined, Word("不", "d")] if before == "不" else joined


def _with_joined_yi(found: Sequence[Word]) -> list[Word]:
    """Join a verb, 一 and the same verb (听一听); then any 一 to the word behind it."""
    joined: list[Word] = []
    index = 0
    while index < len(found):
        word = found[index]
        following = found[index + 1] if index + 1 < len(found) else None
        if (
            word.text == "一"
            and joined
            and following is not None
            and joined[-1] == following
            and following.tag == "v"
        ):
            joined[-1] = Word(f"{following.text}一{following.text}", "v")
            index += 2
        else:
            joined.append(word)
            index += 1
    return _join_where(joined, lambda last, _: last.text == "一")


def _with_joined_repetitions(found: Sequence[Word]) -> list[Word]:
    return _join_where(found, lambda last, word: last.text == word.text)


def _with_joined_er(found: Sequence[Word]) -> list[Word]:
    """Join 儿 to the word before it."""
    return _join_where(found, lambda last, word: word.text == "儿" and last.text != "#")


def _join_where(found: Sequence[Word], joins: Callable[[Word, Word], bool]) -> list[Word]:
    joined: list[Word] = []
    for word in found:
        if joined and joins(joined[-1], word):
            joined[-1] = replace(joined[-1], text=joined[-1].text + word.text)
        else:
            joined.append(word)
    return joined


def _with_joined_third_tones(
    found: Sequence[Word], meets: Callable[[str, str], bool]
) -> list[Word]:
    """Join two short words whose third tones meet, unless the first is a repetition."""
    spoken = [tones(word.text) for word in found]
    joined: list[Word] = []
    was_joined = False
    for index, word in enumerate(found):
        before = found[index - 1].text if index and not was_joined else ""
        was_joined = (
            bool(before)
            and meets(spoken[index - 1], spoken[index])
            and not (len(before) == 2 and before[0] == before[1])
            and len(before) + len(word.text) <= _LONGEST_JOINED
        )
        if was_joined:
            joined[-1] = replace(joined[-1], text=joined[-1].text + word.text)
        else:
            joined.append(word)
    return joined


def _all_third(first: str, second: str) -> bool:
    return set(first + second) == {"3"}


def _third_meets_third(first: str, second: str) -> bool:
    return first.endswith("3") and second.startswith("3")
