"""`myna prepare`: say phrases ahead of time."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from myna.cli.options import (
    Auxiliary,
    EngineName,
    Instruction,
    Language,
    RepetitionPenalty,
    Retries,
    SampleSteps,
    Seed,
    SpeakerName,
    Speed,
    Temperature,
    TopK,
    TopP,
    Transcript,
    VoiceLanguage,
    VoiceName,
    mixed_voice,
)
from myna.cli.terminal import read_text, say_done, say_warning, stderr
from myna.core.engine import Engine
from myna.core.errors import SettingsError, SynthesisFailed
from myna.core.languages import AUTO
from myna.core.speech import Options, SpeechRequest, Utterance
from myna.core.voice import Voice
from myna.settings import Settings
from myna.studio.preparation import Outcome, plan
from myna.studio.preparation import prepare as carry_out
from myna.studio.studio import Studio
from myna.studio.voices import Recording


def prepare(
    file: Annotated[Path, typer.Option("--file", "-f", help="One phrase a line, or - for stdin.")],
    voice: VoiceName = "sample",
    transcript: Transcript = "",
    voice_language: VoiceLanguage = AUTO,
    auxiliary: Auxiliary = None,
    language: Language = AUTO,
    engine: EngineName = None,
    speed: Speed = 1.0,
    instruction: Instruction = "",
    speaker: SpeakerName = "",
    seed: Seed = None,
    temperature: Temperature = 1.0,
    top_k: TopK = None,
    top_p: TopP = None,
    repetition_penalty: RepetitionPenalty = 1.35,
    retries: Retries = 1,
    sample_steps: SampleSteps = None,
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
    speaking = studio.voice(mixed_voice(voice, recording, auxiliary, studio))
    options = Options(
        speed=speed,
        seed=seed,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        repetition_penalty=repetition_penalty,
        retries=retries,
        sample_steps=sample_steps,
        instruction=instruction,
        speaker=speaker,
    )
    request = SpeechRequest("", speaking, language, options, engine)
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
    with _progress() as progress:
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


def _progress() -> Progress:
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=stderr,
        disable=not stderr.is_terminal,
    )
