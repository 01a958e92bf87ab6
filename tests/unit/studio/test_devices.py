import pytest

from myna.core.errors import SettingsError
from myna.settings import Settings
from myna.studio.engine_builders import how_it_runs
from myna.studio.wiring import build_engine


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
