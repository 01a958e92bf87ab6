"""Tensors that are all there and yet make no network: of other sizes than these, or damaged."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from myna.core.errors import MynaError, WeightsMissing


@contextmanager
def making(*paths: Path) -> Iterator[None]:
    """Blame files for whatever goes wrong while networks are made of them: `WeightsMissing`.

    But for a lack of memory, or of a package.
    """
    try:
        yield
    except (MynaError, MemoryError, ImportError):
        raise
    except Exception as error:
        if type(error).__name__ == "OutOfMemoryError":  # torch's, of a GPU
            raise
        said = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        named = " and ".join(repr(str(path)) for path in paths)
        raise WeightsMissing(
            f"No model can be made of {named} ({said}). A file is damaged, or of another model: "
            "get them again, or point the settings at the right ones."
        ) from error
