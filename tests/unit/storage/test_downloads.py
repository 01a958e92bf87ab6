"""Pulling a model from a hub over real sockets, and from a folder."""

import hashlib
import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from myna.core.errors import StorageError
from myna.storage import downloads
from myna.storage.checksums import LIST, matches
from myna.storage.downloads import DownloadFailed, Plan, Source, carry_out, plan
from myna.storage.hub import Hub
from myna.storage.installations import Folder
from myna.storage.models import (
    GPT_SOVITS_MODELS,
    Model,
    ModelFile,
    ModelNotFound,
    find_model,
    missing_files,
)
from tests.unit.storage.hub_server import HubServer, serving

LARGE = "gsv/epoch=12-step=3.ckpt"
SMALL = "bert/config.json"
CONTENT = {LARGE: bytes(range(256)) * 40, SMALL: b'{"a": 1}'}
MODEL = Model("tiny", "v0", (ModelFile(LARGE, "MIT"), ModelFile(SMALL, "Apache-2.0")))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    # huggingface_hub writes only whole pieces of this size; by default 10 MB.
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)
    with serving(dict(CONTENT)) as server:
        yield server


def pull(source: Source, folder: Path, model: Model = MODEL) -> Plan:
    planned = plan(model, folder, source)
    carry_out(planned, source, lambda path, count: None)
    return planned


def parts(folder: Path) -> list[Path]:
    return list(folder.rglob("*.part"))


def assert_complete(folder: Path) -> None:
    for path, content in CONTENT.items():
        assert (folder / path).read_bytes() == content
        assert f"{hashlib.sha256(content).hexdigest()}  {path}" in (folder / LIST).read_text()
    assert parts(folder) == []


def test_a_model_arrives_whole_through_redirects(hub: HubServer, tmp_path: Path):
    planned = plan(MODEL, tmp_path / "m", Hub(hub.endpoint))
    assert planned.size == sum(map(len, CONTENT.values()))
    assert planned.licences == {"MIT": (LARGE,), "Apache-2.0": (SMALL,)}
    came: Counter[str] = Counter()
    carry_out(planned, Hub(hub.endpoint), lambda path, count: came.update({path: count}))
    assert came == {path: len(content) for path, content in CONTENT.items()}
    assert_complete(tmp_path / "m")


def test_what_is_there_is_not_fetched_again(hub: HubServer, tmp_path: Path):
    pull(Hub(hub.endpoint), tmp_path)
    hub.transfers.clear()
    assert pull(Hub(hub.endpoint), tmp_path).present == (LARGE, SMALL)
    assert hub.transfers == []


def test_a_damaged_file_is_fetched_again(hub: HubServer, tmp_path: Path):
    pull(Hub(hub.endpoint), tmp_path)
    (tmp_path / LARGE).write_bytes(bytes(len(CONTENT[LARGE])))
    assert pull(Hub(hub.endpoint), tmp_path).present == (SMALL,)
    assert_complete(tmp_path)


def test_a_dropped_connection_is_taken_up_where_it_broke(hub: HubServer, tmp_path: Path):
    hub.cut_after = [4000]
    pull(Hub(hub.endpoint), tmp_path)
    assert hub.ranges == ["bytes=4000-"]
    assert_complete(tmp_path)


def test_the_next_run_goes_on_where_the_last_one_stopped(hub: HubServer, tmp_path: Path):
    hub.cut_after, hub.refuse_after_cut = [3000], True
    with pytest.raises(DownloadFailed, match="HTTP 503"):
        pull(Hub(hub.endpoint), tmp_path)
    assert [part.stat().st_size for part in parts(tmp_path)] == [3000]
    assert not (tmp_path / LARGE).exists()
    hub.refuse_after_cut = False
    hub.ranges.clear()
    pull(Hub(hub.endpoint), tmp_path)
    assert hub.ranges == ["bytes=3000-"]
    assert_complete(tmp_path)


@pytest.mark.parametrize("path", [LARGE, SMALL])
def test_other_bytes_than_announced_are_refused(hub: HubServer, tmp_path: Path, path: str):
    hub.corrupt.add(path)
    with pytest.raises(DownloadFailed, match="were announced"):
        pull(Hub(hub.endpoint), tmp_path)
    assert not (tmp_path / path).exists()
    assert parts(tmp_path) == []


def test_a_digest_known_beforehand_binds_the_hub_too(hub: HubServer, tmp_path: Path):
    model = Model("tiny", "v0", (ModelFile(SMALL, "MIT", sha256="0" * 64),))
    with pytest.raises(DownloadFailed, match="0000"):
        pull(Hub(hub.endpoint), tmp_path, model)


def test_a_file_the_hub_lacks_is_named(hub: HubServer, tmp_path: Path):
    del hub.files[LARGE]
    with pytest.raises(DownloadFailed, match="epoch=12-step=3"):
        pull(Hub(hub.endpoint), tmp_path)


def test_a_hub_that_cannot_be_reached_is_said(tmp_path: Path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(DownloadFailed, match="No connection"):
            pull(Hub(endpoint), tmp_path)


def test_a_full_disk_is_found_before_anything_is_fetched(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(downloads, "SPARE_BYTES", shutil.disk_usage(tmp_path).total)
    with pytest.raises(StorageError, match="Free some space"):
        pull(Hub(hub.endpoint), tmp_path / "not" / "there")
    assert hub.transfers == []


def test_a_pulled_folder_serves_another_machine(hub: HubServer, tmp_path: Path):
    pull(Hub(hub.endpoint), tmp_path / "one")
    pull(Folder(tmp_path / "one"), tmp_path / "two")
    assert_complete(tmp_path / "two")
    content = bytearray(CONTENT[LARGE])
    content[5] ^= 1
    (tmp_path / "one" / LARGE).write_bytes(content)
    with pytest.raises(DownloadFailed, match="were announced"):
        pull(Folder(tmp_path / "one"), tmp_path / "three")


def test_a_folder_that_lacks_a_file_is_told_by_its_name(tmp_path: Path):
    with pytest.raises(DownloadFailed, match="epoch=12"):
        pull(Folder(tmp_path), tmp_path / "models")


def test_git_digests_are_those_git_gives(tmp_path: Path):
    (tmp_path / "hello").write_bytes(b"hello\n")
    assert matches(tmp_path / "hello", "ce013625030ba8dba906f756967f9e9ca394464a")


@pytest.mark.parametrize("model", GPT_SOVITS_MODELS.values(), ids=GPT_SOVITS_MODELS.keys())
def test_missing_files_are_the_needed_ones_not_there(model: Model, tmp_path: Path):
    needed = [file.path for file in model.files if file.needed]
    assert list(missing_files(model.version, tmp_path)) == needed
    for path in needed[1:]:
        (tmp_path / "gpt-sovits" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "gpt-sovits" / path).touch()
    assert missing_files(model.version, tmp_path) == (needed[0],)


def test_only_the_pro_models_need_the_speaker_network():
    with_it = {
        name
        for name, model in GPT_SOVITS_MODELS.items()
        if any("sv/" in f.path for f in model.files)
    }
    assert with_it == {"gpt-sovits-v2pro", "gpt-sovits-v2proplus"}


def test_an_unknown_model_is_refused_with_the_names_there_are():
    with pytest.raises(ModelNotFound, match="gpt-sovits-v2proplus"):
        find_model("gpt-sovits-v9")
