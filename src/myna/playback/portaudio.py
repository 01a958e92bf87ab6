"""The player that needs no program: PortAudio, by the package sounddevice."""

from typing import Any

from myna.core.errors import PlaybackError


class PortAudioPlayer:
    """Plays by sounddevice. `device` is a part of a device's name, or its number."""

    name = "sounddevice"

    def __init__(self, device: str | None) -> None:
        """Raise `PlaybackError` where the package, its library or the device is missing."""
        try:
            import sounddevice
        except (ImportError, OSError) as error:
            raise PlaybackError(
                f"The package sounddevice cannot be used: {error}. pip install 'myna[edge]', and "
                "on Debian: sudo apt install libportaudio2."
            ) from None
        self._device = int(device) if device and device.isdecimal() else device
        self._sounddevice = sounddevice
        try:
            sounddevice.query_devices(self._device, "output")
        except (ValueError, sounddevice.PortAudioError) as error:
            raise PlaybackError(f"There is no such sound device: {error}.") from None

    def open(self, sample_rate: int) -> "PortAudioLine":
        """Open a stream. Raises `PlaybackError`."""
        sounddevice = self._sounddevice
        try:
            stream = sounddevice.RawOutputStream(
                samplerate=sample_rate, channels=1, dtype="int16", device=self._device
            )
            stream.start()
        except sounddevice.PortAudioError as error:
            raise PlaybackError(
                f"The sound device does not open: {error}. Choose another with the setting "
                "`playback.device`."
            ) from None
        return PortAudioLine(stream, sounddevice.PortAudioError)


class PortAudioLine:
    """An open stream."""

    def __init__(self, stream: Any, failure: type[Exception]) -> None:  # Any: it has no types
        self._stream = stream
        self._failure = failure

    def write(self, pcm: bytes) -> None:
        """Hand on samples; waits while the stream has enough."""
        try:
            self._stream.write(pcm)
        except self._failure as error:
            raise PlaybackError(f"The sound device failed: {error}.") from None

    def finish(self) -> None:
        """Wait for what is in the buffer, a fraction of a second."""
        self._stream.stop()

    def is_over(self) -> bool:
        """Return True: `finish` has waited."""
        return True

    def stop(self) -> None:
        """Drop what is in the buffer."""
        self._stream.abort()
        self._stream.close()
