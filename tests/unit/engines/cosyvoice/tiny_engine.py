"""An engine whose weights are small and random: all of CosyVoice but the sense."""

from pathlib import Path

from myna.engines.cosyvoice.engine import CosyVoiceEngine
from myna.engines.cosyvoice.execution import Execution
from myna.engines.cosyvoice.files import find_files
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint

FAST = Execution("realtime", "exact", steps=1, threads=1)


def tiny_engine(
    folder: Path, version: Version = Version.COSYVOICE2, slots: int = 8, queue: int = 64
) -> CosyVoiceEngine:
    """Write a version's files to a folder and read them."""
    files = find_files(write_checkpoint(folder, version))
    return CosyVoiceEngine(files, FAST, slots=slots, queue_length=queue)
