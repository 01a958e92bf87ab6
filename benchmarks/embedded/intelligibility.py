"""How many words of matrix sentences a recogniser trained on natural speech gets right."""

from collections.abc import Callable

import numpy as np
from pocketsphinx import Decoder

from benchmarks.embedded.texts import MATRIX, matrix_sentences
from myna.core.audio import Audio
from myna.dsp.resample import resample

_SAMPLE_RATE = 16000  # Hz
_LEVEL = 0.08  # root mean square given to every sound


class MatrixTest:
    """Pocketsphinx with a grammar of matrix sentences: word accuracy, by chance 1 in 8."""

    def __init__(self) -> None:
        places = " ".join(f"({' | '.join(words)})" for words in MATRIX)
        grammar = f"#JSGF V1.0;\ngrammar matrix;\npublic <sentence> = {places};\n"
        self._decoder = Decoder(lm=None, loglevel="FATAL", samprate=_SAMPLE_RATE)
        self._decoder.add_jsgf_string("matrix", grammar)
        self._decoder.activate_search("matrix")

    def accuracy(self, say: Callable[[str], Audio], sentences: int) -> float:
        """Return the share of words heard right."""
        right = total = 0
        for words in matrix_sentences(sentences):
            heard = self._heard(say(" ".join(words)))
            right += sum(one == other for one, other in zip(words, heard, strict=False))
            total += len(words)
        return right / total

    def _heard(self, audio: Audio) -> list[str]:
        samples = resample(audio, _SAMPLE_RATE).samples
        samples = samples * (_LEVEL / max(float(np.std(samples)), 1e-6))
        self._decoder.start_utt()
        self._decoder.process_raw(Audio(samples, _SAMPLE_RATE).pcm16(), full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return hypothesis.hypstr.split() if hypothesis else []
