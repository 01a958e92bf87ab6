import signal
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.voice import Voice
from myna.dsp.codec import decode
from myna.settings import Settings
from myna.studio.wiring import SAMPLE_TRANSCRIPT

# A shell that runs the suite in the background has Ctrl-C ignored, here and in what tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep every test away from the developer's own voices and settings."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MYNA_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings.load()


@pytest.fixture(scope="session")
def sample_file() -> bytes:
    return (resources.files("myna.studio") / "sample" / "sample.flac").read_bytes()


@pytest.fixture(scope="session")
def sample(sample_file: bytes) -> Voice:
    """The bundled voice: nine seconds of flite."""
    return Voice(decode(sample_file), SAMPLE_TRANSCRIPT, "en")


def tone(seconds: float = 0.5, frequency: float = 220.0, sample_rate: int = 16000) -> Audio:
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return Audio((0.3 * np.sin(2 * np.pi * frequency * time)).astype(np.float32), sample_rate)
