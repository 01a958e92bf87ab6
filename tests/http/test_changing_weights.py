"""Other weights behind a running GPT-SoVITS engine's name."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import urlencode

import pytest
import torch

from myna.core.errors import WeightsMissing
from myna.settings import HttpSettings, Settings
from myna.storage.keys import Scope
from myna.studio.studio import Studio
from myna.studio.weights_switch import WeightsSwitch
from myna.studio.wiring import open_keys
from tests.http.conftest import Running, running
from tests.unit.engines.gpt_sovits.tiny_checkpoints import (
    GPT_FILES,
    SOVITS_FILES,
    sovits_shapes,
    weights,
    write_installation,
)

TEXT = "Tea is ready. Come along now. The kettle is on, and there is cake."


class Administered:
    """A server, and what its administrator may ask of it."""

    def __init__(self, server: Running, key: str) -> None:
        self.server = server
        self._headers = {"X-API-Key": key}

    def get(self, path: str, **query: str) -> tuple[int, dict[str, str]]:
        answer = self.server.client.get(path, params=query, headers=self._headers)
        return answer.status_code, answer.json()

    def speech(self) -> bytes:
        with self.stream() as answer:
            return answer.read()

    def stream(self):  # type: ignore[no-untyped-def]  # a context manager of the client's own
        body = {"text": TEXT, "voice": "sample", "language": "en", "seed": 4, "format": "pcm"}
        return self.server.client.stream("POST", "/v1/speech", json=body, headers=self._headers)


@pytest.fixture
def administered(tmp_path: Path, settings: Settings) -> Iterator[Administered]:
    folder = tmp_path / "weights"
    for version in ("v1", "v2ProPlus"):
        write_installation(folder, version)
    (folder / "torn.ckpt").write_bytes(b"nothing")
    own = settings.gpt_sovits.model_copy(update={"folder": folder})
    chosen = settings.model_copy(
        update={
            "engines": ("gpt-sovits",),
            "gpt_sovits": own,
            "cache": settings.cache.model_copy(update={"enabled": False}),
        }
    )
    key = open_keys(settings).add("root", scopes=[Scope.SPEAK, Scope.ADMIN])[1]
    studio = Studio.open(chosen)
    with running(studio, HttpSettings(admin_operations=True), chosen) as server:
        yield Administered(server, key)


def test_a_running_speech_ends_on_the_weights_it_began_with(administered: Administered):
    before = administered.speech()
    with administered.stream() as answer:
        pieces = answer.iter_raw()
        heard = next(pieces)
        names = {"gpt_model_path": GPT_FILES["v1"], "sovits_model_path": SOVITS_FILES["v1"]}
        assert administered.get("/set_model", **names) == (200, {"code": 0, "message": "Success"})
        after = administered.speech()
        heard += b"".join(pieces)
    assert heard == before
    assert after != before


def test_networks_changed_one_by_one_count_once_they_belong_together(administered: Administered):
    before = administered.speech()
    status, told = administered.get("/set_gpt_weights", weights_path=GPT_FILES["v1"])
    assert status == 400
    assert "belong together" in told["Exception"]
    assert administered.speech() == before
    status, told = administered.get("/set_sovits_weights", weights_path=SOVITS_FILES["v1"])
    assert (status, told) == (200, {"message": "success"})
    assert administered.speech() != before


@pytest.mark.parametrize("prefix", ["GPT_SoVITS/pretrained_models/", "./", "published/"])
def test_published_weights_are_found_where_gpt_sovits_has_them_and_through_links(
    administered: Administered, tmp_path: Path, prefix: str
):
    """`myna import-weights` links what it takes over."""
    (tmp_path / "weights" / "published").mkdir()
    for name in (GPT_FILES["v2ProPlus"], SOVITS_FILES["v2ProPlus"]):
        link = tmp_path / "weights" / "published" / name
        link.parent.mkdir(exist_ok=True)
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        away = (tmp_path / "weights" / name).rename(tmp_path / "elsewhere" / Path(name).name)
        link.symlink_to(away)
        (tmp_path / "weights" / name).symlink_to(away)
    names = {
        "gpt_model_path": prefix + GPT_FILES["v2ProPlus"],
        "sovits_model_path": prefix + SOVITS_FILES["v2ProPlus"],
    }
    assert administered.get("/set_model", **names) == (200, {"code": 0, "message": "Success"})


@pytest.mark.parametrize(
    "path", ["none.ckpt", "torn.ckpt", "../weights/torn.ckpt", "/etc/passwd", SOVITS_FILES["v1"]]
)
def test_weights_that_cannot_be_had_change_nothing(
    administered: Administered, tmp_path: Path, path: str
):
    status, told = administered.get("/set_gpt_weights", weights_path=path)
    assert status == 400
    assert told["message"] == "change gpt weight failed"
    assert Path(path).name in told["Exception"]
    assert str(tmp_path) not in told["Exception"]


def test_only_administrators_change_weights(administered: Administered):
    target = "/set_gpt_weights?" + urlencode({"weights_path": GPT_FILES["v1"]})
    assert administered.server.client.get(target).status_code in (401, 403)


def test_of_weights_that_do_not_say_their_version_the_setting_does(
    tmp_path: Path, settings: Settings
):
    write_installation(tmp_path, "v4")
    unmarked = tmp_path / "mine.pth"
    torch.save({"weight": weights(sovits_shapes("v4")), "config": {}, "info": ""}, unmarked)
    for version, outcome in (("v4", nullcontext()), (None, pytest.raises(WeightsMissing))):
        own = settings.gpt_sovits.model_copy(update={"folder": tmp_path, "version": version})
        chosen = settings.model_copy(update={"engines": ("gpt-sovits",), "gpt_sovits": own})
        studio = Studio.open(chosen)
        with outcome:
            WeightsSwitch(studio).change(vits=unmarked)
            assert studio.settings.gpt_sovits.vits_weights == unmarked
