import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from myna.core.errors import SettingsError
from myna.engines.catalog import EngineStatus
from myna.settings import Settings
from myna.studio.engine_builders import cosyvoice_files, gpt_sovits_files, how_it_runs
from myna.studio.wiring import build_engine, statuses

LISTING = """
import json, sys
from myna import Studio
studio = Studio.open()
told = {status.name: (status.ready, status.runs) for status in studio.engines()}
print(json.dumps([told, studio.is_ready(), "torch" in sys.modules]))
"""


@pytest.fixture
def files(home: Path) -> None:
    """Put a file wherever an engine looks for one; none of them is read by who only looks."""
    settings = Settings.load()
    for path in (*gpt_sovits_files(settings).missing, *cosyvoice_files(settings).missing):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def status_of(name: str) -> EngineStatus:
    return next(status for status in statuses(Settings.load()) if status.name == name)


@pytest.mark.usefixtures("files")
def test_listing_engines_that_no_setting_names_does_not_import_torch() -> None:
    done = subprocess.run([sys.executable, "-c", LISTING], capture_output=True, check=True)
    told, is_ready, imported = json.loads(done.stdout)
    assert (is_ready, imported) == (True, False)
    assert told == {name: [True, ""] for name in ("embedded", "gpt-sovits", "cosyvoice")}


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("engine", ["gpt-sovits", "cosyvoice"])
@pytest.mark.parametrize("failure", [RuntimeError, OSError, ImportError])
def test_a_torch_that_cannot_be_used_is_told_as_what_to_mend(
    engine: str, failure: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> bool:
        raise failure("CUDA driver error:\n the device is lost")

    monkeypatch.setattr(torch.cuda, "is_available", fail)
    monkeypatch.setenv("MYNA_ENGINES", f'["{engine}"]')
    status = status_of(engine)
    assert (status.ready, status.runs) == (False, "")
    assert status.remedy == "torch cannot be used: CUDA driver error: the device is lost"
    monkeypatch.setenv("MYNA_ENGINES", '["embedded"]')
    assert status_of(engine).ready, "nobody asked for its device"


@pytest.mark.parametrize("engine", ["gpt-sovits", "cosyvoice"])
def test_an_engine_is_not_built_on_another_device_than_its_setting_says(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = engine.replace("-", "_")
    monkeypatch.setenv(f"MYNA_{section.upper()}__DEVICE", "cuda:99")
    with pytest.raises(SettingsError, match=f"`{section}.device` is 'cuda:99', but torch"):
        build_engine(engine, Settings.load())


def test_how_an_engine_runs_is_told_by_runtime_and_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYNA_COSYVOICE__DEVICE", "cpu")
    monkeypatch.setenv("MYNA_COSYVOICE__RUNTIME", "exact")
    assert how_it_runs(Settings.load().cosyvoice, "cosyvoice") == "exact on cpu"
