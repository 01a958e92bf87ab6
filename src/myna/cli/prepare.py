"""`myna prepare`: say phrases ahead of time."""

import os
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from myna.cli.terminal import read_text, say_done, say_warning, stderr
from myna.core.errors import SettingsError, SynthesisFailed
from myna.core.languages import AUTO
from myna.core.speech import Options, SpeechRequest


def prepare(
    file: Annotated[Path, typer.Option("--file", "-f", help="One phrase a line, or - for stdin.")],
    voice: Annotated[str, typer.Option(help="A name in the library.")] = "sample",
    language: Annotated[str, typer.Option(help="ko, en, ja, zh, yue or auto.")] = AUTO,
    engine: Annotated[str | None, typer.Option(help="Prepare for this engine only.")] = None,
    speed: Annotated[float, typer.Option(help="Relative to the voice's pace, 0.25 to 4.")] = 1.0,
    seed: Annotated[int | None, typer.Option(help="Same seed, same sound.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Sentences at a time. Default: processors.")
    ] = None,
) -> None:
    """Say phrases ahead of time, so that later they are replayed at once, without an engine.

    Run it again after an interruption: what is there is not made again.
    """
    from myna.settings import Settings
    from myna.studio.preparation import Outcome, plan
    from myna.studio.preparation import prepare as carry_out
    from myna.studio.studio import Studio

    settings = Settings.load()
    if not settings.cache.enabled:
        raise SettingsError("The cache is switched off: set `cache.enabled` to true.")
    studio = Studio.open(settings)
    options = Options(speed=speed, seed=seed)
    request = SpeechRequest("", studio.voice(voice), language, options, engine)
    utterances = plan(studio, read_text(file).splitlines(), request)
    counts, seconds = Counter[Outcome](), 0.0
    names = settings.engines if engine is None else (engine,)
    engines = [studio.engine_named(name) for name in names]
    with _progress() as progress:
        bar = progress.add_task("", total=len(utterances))
        done = carry_out(engines, utterances, studio.voice(request.voice), jobs or _processors())
        for prepared in done:
            progress.advance(bar)
            counts[prepared.outcome] += 1
            seconds += prepared.seconds
            if prepared.problem:
                say_warning(f"{prepared.text!r} is not prepared: {prepared.problem}")
    say_done(
        f"{counts[Outcome.MADE]} sentences made, {counts[Outcome.THERE]} were there, "
        f"{counts[Outcome.FAILED]} failed: {seconds:.1f} s of speech."
    )
    if failed := counts[Outcome.FAILED]:
        raise SynthesisFailed(f"{failed} sentences are not prepared. Run the command again.")


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
