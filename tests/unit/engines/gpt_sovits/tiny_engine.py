"""An engine whose weights are small and random: all of GPT-SoVITS but the sense."""

from pathlib import Path

from myna.engines.gpt_sovits.engine import GptSovitsEngine
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.files import find_files
from tests.unit.engines.gpt_sovits import tiny_checkpoints


def tiny_engine(
    folder: Path, version: str, slots: int = 8, queue: int = 64, runtime: str = "fast"
) -> GptSovitsEngine:
    """Write a version's files to a folder and read them."""
    tiny_checkpoints.write_installation(folder, version)
    return GptSovitsEngine(
        find_files(folder),
        slots=slots,
        queue_length=queue,
        execution=Execution(runtime, folder / "graphs"),
    )
