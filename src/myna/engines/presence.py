"""Whether model files are there, as far as this process may see."""

from pathlib import Path


def is_there(path: Path) -> bool:
    """Whether a file or folder can be seen; not where a folder above it may not be entered."""
    try:
        return path.exists()
    except OSError:
        return False
