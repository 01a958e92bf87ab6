"""What CosyVoice hears of a reference: three kinds of spectrogram, each as it was trained on."""

import numpy as np
import numpy.typing as npt

from myna.core.audio import Samples
from myna.core.errors import BadReference
from myna.dsp.fbank import kaldi_fbank
from myna.dsp.spectrum import MelScale, MelSettings, Spectrum, hann, mel_filterbank

MEL_RATE = 24000  # Hz
HOP_LENGTH = 480  # samples at MEL_RATE, one 20 ms frame
N_MELS = 80
HEARING_RATE = 16000  # Hz: what speech tokens and speaker vectors are taken from
_FFT_LENGTH = 1920
_EDGE = (_FFT_LENGTH - HOP_LENGTH) // 2  # samples mirrored at both ends
_POWER_FLOOR = 1e-9
_QUIETEST = 1e-5  # magnitude

_TOKEN_FFT_LENGTH = 400
_TOKEN_HOP_LENGTH = 160
_TOKEN_MELS = 128
_TOKEN_FLOOR = 1e-10
_TOKEN_RANGE = 8.0  # powers of ten below the loudest band


def prompt_mel(samples: Samples, highest: float | None) -> Spectrum:
    """Return natural-log mel magnitudes of sound at 24 kHz: (frames of 20 ms, 80).

    `highest`: Hz, of the uppermost band; None is half the rate. Raises `BadReference` for sound
    too short to be mirrored at its ends.
    """
    if len(samples) <= _EDGE:
        raise BadReference(
            f"The reference is only {len(samples) / MEL_RATE:.3f} s long: give some seconds of "
            "speech."
        )
    spectrum = _spectrum(np.pad(samples, _EDGE, mode="reflect"), _FFT_LENGTH, HOP_LENGTH)
    settings = MelSettings(
        sample_rate=MEL_RATE,
        n_mels=N_MELS,
        fft_length=_FFT_LENGTH,
        highest=highest,
        scale=MelScale.SLANEY,
    )
    magnitudes = np.sqrt(spectrum.real**2 + spectrum.imag**2 + _POWER_FLOOR)
    bands = magnitudes @ mel_filterbank(settings).T
    return np.asarray(np.log(np.maximum(bands, _QUIETEST)), np.float32)


def token_mel(samples: Samples) -> Spectrum:
    """Return what the speech tokenizer hears of sound at 16 kHz: (128, frames of 10 ms).

    The features of Whisper (Radford et al. 2022): base-10 logarithms of mel power, no more than
    80 dB below the loudest, scaled to about -1..1.
    """
    edge = _TOKEN_FFT_LENGTH // 2
    spectrum = _spectrum(
        np.pad(samples, edge, mode="reflect"), _TOKEN_FFT_LENGTH, _TOKEN_HOP_LENGTH
    )[:-1]
    settings = MelSettings(n_mels=_TOKEN_MELS, fft_length=_TOKEN_FFT_LENGTH, scale=MelScale.SLANEY)
    power = mel_filterbank(settings) @ (spectrum.real**2 + spectrum.imag**2).T
    logarithms = np.log10(np.maximum(power, _TOKEN_FLOOR))
    raised = np.maximum(logarithms, logarithms.max() - _TOKEN_RANGE)
    return np.asarray((raised + 4) / 4, np.float32)


def speaker_bands(samples: Samples) -> Spectrum:
    """Return what the speaker network hears of sound at 16 kHz: (frames of 10 ms, 80).

    Kaldi's filter banks, each band less its mean over time.
    """
    bands = kaldi_fbank(samples, HEARING_RATE)
    return np.asarray(bands - bands.mean(axis=0, keepdims=True), np.float32)


def _spectrum(padded: Samples, fft_length: int, hop_length: int) -> npt.NDArray[np.complex128]:
    framed = np.lib.stride_tricks.sliding_window_view(padded, fft_length)[::hop_length]
    return np.fft.rfft(framed * hann(fft_length), axis=1)
