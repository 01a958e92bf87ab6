"""`myna say`: text in, speech out."""

import codecs
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from myna.cli import options
from myna.cli.playback import play as play_aloud
from myna.cli.terminal import (
    check_writable,
    is_piped,
    read_text,
    say_done,
    say_warning,
    stderr,
    write_bytes,
    write_file,
)
from myna.core.errors import InvalidOption
from myna.core.languages import AUTO
from myna.core.speech import Chunk, Speech, SpeechRequest, TextPiece
from myna.dsp.codec import AudioFormat, Encoder, encode_file
from myna.settings import Settings
from myna.studio.studio import Studio, collect
from myna.studio.subtitles import SubtitleFormat, write_subtitles
from myna.studio.voices import Recording
from myna.text.sentences import sentences

LONG_TEXT = 3  # sentences: from here on a progress bar is worth its space
READ_BYTES = 65536


Text = Annotated[str | None, typer.Argument(help="What to say.")]
TextFile = Annotated[
    Path | None, typer.Option("--file", "-f", help="Read the text from a file, or - for stdin.")
]
SentencePause = Annotated[float, typer.Option(help="Seconds of silence between sentences.")]
Format = Annotated[str | None, typer.Option("--format", help="wav, flac, mp3, opus, aac or pcm.")]
Timestamps = Annotated[Path | None, typer.Option(help="Write word times: .srt, .vtt or .json.")]
Plot = Annotated[Path | None, typer.Option(help="Draw the speech: .png, .svg or .pdf.")]
Output = Annotated[
    str | None, typer.Option("--output", "-o", help="A file, or - to stream to stdout.")
]
Play = Annotated[
    bool, typer.Option("--play", help="Play it while it is made; with -o, write it too.")
]


def say(
    context: typer.Context,
    text: Text = None,
    file: TextFile = None,
    voice: options.VoiceName = "sample",
    transcript: options.Transcript = "",
    voice_language: options.VoiceLanguage = AUTO,
    auxiliary: options.Auxiliary = None,
    language: options.Language = AUTO,
    engine: options.EngineName = None,
    speed: options.Speed = 1.0,
    instruction: options.Instruction = "",
    speaker: options.SpeakerName = "",
    seed: options.Seed = None,
    sentence_pause: SentencePause = 0.25,
    temperature: options.Temperature = 1.0,
    top_k: options.TopK = None,
    top_p: options.TopP = None,
    repetition_penalty: options.RepetitionPenalty = 1.35,
    retries: options.Retries = 1,
    sample_steps: options.SampleSteps = None,
    format_: Format = None,
    timestamps: Timestamps = None,
    plot: Plot = None,
    output: Output = None,
    play: Play = False,
) -> None:
    """Say a text in a voice.

    Text on standard input is spoken as it arrives, sentence by sentence.
    """
    destination = _destination(output, format_, play=play)
    subtitle_format = SubtitleFormat.of(timestamps) if timestamps else None
    check_writable(destination.path, timestamps, plot)
    studio = Studio.open(Settings.load())
    recording = Recording(Path(voice), transcript, voice_language)
    written: list[str] = []
    request = SpeechRequest(
        _noted(_text(text, file), written),
        options.mixed_voice(voice, recording, auxiliary, studio),
        language,
        options.manner(context),
        engine,
        timestamps=timestamps is not None or plot is not None,
        whole=destination.path is not None and not play,
    )
    speech = (_played if play else _written)(studio, request, destination)
    if timestamps and subtitle_format:
        duration, said = speech.audio.duration, "".join(written)
        write_file(timestamps, write_subtitles(speech.words, subtitle_format, duration, text=said))
    if plot:
        from myna.studio.plot import plot_speech

        plot_speech(speech.audio, speech.words, plot)
    for name in speech.own_voices:
        say_warning(f"Engine {name!r} spoke in a voice of its own, not in the one asked for.")


@dataclass(frozen=True, slots=True)
class _Destination:
    path: Path | None
    """None is standard output."""
    format: AudioFormat


def _destination(output: str | None, name: str | None, *, play: bool) -> _Destination:
    if output is None and not is_piped() and not play:
        raise InvalidOption("--output", None, "name a file, - to write to a pipe, or use --play")
    if output == "-" and play:
        raise InvalidOption("--output", output, "name a file, or leave out --play")
    path = Path(output) if output not in (None, "-") else None
    if name is not None:
        return _Destination(path, AudioFormat.named(name))
    return _Destination(path, AudioFormat.of(path) if path else AudioFormat.WAV)


def _text(text: str | None, file: Path | None) -> str | Iterator[str]:
    if (text is None) == (file is None):
        raise InvalidOption("TEXT", text, "give either a text or --file, not both or neither")
    if text is not None:
        return text
    if str(file) == "-":
        return _arriving()
    assert file is not None
    return read_text(file)


def _arriving() -> Iterator[str]:
    """Yield standard input as it is written, not when it ends."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    while content := os.read(sys.stdin.fileno(), READ_BYTES):
        yield decoder.decode(content)
    yield decoder.decode(b"", final=True)


def _noted(text: str | Iterator[str], written: list[str]) -> str | Iterator[TextPiece]:
    """Return the text, and note what has come of it."""
    if isinstance(text, str):
        written.append(text)
        return text
    return _noting(text, written)


def _noting(pieces: Iterator[str], written: list[str]) -> Iterator[TextPiece]:
    for piece in pieces:
        written.append(piece)
        yield piece


def _played(studio: Studio, request: SpeechRequest, destination: _Destination) -> Speech:
    """Play it, and write it too where a file is named."""
    speech = play_aloud(studio.stream(request), studio.settings.playback)
    if destination.path:
        write_file(destination.path, encode_file(speech.audio, destination.format))
    return speech


def _written(studio: Studio, request: SpeechRequest, destination: _Destination) -> Speech:
    """Write it to a file, or to standard output as it is made."""
    started = time.perf_counter()
    first_chunk = seconds = 0.0
    heard: list[Chunk] = []
    total = len(list(sentences(request.text))) if isinstance(request.text, str) else None
    with closing(studio.stream(request)) as chunks, _progress(total) as progress:
        task = progress.add_task("speaking", total=total, seconds=0.0)
        encoder: Encoder | None = None
        for chunk in chunks:
            first_chunk = first_chunk or time.perf_counter() - started
            if destination.path is None:
                encoder = encoder or Encoder(destination.format, chunk.audio.sample_rate)
                write_bytes(encoder.encode(chunk.audio))
            heard.append(chunk)
            seconds += chunk.audio.duration
            progress.update(task, completed=chunk.sentence, seconds=seconds)
        progress.update(task, completed=total or 0)
        if encoder:
            write_bytes(encoder.finish())
    speech = collect(heard)
    if destination.path:
        write_file(destination.path, encode_file(speech.audio, destination.format))
        say_done(
            f"{destination.path}: {speech.audio.duration:.1f} s by {', '.join(speech.engines)}, "
            f"real-time factor {(time.perf_counter() - started) / speech.audio.duration:.2f}, "
            f"first chunk after {first_chunk * 1000:.0f} ms"
        )
    return speech


def _progress(total: int | None) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} sentences, {task.fields[seconds]:.1f} s"),
        TimeElapsedColumn(),
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal or (total is not None and total < LONG_TEXT),
    )
