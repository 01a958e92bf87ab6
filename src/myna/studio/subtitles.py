"""Word times as files that players, editors and phoneticians read."""

import json
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Self

from myna.core.errors import InvalidOption
from myna.core.timing import Alignment, TimedText
from myna.studio.cues import Cue, cues


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
    words: Sequence[TimedText],
    format_: SubtitleFormat,
    duration: float | None = None,
    *,
    text: str = "",
) -> str:
    """Return word times as the text of a file. `duration` is that of the sound, in seconds.

    `text` is what the words are of: subtitles show it as it is written.
    """
    return write_alignment(Alignment(tuple(words), (), (), 0.0), format_, duration, text=text)


def write_alignment(
    alignment: Alignment,
    format_: SubtitleFormat,
    duration: float | None = None,
    *,
    text: str = "",
) -> str:
    """Return word, character and phone times as the text of a file.

    Subtitles (`srt`, `vtt`) hold the text in cues, or else the words; `json` and `textgrid` hold
    words, characters and phones.
    """

    def shown() -> list[Cue]:
        return cues(alignment.words, text, duration)

    writers: dict[SubtitleFormat, Callable[[], str]] = {
        SubtitleFormat.SRT: lambda: _srt(shown()),
        SubtitleFormat.VTT: lambda: _vtt(shown()),
        SubtitleFormat.JSON: lambda: _json(alignment),
        SubtitleFormat.TEXTGRID: lambda: _textgrid(alignment, duration),
    }
    return writers[format_]()


def _srt(shown: Sequence[Cue]) -> str:
    return "".join(
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{_lines(cue)}\n\n"
        for number, cue in enumerate(shown, 1)
    )


def _vtt(shown: Sequence[Cue]) -> str:
    return "WEBVTT\n\n" + "".join(
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_escaped(_lines(cue))}\n\n"
        for cue in shown
    )


def _lines(cue: Cue) -> str:
    return "\n".join(cue.lines)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


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
