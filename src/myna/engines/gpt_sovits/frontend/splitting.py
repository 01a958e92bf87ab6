"""A text cut into the pieces GPT-SoVITS speaks one at a time.

The methods have the names and the results of GPT-SoVITS' own `cut0` to `cut5`, so that a client
that chose one hears the same pieces.
"""

import re
from collections.abc import Callable, Sequence

from myna.core.errors import BadText, InvalidOption
from myna.engines.gpt_sovits.frontend.symbols import PUNCTUATION

LONGEST_PIECE = 510  # characters: what the BERT model reads at once
_SHORTEST_PIECE = 5  # characters; shorter ones join the next
_SHORTEST_OPENING = 4  # characters before the first mark; shorter ones get a mark in front
_GROUPED_SENTENCES = 4
_GROUPED_CHARACTERS = 50
_ENDS = frozenset("，。？！,.?!~:：—…")
_EMPTY_CONTENT = frozenset(PUNCTUATION) | {" "}
_CUT5_MARKS = frozenset(",.;?!、，。？！：…")
_RUN_OF_MARKS = re.compile(r"([!?…,.\-])[!?…,.\-]+")
_END = re.compile(f"([{''.join(sorted(_ENDS))}])")
_FULL_STOP = re.compile(r"(?<!\d)\.(?!\d)")


def pieces(text: str, language: str, method: str) -> list[str]:
    """Cut `text` by a method ("cut0" to "cut5") into pieces fit to be spoken one at a time.

    Every piece ends in a mark, has at least one letter or digit and at most 510 characters.

    Raises:
        BadText: there is nothing to say.
        InvalidOption: there is no such method.
    """
    text = text.strip("\n")
    if not text:
        raise BadText(f"There is nothing to say in {text!r}. Write at least one word.")
    stop = "." if language == "en" else "。"
    if text[0] not in _ENDS and len(_END.split(text)[0].strip()) < _SHORTEST_OPENING:
        text = stop + text
    lines = [line for line in cut(text, method).split("\n") if line not in ("", " ")]
    if not lines:
        raise BadText(f"There is nothing to say in {text!r}. Write at least one word.")
    found: list[str] = []
    for line in _joined(lines):
        if not re.search(r"\w", line):
            continue
        ended = line if line[-1] in _ENDS else line + stop
        found += [ended] if len(ended) <= LONGEST_PIECE else _bounded(ended)
    return found


def cut(text: str, method: str) -> str:
    """Return `text` with a line end between the pieces of a method, "cut0" to "cut5".

    Raises:
        InvalidOption: there is no such method.
    """
    if method not in METHODS:
        raise InvalidOption("text_split_method", method, f"use one of {', '.join(METHODS)}")
    return METHODS[method](text)


def collapse_punctuation(text: str) -> str:
    """Return `text` with only the first of marks that follow each other."""
    return _RUN_OF_MARKS.sub(r"\1", text)


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


def _bounded(text: str) -> list[str]:
    """Cut at marks, and where there are none, anywhere."""
    bounded: list[str] = []
    for part in split_long(text):
        if bounded and not re.search(r"\w", part):
            bounded[-1] += part
        elif len(part) <= LONGEST_PIECE:
            bounded += [part] if part else []
        else:
            bounded += re.findall(f".{{1,{LONGEST_PIECE - 1}}}", part, re.DOTALL)
    return bounded


def _joined(lines: Sequence[str]) -> list[str]:
    """Join lines that are too short with those behind them."""
    if len(lines) < 2:
        return list(lines)
    joined: list[str] = []
    waiting = ""
    for line in lines:
        waiting += line
        if len(waiting) >= _SHORTEST_PIECE:
            joined.append(waiting)
            waiting = ""
    if waiting and joined:
        joined[-1] += waiting
    elif waiting:
        joined.append(waiting)
    return joined


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
