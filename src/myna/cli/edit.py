"""`myna edit`: other words in a recording."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from myna.cli.options import EngineName, Language, SampleSteps, Seed
from myna.cli.terminal import check_writable, say_done, write_file
from myna.cli.voices import sound_source
from myna.core.edit import Edit
from myna.core.errors import InvalidOption
from myna.core.languages import AUTO
from myna.core.speech import Options
from myna.dsp.codec import AudioFormat, decode_native, encode_native
from myna.studio.editing.edit import MARGIN, EditRequest
from myna.studio.editing.report import report_json
from myna.studio.studio import Studio
from myna.text.spans import find_span

_MILLISECONDS = 1000
REPLACE, REPLACEMENT = "--replace", "--replace-by"


class EditCommand(TyperCommand):
    """Takes options of two values more than once, which typer cannot declare."""

    # Any: the context is typer's or click's own class, by the version of typer.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read `--replace OLD NEW` as two options of one value each."""
        return super().parse_args(ctx, list(_split(args)))


def _split(arguments: Sequence[str]) -> Iterator[str]:
    rest = iter(arguments)
    for argument in rest:
        if argument != REPLACE:
            yield argument
            continue
        old, new = next(rest, None), next(rest, None)
        if old is None or new is None:
            raise typer.BadParameter(f"{REPLACE} takes two values: the old words and the new ones")
        yield from (f"{REPLACE}={old}", f"{REPLACEMENT}={new}")


Replace = Annotated[
    list[str] | None,
    typer.Option(metavar="OLD NEW", help="Words of the text, and what to say instead. Repeatable."),
]
Replacement = Annotated[list[str] | None, typer.Option(REPLACEMENT, hidden=True)]
Start = Annotated[int | None, typer.Option(help="Offset of the first character to replace.")]
End = Annotated[int | None, typer.Option(help="Offset behind the last one; the same: insert.")]
VoiceName = Annotated[
    str | None, typer.Option(help="A name in the library. Default: the recording's own voice.")
]
Margin = Annotated[float, typer.Option(help="Milliseconds of fading at each seam, 0 to 200.")]
Plot = Annotated[Path | None, typer.Option(help="Draw before and after: .png, .svg or .pdf.")]


def edit(
    audio: Annotated[Path, typer.Argument(help="A recording, or - for standard input.")],
    text: Annotated[str, typer.Option(help="All the words said in it.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A file: .wav or .flac.")],
    replace: Replace = None,
    replacement: Replacement = None,
    start_char: Start = None,
    end_char: End = None,
    new: Annotated[str | None, typer.Option(help="What to say there; empty: delete.")] = None,
    language: Language = AUTO,
    voice: VoiceName = None,
    engine: EngineName = None,
    takes: Annotated[int, typer.Option(help="Speak so often, keep what fits best.")] = 3,
    seed: Seed = None,
    sample_steps: SampleSteps = None,
    margin: Margin = MARGIN * _MILLISECONDS,
    plot: Plot = None,
    report: Annotated[Path | None, typer.Option(help="Write what was replaced, as JSON.")] = None,
) -> None:
    """Change words of a recording and keep every other sample, bit for bit."""
    format_ = AudioFormat.of(output)
    check_writable(output, report, plot)
    pairs = list(zip(replace or [], replacement or [], strict=True))
    edits = _edits(text, pairs, (start_char, end_char, new))
    studio = Studio.open()
    recording = decode_native(sound_source(audio), max_seconds=studio.limits.audio_seconds)
    request = EditRequest(
        recording,
        text,
        edits,
        language,
        voice,
        engine,
        Options(seed=seed, sample_steps=sample_steps),
        takes,
        margin / _MILLISECONDS,
    )
    started = time.perf_counter()
    edited = studio.edit(request)
    took = time.perf_counter() - started
    write_file(output, encode_native(edited.recording, format_))
    if report:
        write_file(report, report_json(edited.report))
    if plot:
        from myna.studio.plot import plot_edit

        plot_edit(recording.audio(), edited.recording.audio(), edited.report, plot)
    spans = edited.report.edits
    rate = edited.report.sample_rate
    seconds = sum(span.new_end_sample - span.new_start_sample for span in spans) / rate
    say_done(f"{output}: {len(spans)} changed, {seconds:.2f} s new, took {took:.2f} s")
    say_done(f"Now it says: {edited.text}")


def _edits(
    text: str, replacements: list[tuple[str, str]], span: tuple[int | None, int | None, str | None]
) -> tuple[Edit, ...]:
    edits = [Edit(*find_span(text, old), new) for old, new in replacements]
    start, end, new = span
    if start is not None and new is not None:
        edits.append(Edit(start, start if end is None else end, new))
    elif (start, end, new) != (None, None, None):
        raise InvalidOption("--start-char", start, "give it with --new, and --end-char or nothing")
    if not edits:
        raise InvalidOption("--replace", None, "name words to replace, or --start-char and --new")
    return tuple(edits)
