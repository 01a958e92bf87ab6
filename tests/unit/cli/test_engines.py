import json
import socket
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from myna.cli.app import app
from myna.core.errors import SettingsError
from myna.engines.catalog import EngineNotFound
from myna.settings import Settings
from myna.studio.studio import Studio
from tests.unit.engines.remote.scripted import SPEECH, scripted

SERVER = '[remotes.{name}]\nkind = "openai"\nurl = "{url}"\nvoice = "alloy"\n'


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result


def test_servers_are_shown_with_the_reason_where_they_cannot_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        gone = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with scripted(lambda request: request.answer(200, b"{}")) as server:
        Path("myna.toml").write_text(
            SERVER.format(name="kitchen", url=server.url) + SERVER.format(name="attic", url=gone)
        )
        shown = {status["name"]: status for status in json.loads(run("engines", "--json").stdout)}
    assert shown["kitchen"]["ready"] is True
    assert shown["attic"]["ready"] is False
    assert "refused" in shown["attic"]["remedy"]
    assert shown["attic"]["summary"] == f"openai at {gone}"


def test_a_password_in_a_servers_address_is_shown_to_nobody():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        gone = f"127.0.0.1:{closed.getsockname()[1]}"
    with scripted(lambda request: request.answer(200, b"{}")) as server:
        let_in = server.url.replace("://", "://me:hush@")
        Path("myna.toml").write_text(
            SERVER.format(name="kitchen", url=let_in)
            + SERVER.format(name="attic", url=f"http://me:hush@{gone}/v1?token=hush")
        )
        listed = run("engines", "--json").stdout
    shown = {status["name"]: status for status in json.loads(listed)}
    assert shown["kitchen"]["ready"] is True
    assert shown["kitchen"]["summary"] == f"openai at {server.url}"
    assert shown["attic"]["summary"] == f"openai at http://{gone}"
    assert f"'attic' at http://{gone} cannot be reached" in shown["attic"]["remedy"]
    assert "hush" not in listed


def test_a_voice_of_the_servers_own_is_said_to_be_one():
    with scripted(lambda request: request.answer(200, SPEECH)) as server:
        Path("myna.toml").write_text(
            'engines = ["kitchen", "embedded"]\n' + SERVER.format(name="kitchen", url=server.url)
        )
        for _ in range(2):  # the second time from the cache
            said = run("say", "Hello there.", "-o", "hello.wav")
            assert "'kitchen' spoke in a voice of its own" in said.stderr
        assert len(server.requests) == 1


def test_the_servers_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    Path("myna.toml").write_text(SERVER.format(name="kitchen", url="http://a"))
    monkeypatch.setenv("MYNA_REMOTES__KITCHEN__KEY", "hush")
    settings = Settings.load()
    own = settings.remotes["kitchen"]
    assert own.key is not None
    assert own.key.get_secret_value() == "hush"
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (SERVER.format(name="embedded", url="http://a"), "embedded"),
        ('[remotes.a]\nkind = "telepathy"\n', "remotes.a.kind"),
        ('[remotes.a]\nkind = "openai"\nurl = "server:8000"\n', "remotes.a.url"),
        ('[remotes.a]\nkind = "openai"\nhost = "x"\n', "remotes.a.host"),
        ('engines = ["a"]\n[remotes.a]\nkind = "myna"\n', "remotes.a.url"),
        ('engines = ["a"]\n[remotes.a]\nkind = "clova"\n', "key_id"),
    ],
)
def test_a_wrong_remote_is_refused_by_name(toml: str, told: str):
    Path("myna.toml").write_text(toml)
    with pytest.raises(SettingsError, match=told):
        Studio.open()


def test_an_unknown_engine_is_told_which_there_are():
    Path("myna.toml").write_text(
        'engines = ["kitchn"]\n' + SERVER.format(name="kitchen", url="http://a")
    )
    with pytest.raises(EngineNotFound, match=r"embedded, .*, kitchen"):
        Studio.open()
