"""The engines as `benchmarks.memory` makes them."""

from contextlib import closing
from pathlib import Path

from myna.core.engine import Engine
from myna.core.speech import Options, Utterance
from myna.core.voice import Voice
from myna.dsp.codec import decode
from myna.studio.wiring import SAMPLE_TRANSCRIPT

COSYVOICE = "cosyvoice2"
_STEPS = 2  # of v4, so that its sentence takes seconds, not a minute


def make(part: str, folder: Path, runtime: str, graphs: Path) -> Engine:
    """Make one, as the settings would."""
    if part == COSYVOICE:
        from myna.engines.cosyvoice.engine import CosyVoiceEngine
        from myna.engines.cosyvoice.execution import Execution as CosyVoiceExecution
        from myna.engines.cosyvoice.files import find_files as find_cosyvoice

        return CosyVoiceEngine(
            find_cosyvoice(folder), CosyVoiceExecution("balanced", runtime, graphs, threads=1)
        )
    from myna.engines.gpt_sovits.engine import GptSovitsEngine
    from myna.engines.gpt_sovits.execution import Execution
    from myna.engines.gpt_sovits.files import find_files

    files = find_files(folder, version=part)
    return GptSovitsEngine(files, execution=Execution(runtime, graphs, threads=1))


def speak(engine: Engine, text: str, language: str, sample: Path) -> None:
    """Say a sentence, streamed."""
    voice = Voice(decode(sample.read_bytes()), SAMPLE_TRANSCRIPT, "en")
    steps = _STEPS if engine.name == "gpt-sovits" else None
    options = Options(seed=1, retries=0, sample_steps=steps)
    with closing(engine.speak(Utterance(text, language, options), voice)) as chunks:
        for _ in chunks:
            pass


def some_seconds(part: str, text: str) -> str:
    """Return a text that takes some seconds to say: CosyVoice's weights never end by themselves."""
    return text[:4] if part == COSYVOICE else text
