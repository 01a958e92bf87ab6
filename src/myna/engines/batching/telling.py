"""Whatever goes wrong in a network, told as the engine's failure: the next engine may not fail."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager

import numpy as np

from myna.core.audio import Samples
from myna.core.errors import MynaError, SynthesisFailed
from myna.core.speech import Chunk
from myna.engines.batching.scheduler import told

IsCallers = Callable[[Exception], bool]
"""Says of an error that it came out of what the caller gave: it stays as it is."""


@contextmanager
def telling(is_callers: IsCallers | None = None) -> Iterator[None]:
    """Turn an error that is none of ours into `SynthesisFailed`, with its cause."""
    try:
        yield
    except MynaError:
        raise
    except Exception as error:
        if is_callers is not None and is_callers(error):
            raise
        raise told(error) from error


def telling_of(chunks: Generator[Chunk], is_callers: IsCallers | None = None) -> Generator[Chunk]:
    """Yield chunks, `telling` what goes wrong while they are made.

    Raises `SynthesisFailed`, too, for samples that are no numbers, before they are heard or kept.
    """
    with closing(chunks), telling(is_callers):
        for chunk in chunks:
            check_finite(chunk.audio.samples)
            yield chunk


def check_finite(samples: Samples) -> None:
    """Raise `SynthesisFailed` for samples that are NaN or infinite."""
    if not np.isfinite(samples).all():
        raise SynthesisFailed(
            "The model made numbers that are no sound (NaN or infinite). Its files are damaged or "
            "come of a training that went astray: get them again, or use others."
        )
