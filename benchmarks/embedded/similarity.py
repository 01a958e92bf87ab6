"""How alike two voices are, as Resemblyzer hears it (an evaluation-only dependency)."""

import numpy as np
import numpy.typing as npt
from resemblyzer import VoiceEncoder, preprocess_wav

from myna.core.audio import Audio
from myna.dsp.resample import resample

_SAMPLE_RATE = 16000  # Hz

Embedding = npt.NDArray[np.float32]


class Listener:
    """Turns sounds into speaker embeddings; their products are similarities up to 1."""

    def __init__(self) -> None:
        self._encoder = VoiceEncoder("cpu", verbose=False)

    def embedding(self, audio: Audio) -> Embedding:
        """Return the unit vector of who speaks: (256,)."""
        samples = preprocess_wav(np.array(resample(audio, _SAMPLE_RATE).samples), _SAMPLE_RATE)
        return np.asarray(self._encoder.embed_utterance(samples))

    def ceiling(self, audio: Audio) -> float:
        """Return the similarity of a recording's first half and its second."""
        middle = audio.duration / 2
        first, second = audio.between(0, middle), audio.between(middle, audio.duration)
        return float(self.embedding(first) @ self.embedding(second))
