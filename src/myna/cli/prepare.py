"""`myna prepare`: say phrases ahead of time."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from myna.cli import options
from myna.cli.terminal import counting, read_text, say_done, say_warning
from myna.core.engine import Engine
from myna.core.errors import SettingsError, SynthesisFailed
from myna.core.languages import AUTO
from myna.core.speech import SpeechRequest, Utterance
from myna.core.voice import Voice
from myna.settings import Settings
from myna.studio.preparation import Outcome, plan
from myna.studio.preparation import prepare as carry_out
from myna.studio.studio import Studio
from myna.studio.voices import Recording


def prepare(
    context: typer.Context,
    file: Annotated[Path, typer.Option("--file", "-f", help="One phrase a line, or - for stdin.")],
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
    temperature: options.Temperature = 1.0,
    top_k: options.TopK = None,
    top_p: options.TopP = None,
    repetition_penalty: options.RepetitionPenalty = 1.35,
    retries: options.Retries = 1,
    sample_steps: options.SampleSteps = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Sentences at a time. Default: processors.")
    ] = None,
) -> None:
    """Say phrases ahead of time, so that later they are replayed at once, without an engine.

    Whoever then asks for them with the same options hears them from the cache. Run it again after
    an interruption: what is there is not made again.
    """
    settings = Settings.load()
    if not settings.cache.enabled:
        raise SettingsError("The cache is switched off: set `cache.enabled` to true.")
    studio = Studio.open(settings)
    recording = Recording(Path(voice), transcript, voice_language)
    speaking = studio.voice(options.mixed_voice(voice, recording, auxiliary, studio))
    request = SpeechRequest("", speaking, language, options.manner(context), engine)
    utterances = plan(studio, read_text(file).splitlines(), request)
    names = settings.engines if engine is None else (engine,)
    engines = [studio.engine_named(name) for name in names]
    counts = _carried_out(engines, utterances, speaking, jobs or _processors())
    if failed := counts[Outcome.FAILED]:
        raise SynthesisFailed(f"{failed} sentences are not prepared. Run the command again.")


def _carried_out(
    engines: Sequence[Engine], utterances: Sequence[Utterance], voice: Voice, jobs: int
) -> Counter[Outcome]:
    counts, seconds = Counter[Outcome](), 0.0
    with counting() as progress:
        bar = progress.add_task("", total=len(utterances))
        for prepared in carry_out(engines, utterances, voice, jobs):
            progress.advance(bar)
            counts[prepared.outcome] += 1
            seconds += prepared.seconds
            if prepared.problem:
                say_warning(f"{prepared.text!r} is not prepared: {prepared.problem}")
    say_done(
        f"{counts[Outcome.MADE]} sentences made, {counts[Outcome.THERE]} were there, "
        f"{counts[Outcome.FAILED]} failed: {seconds:.1f} s of speech."
    )
    return counts


def _processors() -> int:
    return os.cpu_count() or 1
