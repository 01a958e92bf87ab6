"""Word times as files that players, editors and phoneticians read."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Self

from myna.core.errors import InvalidOption
from myna.core.timing import Alignment, TimedText

LINE_WIDTH = 42  # columns a cue may take; a Han, kana or Hangul character takes two
CUE_SECONDS = 6.0  # longest a cue stays
PAUSE_SECONDS = 0.6  # a silence this long ends a cue
SHORT_PAUSE_SECONDS = 0.2  # so does this one after a sentence, or where the cue is half full
SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")
CLOSING = "\"'”’)]」』）】》"  # may follow the end of a sentence


class SubtitleFormat(StrEnum):
    """A way to write times down."""

    SRT = "srt"
    VTT = "vtt"
    JSON = "json"
    TEXTGRID = "textgrid"

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the format that a file's suffix names."""
        try:
            return cls(path.suffix.lstrip(".").lower())
        except ValueError:
            known = ", ".join(f".{member}" for member in cls)
            raise InvalidOption("timestamps", str(path), f"use a suffix of {known}") from None


def write_subtitles(
    words: Sequence[TimedText], format_: SubtitleFormat, duration: float | None = None
) -> str:
    """Return word times as the text of a file. `duration` is that of the sound, in seconds."""
    return write_alignment(Alignment(tuple(words), (), (), 0.0), format_, duration)


def write_alignment(
    alignment: Alignment, format_: SubtitleFormat, duration: float | None = None
) -> str:
    """Return word, character and phone times as the text of a file.

    Subtitles (`srt`, `vtt`) hold the words grouped into cues; `json` and `textgrid` hold all three.
    """
    writers: dict[SubtitleFormat, Callable[[], str]] = {
        SubtitleFormat.SRT: lambda: _srt(alignment.words),
        SubtitleFormat.VTT: lambda: _vtt(alignment.words),
        SubtitleFormat.JSON: lambda: _json(alignment),
        SubtitleFormat.TEXTGRID: lambda: _textgrid(alignment, duration),
    }
    return writers[format_]()


@dataclass(frozen=True, slots=True)
class _Cue:
    words: tuple[TimedText, ...]

    @property
    def text(self) -> str:
        return join_words([word.text for word in self.words])

    @property
    def width(self) -> int:
        return sum(2 if _is_wide(character) else 1 for character in self.text)


def join_words(words: Sequence[str]) -> str:
    """Write words side by side as their script does: no blank between Han or kana."""
    if not words:
        return ""
    text = words[0]
    for left, right in pairwise(words):
        text += right if _unspaced(left[-1:]) and _unspaced(right[:1]) else f" {right}"
    return text


def _unspaced(character: str) -> bool:
    """Say whether a script's words stand without blanks: all wide characters but Hangul."""
    return _is_wide(character) and not unicodedata.name(character, "").startswith("HANGUL")


def _is_wide(character: str) -> bool:
    return bool(character) and unicodedata.east_asian_width(character) in "WF"


def cues(words: Sequence[TimedText]) -> Iterator[tuple[TimedText, ...]]:
    """Group words into what fits on a line, broken where a sentence ends or the speaker pauses."""
    group: tuple[TimedText, ...] = ()
    for word in words:
        if group and _breaks(group, word):
            yield group
            group = ()
        group = (*group, word)
    if group:
        yield group


def _breaks(group: tuple[TimedText, ...], word: TimedText) -> bool:
    grown = _Cue((*group, word))
    silence = word.start - group[-1].end
    is_sentence = group[-1].text.rstrip(CLOSING).endswith(SENTENCE_ENDS)
    half_full = _Cue(group).width > LINE_WIDTH / 2
    return (
        grown.width > LINE_WIDTH
        or word.end - group[0].start > CUE_SECONDS
        or silence >= PAUSE_SECONDS
        or (is_sentence and half_full)
        or ((is_sentence or half_full) and silence >= SHORT_PAUSE_SECONDS)
    )


def _srt(words: Sequence[TimedText]) -> str:
    return "".join(
        f"{number}\n{_clock(group[0].start, ',')} --> {_clock(group[-1].end, ',')}\n"
        f"{_Cue(group).text}\n\n"
        for number, group in enumerate(cues(words), 1)
    )


def _vtt(words: Sequence[TimedText]) -> str:
    return "WEBVTT\n\n" + "".join(
        f"{_clock(group[0].start, '.')} --> {_clock(group[-1].end, '.')}\n{_escaped(group)}\n\n"
        for group in cues(words)
    )


def _escaped(group: tuple[TimedText, ...]) -> str:
    return _Cue(group).text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(max(0.0, seconds) * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def _json(alignment: Alignment) -> str:
    def listed(items: Sequence[TimedText]) -> list[dict[str, str | float]]:
        return [
            {"text": item.text, "start": round(item.start, 4), "end": round(item.end, 4)}
            for item in items
        ]

    parts = {"words": listed(alignment.words)}
    for name in ("characters", "phones"):
        if items := getattr(alignment, name):
            parts[name] = listed(items)
    return json.dumps(parts, ensure_ascii=False, indent=2) + "\n"


def _textgrid(alignment: Alignment, duration: float | None) -> str:
    tiers = {name: getattr(alignment, name) for name in ("words", "characters", "phones")}
    tiers = {name: items for name, items in tiers.items() if items}
    last = max((item.end for items in tiers.values() for item in items), default=0.0)
    end = max(duration or 0.0, last)
    body = "".join(
        _tier(number, name, list(_filled(items, end)), end)
        for number, (name, items) in enumerate(tiers.items(), 1)
    )
    return (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\n'
        f"xmin = 0\nxmax = {end:.6f}\ntiers? <exists>\nsize = {len(tiers)}\nitem []:\n{body}"
    )


def _filled(items: Sequence[TimedText], end: float) -> Iterator[TimedText]:
    """Praat's intervals leave no gap: fill silences with empty ones."""
    at = 0.0
    for item in items:
        start = max(at, item.start)
        if start > at:
            yield TimedText("", at, start)
        if item.end > start:
            yield TimedText(item.text, start, item.end)
            at = item.end
    if end > at:
        yield TimedText("", at, end)


def _tier(number: int, name: str, intervals: list[TimedText], end: float) -> str:
    head = (
        f'    item [{number}]:\n        class = "IntervalTier"\n        name = "{name}"\n'
        f"        xmin = 0\n        xmax = {end:.6f}\n        intervals: size = {len(intervals)}\n"
    )
    return head + "".join(
        f"        intervals [{i}]:\n            xmin = {each.start:.6f}\n"
        f"            xmax = {each.end:.6f}\n"
        f"            text = {_quoted(each.text)}\n"
        for i, each in enumerate(intervals, 1)
    )


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
