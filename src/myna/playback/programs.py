"""Players that are programs of the system: `aplay`, `pw-play`, `afplay`."""

import os
import select
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Callable
from pathlib import Path

from myna.core.errors import PlaybackError

STALL_SECONDS = 5.0  # a program that takes no sound for so long has failed
_BUFFER_MICROSECONDS, _PERIOD_MICROSECONDS = 250_000, 25_000


class PipedPlayer:
    """A program that plays raw samples from its standard input."""

    def __init__(self, name: str, command: Callable[[int], list[str]]) -> None:
        """`command` is what to run for a sample rate."""
        self.name = name
        self._command = command

    def open(self, sample_rate: int) -> "PipedLine":
        """Start the program. Raises `PlaybackError`."""
        return PipedLine(self._command(sample_rate))


class PipedLine:
    """A running program. Killing it silences the device, whatever is in the buffers."""

    def __init__(self, command: list[str]) -> None:
        self._name = command[0]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the program runs
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                bufsize=0,
                start_new_session=True,  # Ctrl-C is for whoever plays, not for the program
            )
        except OSError as error:
            raise PlaybackError(f"{self._name!r} does not start: {error.strerror}.") from None
        assert self._process.stdin is not None
        self._pipe = self._process.stdin
        os.set_blocking(self._pipe.fileno(), False)

    def write(self, pcm: bytes) -> None:
        """Hand on samples; waits while the program has enough."""
        left = memoryview(pcm)
        try:
            while left:
                _, writable, _ = select.select([], [self._pipe], [], STALL_SECONDS)
                if not writable:
                    raise PlaybackError(
                        f"{self._name!r} took no sound for {STALL_SECONDS:g} seconds. Check the "
                        "sound device."
                    )
                left = left[os.write(self._pipe.fileno(), left) :]
        except BrokenPipeError:
            self._process.wait(STALL_SECONDS)
            raise self._failure() from None

    def finish(self) -> None:
        """Close the program's input: it ends when all was heard."""
        self._pipe.close()

    def is_over(self) -> bool:
        """Whether the program has ended. Raises `PlaybackError` where it failed."""
        code = self._process.poll()
        if code is None:
            return False
        if code != 0:
            raise self._failure()
        return True

    def stop(self) -> None:
        """Kill the program."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()
        self._said.close()

    def _failure(self) -> PlaybackError:
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace").strip().splitlines()
        reason = said[-1] if said else f"it ended with code {self._process.returncode}"
        return PlaybackError(
            f"{self._name!r} cannot play: {reason}. Choose another device with the setting "
            "`playback.device`, or another program with `playback.player`."
        )


class FilePlayer:
    """A program that plays only whole files: a speech is heard once all of it was made."""

    def __init__(self, name: str) -> None:
        self.name = name

    def open(self, sample_rate: int) -> "FileLine":
        """Begin to collect a speech."""
        return FileLine(self.name, sample_rate)


class FileLine:
    """A speech that is collected, then played."""

    def __init__(self, program: str, sample_rate: int) -> None:
        self._program = program
        self._sample_rate = sample_rate
        self._collected = bytearray()
        self._file: Path | None = None
        self._line: PipedLine | None = None

    def write(self, pcm: bytes) -> None:
        """Collect samples."""
        self._collected += pcm

    def finish(self) -> None:
        """Play what was collected."""
        descriptor, name = tempfile.mkstemp(suffix=".wav")
        self._file = Path(name)
        with os.fdopen(descriptor, "wb") as file, wave.open(file, "wb") as written:
            written.setparams((1, 2, self._sample_rate, 0, "NONE", ""))
            written.writeframes(bytes(self._collected))
        self._line = PipedLine([self._program, name])
        self._line.finish()

    def is_over(self) -> bool:
        """Whether the program has ended. Raises `PlaybackError` where it failed."""
        return self._line is not None and self._line.is_over()

    def stop(self) -> None:
        """Kill the program."""
        if self._line is not None:
            self._line.stop()
        if self._file is not None:
            self._file.unlink(missing_ok=True)


def aplay(device: str | None) -> PipedPlayer:
    """ALSA's player. `device` is a PCM such as `plughw:1,0`."""
    chosen = [] if device is None else ["-D", device]

    def command(sample_rate: int) -> list[str]:
        # Begin with the first period, not when the buffer is full.
        times = ["-B", f"{_BUFFER_MICROSECONDS}", "-F", f"{_PERIOD_MICROSECONDS}"]
        format = ["-t", "raw", "-f", "S16_LE", "-c", "1", "-r", f"{sample_rate}"]
        return ["aplay", "-q", *chosen, *times, "-R", f"{_PERIOD_MICROSECONDS}", *format, "-"]

    return PipedPlayer("aplay", command)


def pw_play(device: str | None) -> PipedPlayer:
    """PipeWire's player. `device` is the name or serial of a node."""
    chosen = [] if device is None else ["--target", device]

    def command(sample_rate: int) -> list[str]:
        format = ["--format", "s16", "--channels", "1", "--rate", f"{sample_rate}"]
        return ["pw-play", *_raw_option(), *chosen, *format, "-"]

    return PipedPlayer("pw-play", command)


def afplay(device: str | None) -> FilePlayer:
    """The player of macOS, which knows no device but the default."""
    if device is not None:
        raise PlaybackError(
            f"'afplay' cannot play on the device {device!r}: it has only the default one. Install "
            "the package sounddevice, or leave `playback.device` unset."
        )
    return FilePlayer("afplay")


def is_found(program: str) -> bool:
    """Whether a program is there to be run."""
    return shutil.which(program) is not None


def _raw_option() -> list[str]:
    """Return what makes `pw-play -` read raw samples: since PipeWire 1.4 it has to be told."""
    shown = subprocess.run(["pw-play", "--help"], capture_output=True, text=True, check=False)
    return ["--raw"] if "--raw" in shown.stdout + shown.stderr else []
