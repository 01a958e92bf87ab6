"""A text cut as the original's methods `cut0` to `cut5` cut it.

Only parity data are compared with this: what is spoken is cut by Myna's own `text/sentences.py`.
"""

import re
from collections.abc import Callable, Sequence

from myna.engines.gpt_sovits.frontend.symbols import PUNCTUATION

LONGEST_PIECE = 510  # characters: what the BERT model reads at once
_GROUPED_SENTENCES = 4
_GROUPED_CHARACTERS = 50
_ENDS = frozenset("，。？！,.?!~:：—…")
_EMPTY_CONTENT = frozenset(PUNCTUATION) | {" "}
_CUT5_MARKS = frozenset(",.;?!、，。？！：…")
_END = re.compile(f"([{''.join(sorted(_ENDS))}])")
_FULL_STOP = re.compile(r"(?<!\d)\.(?!\d)")


def cut(text: str, method: str) -> str:
    """Return `text` with a line end between the pieces of a method."""
    return METHODS[method](text)


def split_long(text: str, limit: int = LONGEST_PIECE) -> list[str]:
    """Cut `text` at its marks into parts of at most `limit` characters.

    A stretch without a mark that is longer stays whole.
    """
    parts: list[str] = []
    part = ""
    for segment in _END.split(text):
        if len(part) + len(segment) > limit:
            parts.append(part)
            part = ""
        part += segment
    return [*parts, part] if part else parts


def _sentences(text: str) -> list[str]:
    """Cut behind every mark."""
    text = text.replace("……", "。").replace("——", "，")
    if not text or text[-1] not in _ENDS:
        text += "。"
    return re.findall(f"[^{''.join(_ENDS)}]*[{''.join(_ENDS)}]", text, re.DOTALL)


def _lines(parts: Sequence[str], empty: frozenset[str] = _EMPTY_CONTENT) -> str:
    return "\n".join(part for part in parts if not empty.issuperset(part))


def _uncut(text: str) -> str:
    return "\n" if _EMPTY_CONTENT.issuperset(text) else text


def _by_four_sentences(text: str) -> str:
    text = text.strip("\n")
    sentences = _sentences(text)
    starts = range(0, len(sentences), _GROUPED_SENTENCES)[:-1]
    if not starts:
        return _lines([text])
    ends = [*starts[1:], len(sentences)]
    return _lines(["".join(sentences[start:end]) for start, end in zip(starts, ends, strict=True)])


def _by_fifty_characters(text: str) -> str:
    text = text.strip("\n")
    sentences = _sentences(text)
    if len(sentences) < 2:
        return text
    groups = [""]
    for sentence in sentences:
        if len(groups[-1]) > _GROUPED_CHARACTERS:
            groups.append("")
        groups[-1] += sentence
    if len(groups) > 1 and len(groups[-1]) < _GROUPED_CHARACTERS:
        last = groups.pop()
        groups[-1] += last
    return _lines(groups)


def _by_chinese_stops(text: str) -> str:
    return _lines(text.strip("\n").strip("。").split("。"))


def _by_full_stops(text: str) -> str:
    return _lines(_FULL_STOP.split(text.strip("\n").strip(".")))


def _by_every_mark(text: str) -> str:
    text = text.strip("\n")
    parts = [""]
    for index, character in enumerate(text):
        parts[-1] += character
        in_number = (
            character == "."
            and text[index - 1 : index].isdigit()
            and text[index + 1 : index + 2].isdigit()
        )
        if character in _CUT5_MARKS and not in_number:
            parts.append("")
    return _lines(parts, _CUT5_MARKS)


METHODS: dict[str, Callable[[str], str]] = {
    "cut0": _uncut,
    "cut1": _by_four_sentences,
    "cut2": _by_fifty_characters,
    "cut3": _by_chinese_stops,
    "cut4": _by_full_stops,
    "cut5": _by_every_mark,
}
