"""`myna voices`: the voice library."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from myna.cli.options import Language
from myna.cli.terminal import is_piped, say_done, say_warning, stdout, write_bytes, write_file
from myna.core.errors import BadAudio
from myna.core.languages import AUTO
from myna.storage.voices import VoiceLibrary, VoiceRecord

app = typer.Typer(no_args_is_help=True, help="Add, list, show and move voices.")

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A name for the voice.")],
    reference: Annotated[Path, typer.Argument(help="A recording of 1 to 30 seconds, any format.")],
    transcript: Annotated[
        str, typer.Option(help="The words said in it. Better speech with than without.")
    ] = "",
    language: Language = AUTO,
    speaker: Annotated[str, typer.Option(help="Who is speaking.")] = "",
    consent: Annotated[
        str, typer.Option(help="On what permission this voice is used, e.g. 'my own voice'.")
    ] = "",
) -> None:
    """Add a voice to the library."""
    from myna.studio.studio import Studio
    from myna.studio.voices import Recording, add_voice

    recording = Recording(sound_source(reference), transcript, language)
    studio = Studio.open()
    record, warnings = add_voice(studio, name, recording, speaker=speaker, consent=consent)
    for warning in warnings:
        say_warning(warning)
    say_done(
        f"Added {record.name!r}: {record.duration_seconds:.1f} s, {record.language}, "
        f"id {record.voice_id}. Try: myna say '…' --voice {record.name!r} -o out.wav"
    )


@app.command("list")
def list_voices(as_json: JsonFlag = False) -> None:
    """List the voices, who is speaking, and on what permission."""
    records = _library().list()
    if as_json:
        typer.echo(json.dumps([asdict(r) for r in records], ensure_ascii=False, indent=2))
    elif is_piped():
        for record in records:
            typer.echo("\t".join(" ".join(cell.split()) for cell in _row(record)))
    else:
        table = Table(
            "name", "language", "seconds", "speaker", "permission", "transcript", box=None
        )
        for record in records:
            table.add_row(*map(escape, _row(record)))
        stdout.print(table)


def _row(record: VoiceRecord) -> tuple[str, ...]:
    consent = record.consent or "not stated"
    seconds = f"{record.duration_seconds:.1f}"
    return record.name, record.language, seconds, record.speaker, consent, record.transcript


@app.command()
def show(name: str, as_json: JsonFlag = False) -> None:
    """Show everything known of a voice."""
    record = asdict(_library().record(name))
    if as_json:
        typer.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return
    for key, value in record.items():
        typer.echo(f"{key}: {value or 'not stated'}")


@app.command()
def rename(name: str, new_name: str) -> None:
    """Give a voice another name."""
    _library().rename(name, new_name)
    say_done(f"Renamed {name!r} to {new_name!r}.")


@app.command()
def remove(name: str) -> None:
    """Remove a voice and its recording."""
    _library().remove(name)
    say_done(f"Removed {name!r}.")


@app.command("export")
def export_voice(
    name: str,
    output: Annotated[Path, typer.Option("--output", "-o", help="A file, or - for stdout.")],
) -> None:
    """Pack a voice into one file that another Myna can import."""
    packed = _library().export(name)
    if str(output) == "-":
        write_bytes(packed)
        return
    write_file(output, packed)
    say_done(f"Wrote {output} ({len(packed)} bytes).")


@app.command("import")
def import_voice(
    file: Annotated[Path, typer.Argument(help="A file made by `myna voices export`.")],
    name: Annotated[str | None, typer.Option(help="Another name for it.")] = None,
) -> None:
    """Add a voice that another Myna exported."""
    record = _library().import_(_read_file(file), name)
    say_done(f"Added {record.name!r}.")


def sound_source(path: Path) -> Path | bytes:
    """Return where sound comes from: the file the user named, or standard input for `-`.

    What comes through a pipe can be read once only: all of it is.
    """
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes() if path.is_fifo() else path
    except OSError:
        return path  # whoever opens it says why


def _read_file(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadAudio(f"Cannot read {str(path)!r}: {error.strerror}.") from None


def _library() -> VoiceLibrary:
    from myna.settings import Settings
    from myna.studio.wiring import open_library

    return open_library(Settings.load())
