"""The cache of a machine that reached a server, on one that need not."""

import io
from pathlib import Path

import pytest

from myna.core.speech import SpeechRequest
from myna.core.voice import Voice
from myna.engines.remote.fingerprints import description_key
from myna.settings import RemoteSettings, Settings
from myna.storage.archives import export_results
from myna.studio.carrying import export_cache, import_cache
from myna.studio.studio import Studio
from myna.studio.wiring import open_results
from tests.http.conftest import serve
from tests.unit.engines.doubles import ToneEngine
from tests.unit.engines.remote.scripted import PATIENT
from tests.unit.engines.remote.test_myna import NO_DESCRIPTIONS, Serve

__all__ = ["serve"]

NOBODY = "http://127.0.0.1:9"


def machine(folder: Path, url: str) -> Settings:
    """Return the settings of a machine that speaks through the server, and in no other way."""
    own = RemoteSettings.model_validate(
        {"kind": "myna", "url": url, "identity": "kitchen", **PATIENT, "retries": 0}
    )
    return Settings(home=folder, engines=("there",), remotes={"there": own})


def carry(here: Settings, there: Settings) -> None:
    file = io.BytesIO()
    export_cache(here, file)
    import_cache(there, io.BytesIO(file.getvalue()))


def replays(settings: Settings, voice: Voice) -> bool:
    """Say a sentence; return whether it was there."""
    chunks = list(Studio.open(settings).stream(SpeechRequest("Hello.", voice, "en")))
    return all(chunk.cached for chunk in chunks)


def test_a_device_that_never_saw_the_server_replays_its_sentences(
    serve: Serve, sample: Voice, tmp_path: Path
):
    here, device = machine(tmp_path / "a", serve(ToneEngine()).url), machine(tmp_path / "b", NOBODY)
    assert not replays(here, sample)
    carry(here, device)
    assert replays(device, sample)


def test_what_a_server_told_a_machine_itself_outlives_every_import(
    serve: Serve, sample: Voice, tmp_path: Path
):
    server = serve(ToneEngine())
    old, device = machine(tmp_path / "a", server.url), machine(tmp_path / "b", server.url)
    replays(old, sample)
    server.studio.engine = ToneEngine(sample_rate=22050)
    replays(device, sample)
    carry(old, device)
    assert Studio.open(device).engine.capabilities.sample_rate == 22050
    assert replays(device, sample)


def test_of_two_imports_the_later_counts(serve: Serve, sample: Voice, tmp_path: Path):
    server, device = serve(ToneEngine()), machine(tmp_path / "device", NOBODY)
    for rate in (16000, 22050):
        server.studio.engine = ToneEngine(sample_rate=rate)
        here = machine(tmp_path / str(rate), server.url)
        replays(here, sample)
        carry(here, device)
        assert Studio.open(device).engine.capabilities.sample_rate == rate
        assert replays(device, sample)


def test_what_was_imported_can_be_carried_on(serve: Serve, sample: Voice, tmp_path: Path):
    here = machine(tmp_path / "a", serve(ToneEngine()).url)
    devices = machine(tmp_path / "b", NOBODY), machine(tmp_path / "c", NOBODY)
    replays(here, sample)
    carry(here, devices[0])
    carry(devices[0], devices[1])
    assert replays(devices[1], sample)


@pytest.mark.parametrize("told", NO_DESCRIPTIONS)
def test_what_an_archive_says_of_a_server_is_left_out_where_it_says_nothing(
    sample: Voice, tmp_path: Path, told: bytes, caplog: pytest.LogCaptureFixture
):
    device, file = machine(tmp_path, NOBODY), io.BytesIO()
    export_results(open_results(device), file, {description_key("kitchen"): told})
    import_cache(device, io.BytesIO(file.getvalue()))
    assert [line for line in caplog.messages if "is left out" in line]
    assert list((tmp_path / "prompts").glob("*")) == []
    assert "en" in Studio.open(device).engine.capabilities.languages
