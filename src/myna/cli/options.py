"""Options that several commands take: who speaks, and how."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated

import typer

from myna.cli.terminal import say_warning
from myna.core.errors import VoiceNotFound
from myna.core.speech import Options
from myna.core.voice import Voice
from myna.studio.studio import Studio
from myna.studio.voices import Recording, check_recording

SAMPLING = "For engines that sample"

VoiceName = Annotated[str, typer.Option(help="A name in the library, or a recording.")]
Transcript = Annotated[str, typer.Option(help="The words said in the recording given as --voice.")]
VoiceLanguage = Annotated[str, typer.Option(help="The language spoken in that recording.")]
Auxiliary = Annotated[
    list[str] | None,
    typer.Option(help="Another voice or recording whose timbre is mixed in; repeatable."),
]
Language = Annotated[str, typer.Option(help="ko, en, ja, zh, yue or auto.")]
EngineName = Annotated[str | None, typer.Option(help="Speak with this engine only.")]
Speed = Annotated[float, typer.Option(help="Relative to the voice's pace, 0.25 to 4.")]
Instruction = Annotated[
    str, typer.Option(help="How to say it, in words, for engines that take instructions.")
]
SpeakerName = Annotated[
    str, typer.Option(help="A speaker the engine brings along, in place of the voice.")
]
Seed = Annotated[int | None, typer.Option(help="Same seed, same sound.")]
Temperature = Annotated[
    float, typer.Option(help="How varied the reading is, 0 to 2.", rich_help_panel=SAMPLING)
]
TopK = Annotated[
    int | None,
    typer.Option(
        help="Of how many most probable continuations one is drawn. Unset: the engine's.",
        rich_help_panel=SAMPLING,
    ),
]
TopP = Annotated[
    float | None,
    typer.Option(
        help="The probability these have together. Unset: the engine's.",
        rich_help_panel=SAMPLING,
    ),
]
RepetitionPenalty = Annotated[
    float,
    typer.Option(
        help="How much what was said becomes less probable, 1 to 2.", rich_help_panel=SAMPLING
    ),
]
Retries = Annotated[
    int,
    typer.Option(
        help="How often a sentence that went wrong is drawn again.", rich_help_panel=SAMPLING
    ),
]
SampleSteps = Annotated[
    int | None, typer.Option(help="Steps of engines that match a flow.", rich_help_panel=SAMPLING)
]


_KNOBS = {field.name for field in fields(Options)}


def manner(context: typer.Context) -> Options:
    """Return how to say it: those of a command's options that say so, by their names."""
    return Options(**{name: given for name, given in context.params.items() if name in _KNOBS})


def voice_of(name: str, recording: Recording, studio: Studio) -> str | Voice:
    """Return a library name as it is, and a recording on disk as a voice.

    A name in the library wins over a file of that name; what is neither is reported as
    whichever it looks like.
    """
    if not _looks_like_file(name) or _is_kept(name, studio):
        return name
    checked = check_recording(studio, recording)
    for warning in checked.warnings:
        say_warning(warning)
    return checked.voice


def _looks_like_file(name: str) -> bool:
    if "/" in name or Path(name).suffix:
        return True
    try:
        return Path(name).is_file()
    except OSError:  # such as a name longer than the disk takes
        return False


def _is_kept(name: str, studio: Studio) -> bool:
    try:
        studio.voices.record(name)
    except VoiceNotFound:
        return False
    return True


def mixed_voice(
    name: str, recording: Recording, auxiliary: list[str] | None, studio: Studio
) -> str | Voice:
    """Return the voice of `voice_of`, with the timbre of others mixed in."""
    voice = voice_of(name, recording, studio)
    others = [voice_of(other, Recording(Path(other)), studio) for other in auxiliary or ()]
    if not others:
        return voice
    recordings = tuple(studio.voice(other).reference for other in others)
    return replace(studio.voice(voice), auxiliary=recordings)
