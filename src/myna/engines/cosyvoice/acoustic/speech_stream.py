"""The sound of one call, made while its speech tokens arrive."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from myna.engines.cosyvoice.acoustic.flow import Flow
from myna.engines.cosyvoice.acoustic.request import SpeechOptions, SpeechPrompt
from myna.engines.cosyvoice.acoustic.vocoder import Vocoder

Samples = npt.NDArray[np.float32]


class SpeechStream:
    """Takes tokens, gives sound. All state of a call is here; dropping the stream frees it."""

    def __init__(
        self, flow: Flow, vocoder: Vocoder, prompt: SpeechPrompt, options: SpeechOptions
    ) -> None:
        """Begin a call; nothing is computed yet."""

    def push(self, tokens: Sequence[int], *, last: bool = False) -> Iterator[Samples]:
        """Take tokens (0..6560), then yield the sound that can be made: (samples,) at 24 kHz.

        The tokens are taken at once; the sound is computed as the iterator is read, and must be
        read to its end before the next push. With `last` everything left is made; a call without
        any token yields nothing. Raises `SynthesisFailed` on a push after the last.
        """
        raise NotImplementedError
