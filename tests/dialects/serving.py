"""A server to replay records against, with recordings where the records expect them."""

import re
import wave
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path, PurePosixPath

import numpy as np

from myna.core.audio import Audio
from myna.dsp.codec import decode
from myna.dsp.resample import resample
from myna.settings import HttpSettings, Settings
from myna.studio.studio import Studio
from tests.http.conftest import Running, running

SECONDS = re.compile(r"(\d+(?:\.\d+)?)s(?![a-z])")
USUAL_SECONDS = 5.0
SUFFIXES = (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aac")


def make_references(folder: Path, paths: Iterable[str]) -> None:
    """Put recordings where records expect them; their names say how long they are."""
    speech = _speech()
    for name in sorted(paths):
        path = PurePosixPath(name)
        is_inside = not path.is_absolute() and ".." not in path.parts and "\0" not in name
        is_file = path.suffix.lower() in SUFFIXES and "missing" not in name and "://" not in name
        if is_inside and is_file and "\\" not in name:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, speech)


def _speech() -> Audio:
    sample = (resources.files("myna.studio") / "sample" / "sample.flac").read_bytes()
    return resample(decode(sample), 16000)


def _write(target: Path, speech: Audio) -> None:
    name = target.stem.lower()
    if "not_audio" in name or "empty" in name:
        target.write_bytes(b"" if "empty" in name else b"this is no sound\n" * 50)
        return
    found = SECONDS.search(name)
    seconds = float(found.group(1)) if found else USUAL_SECONDS
    is_stereo = "stereo" in name
    sound = resample(speech, 44100) if is_stereo else speech
    samples = np.resize(sound.samples, round(seconds * sound.sample_rate))
    if "silen" in name:
        samples = np.zeros_like(samples)
    whole = np.round(samples * 32767).astype("<i2")
    with wave.open(str(target), "wb") as file:
        file.setnchannels(2 if is_stereo else 1)
        file.setsampwidth(2)
        file.setframerate(sound.sample_rate)
        file.writeframes((np.repeat(whole, 2) if is_stereo else whole).tobytes())


@contextmanager
def serving(studio: Studio, settings: Settings, references: Path) -> Iterator[Running]:
    """Serve in a thread, as it comes but for where references lie and how many may ask."""
    http = HttpSettings(reference_directory=references, rate="1000000/minute")
    with running(studio, http, settings) as server:
        yield server
