"""`myna convert`: a recording in another voice."""

import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from myna.cli.options import voice_of
from myna.cli.terminal import check_writable, say_done, write_file
from myna.cli.voices import sound_source
from myna.core.languages import AUTO
from myna.core.speech import ConversionRequest, Options
from myna.dsp.codec import AudioFormat, decode, encode_file
from myna.studio.studio import Studio, collect
from myna.studio.voices import Recording


def convert(
    source: Annotated[Path, typer.Argument(help="A recording, or - for standard input.")],
    voice: Annotated[str, typer.Option(help="A name in the library, or a recording.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A file: .wav, .flac, .mp3, .opus, .aac, .pcm.")
    ],
    engine: Annotated[str | None, typer.Option(help="Convert with this engine only.")] = None,
    speed: Annotated[float, typer.Option(help="Relative to the recording's pace.")] = 1.0,
) -> None:
    """Say a recording again, at its pace, in another voice."""
    format_ = AudioFormat.of(output)
    check_writable(output)
    studio = Studio.open()
    recording = decode(sound_source(source), max_seconds=studio.limits.audio_seconds)
    target = voice_of(voice, Recording(Path(voice), "", AUTO), studio)
    request = ConversionRequest(recording, target, Options(speed=speed), engine)
    started = time.perf_counter()
    with closing(studio.convert(request)) as chunks:
        speech = collect(chunks)
    took = time.perf_counter() - started
    write_file(output, encode_file(speech.audio, format_))
    say_done(
        f"{output}: {speech.audio.duration:.1f} s by {', '.join(speech.engines)}, real-time factor "
        f"{took / speech.audio.duration:.2f}"
    )
