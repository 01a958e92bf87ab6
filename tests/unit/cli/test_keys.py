import pytest
from typer.testing import CliRunner

from myna.cli.app import app
from myna.settings import Settings
from myna.storage.keys import KeyNotFound, Scope
from myna.studio.wiring import open_keys

run = CliRunner().invoke


def test_a_key_is_shown_once_and_only_its_digest_kept(settings: Settings):
    shown = run(app, ["keys", "add", "laptop", "--scope", "voices", "--owner", "mina"])
    assert shown.exit_code == 0
    (key,) = open_keys(settings).list()
    whole = next(line for line in shown.stdout.splitlines() if line.startswith("myna_"))
    secret = whole.split("_", 2)[2]
    assert key.opens_with(secret)
    assert not key.opens_with(secret[:-1])
    assert (key.name, key.owner, key.scopes) == ("laptop", "mina", {Scope.VOICES})
    listed = run(app, ["keys", "list"]).stdout
    assert key.id in listed
    assert secret not in listed
    assert secret.encode() not in (settings.home / "myna.db").read_bytes()


def test_a_key_is_removed_by_its_id(settings: Settings):
    run(app, ["keys", "add", "laptop"])
    (key,) = open_keys(settings).list()
    assert run(app, ["keys", "remove", key.id]).exit_code == 0
    assert open_keys(settings).list() == []
    with pytest.raises(KeyNotFound, match=key.id):
        open_keys(settings).remove(key.id)


def test_serving_others_without_a_key_is_refused():
    refused = run(app, ["serve", "--host", "0.0.0.0"])
    assert refused.exit_code != 0
    assert "myna keys add" in str(refused.exception)
