"""`myna align`: when each word of a recording is said."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from myna.cli.options import Language
from myna.cli.terminal import write_file
from myna.cli.voices import sound_source
from myna.core.languages import AUTO
from myna.dsp.codec import decode
from myna.settings import Settings
from myna.studio.studio import Studio
from myna.studio.subtitles import SubtitleFormat, write_alignment


class Format(StrEnum):
    """How to write the times."""

    JSON = "json"
    SRT = "srt"
    VTT = "vtt"
    TEXTGRID = "textgrid"


def align(
    audio: Annotated[Path, typer.Argument(help="A recording, or - for standard input.")],
    text: Annotated[str, typer.Option(help="The words said in it.")],
    language: Language = AUTO,
    format_: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.JSON,
    output: Annotated[str, typer.Option("--output", "-o", help="A file, or - for stdout.")] = "-",
) -> None:
    """Find when each word, character and phone is said, in seconds from the start of the file."""
    limits = Settings.load().limits
    recording = decode(sound_source(audio), max_seconds=limits.audio_seconds)
    studio = Studio.open()
    alignment = studio.align(recording, text, language)
    written = write_alignment(
        alignment, SubtitleFormat(format_.value), recording.duration, text=text
    )
    if output == "-":
        typer.echo(written, nl=not written.endswith("\n"))
    else:
        write_file(Path(output), written)
