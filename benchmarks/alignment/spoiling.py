"""What happens to recordings: noise, rooms, telephones, other speeds, silence around them."""

import zlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.alignment.recordings import Timed
from myna.core.audio import Audio
from myna.core.timing import TimedText
from myna.dsp.resample import resample

LOUD = 0.02  # of full scale; the mean level is taken over what is louder


def noisy(item: Timed) -> Timed:
    """Add white noise 15 dB below speech."""
    samples = item.audio.samples
    level = np.sqrt(np.mean(samples[np.abs(samples) > LOUD] ** 2))
    noise = _random(item).normal(size=len(samples)) * level * 10 ** (-15 / 20)
    return _changed(item, "white noise at 15 dB", samples + noise)


def rumbling(item: Timed) -> Timed:
    """Add pink noise 10 dB below speech."""
    samples = item.audio.samples
    level = np.sqrt(np.mean(samples[np.abs(samples) > LOUD] ** 2))
    spectrum = np.fft.rfft(_random(item).normal(size=len(samples)))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 20))
    noise = np.fft.irfft(spectrum, len(samples))
    noise *= level * 10 ** (-10 / 20) / noise.std()
    return _changed(item, "pink noise at 10 dB", samples + noise)


def reverberant(item: Timed) -> Timed:
    """Put the speaker into a room with half a second of reverberation, as loud as the voice."""
    rate = item.audio.sample_rate
    time = np.arange(int(0.6 * rate)) / rate
    room = _random(item).normal(size=len(time)) * 10 ** (-3 * time / 0.5)
    room /= np.sqrt(np.square(room).sum()) * 1.2
    room[0] += 1
    length = len(item.audio.samples) + len(room)
    spectrum = np.fft.rfft(item.audio.samples, length) * np.fft.rfft(room, length)
    return _changed(item, "reverberation of 0.5 s", np.fft.irfft(spectrum, length))


def narrow(item: Timed) -> Timed:
    """Send it through a telephone: 300 to 3400 Hz at a rate of 8 kHz."""
    audio = resample(item.audio, 8000)
    spectrum = np.fft.rfft(audio.samples)
    frequency = np.fft.rfftfreq(len(audio.samples), 1 / 8000)
    spectrum[(frequency < 300) | (frequency > 3400)] = 0
    samples = np.fft.irfft(spectrum, len(audio.samples)).astype(np.float32)
    return replace(item, group="telephone band", audio=Audio(samples, 8000))


def slower(item: Timed) -> Timed:
    """Play it at 0.8 of its speed, and so lower."""
    return _played(item, "played at 0.8 of the speed", 1.25)


def faster(item: Timed) -> Timed:
    """Play it at 1.25 of its speed, and so higher."""
    return _played(item, "played at 1.25 of the speed", 0.8)


SPOILERS: tuple[Callable[[Timed], Timed], ...] = (
    noisy,
    rumbling,
    reverberant,
    narrow,
    slower,
    faster,
)


def _played(item: Timed, group: str, stretch: float) -> Timed:
    audio = resample(
        Audio(item.audio.samples, item.audio.sample_rate),
        round(item.audio.sample_rate * stretch),
    )
    words = tuple(
        TimedText(word.text, word.start * stretch, word.end * stretch) for word in item.words
    )
    return replace(
        item, group=group, audio=Audio(audio.samples, item.audio.sample_rate), words=words
    )


def _changed(item: Timed, group: str, samples: np.ndarray) -> Timed:
    return replace(
        item, group=group, audio=Audio(samples.astype(np.float32), item.audio.sample_rate)
    )


def _random(item: Timed) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(item.transcript.encode()))
