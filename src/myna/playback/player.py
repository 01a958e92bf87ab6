"""What every way to play sound is."""

from typing import Protocol


class Line(Protocol):
    """An open way to the loudspeaker, for one speech. Used by one thread."""

    def write(self, pcm: bytes) -> None:
        """Hand on mono 16-bit samples, at most a moment of them; waits while the line is full.

        Raises `PlaybackError` where the sound cannot get out.
        """

    def finish(self) -> None:
        """Say that nothing more comes."""

    def is_over(self) -> bool:
        """Whether everything was heard, once finished. Raises `PlaybackError`."""

    def stop(self) -> None:
        """Fall silent at once, and let go of the device."""


class Player(Protocol):
    """A way to play sound."""

    @property
    def name(self) -> str:
        """What it is called in the settings."""

    def open(self, sample_rate: int) -> Line:
        """Take the device. Raises `PlaybackError` where it cannot be had."""
