"""The spectrograms GPT-SoVITS hears references in."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.audio import Audio
from myna.core.errors import BadReference
from myna.dsp.spectrum import MelScale, MelSettings, mel_filterbank
from myna.dsp.windowed_sinc import windowed_sinc

REFERENCE_RATE = 32000  # Hz
_FLOOR = 1e-8  # power added before a square root
_QUIETEST = 1e-5  # magnitude a logarithm is taken of at least
_LOUDEST_PEAK = 2.0  # beyond it a reference stays too loud


@dataclass(frozen=True, slots=True)
class Analysis:
    """One kind of spectrogram: lengths in samples at `sample_rate`."""

    sample_rate: int
    fft_length: int
    hop_length: int
    n_mels: int = 100


REFERENCE = Analysis(REFERENCE_RATE, 2048, 640)
MEL_V3 = Analysis(24000, 1024, 256)
MEL_V4 = Analysis(32000, 1280, 320)


def reference_samples(audio: Audio) -> Tensor:
    """Return a reference recording at 32 kHz: (1, samples). Peaks above 1 are brought down.

    That is to 1, but at most to half of what they were.
    """
    samples = at_rate(audio, REFERENCE_RATE)
    peak = float(samples.abs().max()) if samples.numel() else 0.0
    return samples / min(_LOUDEST_PEAK, peak) if peak > 1 else samples


def at_rate(audio: Audio, sample_rate: int) -> Tensor:
    """Return a recording at another rate, as references were prepared in training: (1, samples)."""
    return torch.from_numpy(windowed_sinc(audio.samples, audio.sample_rate, sample_rate).copy())[
        None
    ]


def reference_spectrogram(samples: Tensor) -> Tensor:
    """Return the magnitudes of `reference_samples`: (1, 1025, frames of 20 ms)."""
    return magnitudes(samples, REFERENCE)


def magnitudes(samples: Tensor, analysis: Analysis) -> Tensor:
    """Return Hann-windowed magnitudes of (1, samples): (1, fft_length // 2 + 1, frames).

    The sound is mirrored at both ends so that every hop has a frame.
    """
    edge = (analysis.fft_length - analysis.hop_length) // 2
    if samples.shape[1] <= edge:
        raise BadReference(
            f"The reference is only {samples.shape[1] / analysis.sample_rate:.3f} s long: give "
            "some seconds of speech."
        )
    padded = F.pad(samples[None], (edge, edge), mode="reflect")[0]
    window = torch.hann_window(analysis.fft_length, device=samples.device)
    spectrum = torch.stft(
        padded,
        analysis.fft_length,
        analysis.hop_length,
        window=window,
        center=False,
        return_complex=True,
    )
    return torch.sqrt(spectrum.real.square() + spectrum.imag.square() + _FLOOR)


def log_mel(samples: Tensor, analysis: Analysis) -> Tensor:
    """Return natural-log mel magnitudes of (1, samples): (1, n_mels, frames)."""
    settings = MelSettings(
        sample_rate=analysis.sample_rate,
        n_mels=analysis.n_mels,
        fft_length=analysis.fft_length,
        scale=MelScale.SLANEY,
    )
    bands = torch.from_numpy(mel_filterbank(settings).copy()).to(samples.device)
    return torch.log((bands @ magnitudes(samples, analysis)).clamp(min=_QUIETEST))


def normalized(mel: Tensor) -> Tensor:
    """Map log mel magnitudes from -12..2 to -1..1, which flow matching works on."""
    return (mel + 12) / 14 * 2 - 1


def denormalized(mel: Tensor) -> Tensor:
    """Undo `normalized`."""
    return (mel + 1) / 2 * 14 - 12
