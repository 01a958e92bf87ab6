"""Envelopes as spectra, to look at."""

import numpy as np


def log_power(cepstra: np.ndarray) -> np.ndarray:
    """The log power spectra of envelopes: (frames, FFT_LENGTH // 2 + 1)."""
    mirrored = np.concatenate([cepstra, cepstra[:, -2:0:-1]], axis=1)
    return np.fft.rfft(mirrored, axis=1).real
