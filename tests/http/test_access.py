import time
from collections.abc import Callable

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from myna.core.errors import SettingsError
from myna.core.voice import Voice
from myna.http.auth import check_address
from myna.settings import HttpSettings, Settings
from myna.storage.keys import KeyBook, Scope
from myna.storage.voices import NewVoice
from myna.studio.wiring import open_keys
from tests.http.conftest import Running
from tests.unit.engines.doubles import BrokenEngine, ToneEngine

Serve = Callable[..., Running]

SECRET = "s" * 32
BODY = {"text": "가.", "voice": "sample"}


@pytest.fixture
def keys(settings: Settings) -> KeyBook:
    return open_keys(settings)


def speak(server: Running, key: str = "", **headers: str) -> httpx2.Response:
    if key:
        headers["authorization"] = f"Bearer {key}"
    return server.client.post("/v1/speech", json=BODY, headers=headers)


def token(**claims: object) -> str:
    return jwt.encode({"exp": time.time() + 60, "sub": "mina", **claims}, SECRET, "HS256")


def test_without_keys_this_machine_may_speak_whatever_key_it_shows(serve: Serve):
    server = serve(ToneEngine())
    assert speak(server).status_code == 200
    assert speak(server, "sk-of-another-service").status_code == 200


def test_a_key_opens_the_server_and_no_key_does_not(serve: Serve, keys: KeyBook):
    _, shown = keys.add("laptop", [Scope.SPEAK])
    server = serve(ToneEngine())
    assert speak(server, shown).status_code == 200
    assert speak(server, **{"x-api-key": shown}).status_code == 200
    for wrong in ("", shown[:-1], shown + "x", "myna_0_0", "bogus", "myna_"):
        response = speak(server, wrong)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert not wrong or wrong not in response.text


def test_a_removed_key_opens_nothing_and_leaves_the_door_closed(serve: Serve, keys: KeyBook):
    key, shown = keys.add("laptop", [Scope.SPEAK])
    server = serve(ToneEngine())
    assert speak(server, shown).status_code == 200
    keys.remove(key.id)
    server.wait_until(lambda: speak(server, shown).status_code == 401)
    assert speak(server).status_code == 401


def test_a_key_made_while_the_server_runs_closes_the_door(serve: Serve, keys: KeyBook):
    server = serve(ToneEngine())
    assert speak(server).status_code == 200
    _, shown = keys.add("laptop", [Scope.SPEAK])
    server.wait_until(lambda: speak(server).status_code == 401)
    assert speak(server, shown).status_code == 200


def test_a_key_does_only_what_its_scopes_say(serve: Serve, keys: KeyBook):
    _, speaker = keys.add("speaker", [Scope.SPEAK])
    _, admin = keys.add("admin", [Scope.ADMIN])
    server = serve(ToneEngine())

    def status(method: str, path: str, key: str) -> int:
        headers = {"authorization": f"Bearer {key}"}
        return server.client.request(method, path, headers=headers).status_code

    assert status("DELETE", "/v1/voices/sample", speaker) == 403
    assert status("GET", "/metrics", speaker) == 403
    assert status("GET", "/metrics", admin) == 200
    assert status("GET", "/v1/voices", admin) == 403
    assert server.client.get("/healthz").status_code == 200


def test_owners_never_meet(serve: Serve, keys: KeyBook, sample: Voice):
    shown = {owner: keys.add(owner, [Scope.SPEAK, Scope.VOICES], owner)[1] for owner in "ab"}
    server = serve(ToneEngine())
    server.studio.voices.of("a").add("mine", NewVoice(sample, b""))

    def status(method: str, path: str, owner: str, **body: object) -> int:
        headers = {"authorization": f"Bearer {shown[owner]}"}
        return server.client.request(method, path, headers=headers, **body).status_code

    mine = {"json": {"text": "가.", "voice": "mine"}}
    assert status("POST", "/v1/speech", "a", **mine) == 200
    assert status("POST", "/v1/speech", "b", **mine) == 404
    assert status("POST", "/v1/speech", "b", json=BODY) == 404
    assert status("GET", "/v1/voices/mine", "b") == 404
    assert status("GET", "/v1/voices/mine/reference", "b") == 404
    assert status("DELETE", "/v1/voices/mine", "b") == 404
    assert status("PATCH", "/v1/voices/mine", "b", json={"name": "x"}) == 404
    assert status("GET", "/v1/voices/mine", "a") == 200


def test_a_signed_token_speaks_for_its_subject(serve: Serve, sample: Voice):
    server = serve(ToneEngine(), jwt_secret=SECRET)
    server.studio.voices.of("mina").add("sample", NewVoice(sample, b""))
    assert speak(server).status_code == 401
    assert speak(server, token()).status_code == 200
    assert speak(server, cookie=f"myna_token={token()}").status_code == 200
    assert speak(server, token(sub="someone else")).status_code == 404
    assert speak(server, token(scope="voices")).status_code == 403


@pytest.mark.parametrize(
    "shown",
    [
        jwt.encode({"exp": 9e9, "sub": "mina"}, "x" * 32, "HS256"),
        jwt.encode({"exp": 1, "sub": "mina"}, SECRET, "HS256"),
        jwt.encode({"sub": "mina"}, SECRET, "HS256"),
        jwt.encode({"exp": 9e9}, SECRET, "HS256"),
        jwt.encode({"exp": 9e9, "sub": ""}, SECRET, "HS256"),
        jwt.encode({"exp": 9e9, "sub": "mina"}, "", "none"),
        jwt.encode({"exp": 9e9, "sub": "mina"}, SECRET + SECRET, "HS512"),
        "a.b.c",
    ],
    ids=["forged", "expired", "endless", "nobody", "empty", "unsigned", "other", "nonsense"],
)
def test_a_token_that_proves_nothing_opens_nothing(serve: Serve, shown: str):
    assert speak(serve(ToneEngine(), jwt_secret=SECRET), shown).status_code == 401


def test_a_token_is_checked_with_a_public_key_for_audience_and_issuer(serve: Serve):
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    server = serve(
        ToneEngine(), jwt_public_key=public.decode(), jwt_audience="speech", jwt_issuer="us"
    )

    def status(**claims: object) -> int:
        whole = {"exp": time.time() + 60, "sub": "m", "aud": "speech", "iss": "us", **claims}
        headers = {"authorization": f"Bearer {jwt.encode(whole, pem, 'RS256')}"}
        return server.client.get("/v1/voices", headers=headers).status_code

    assert status() == 200
    assert status(aud="other") == 401
    assert status(iss="other") == 401


def test_a_short_secret_is_refused(serve: Serve):
    with pytest.raises(SettingsError, match="32"):
        serve(ToneEngine(), jwt_secret="short")


def test_a_public_key_that_is_none_is_refused_at_once(serve: Serve):
    with pytest.raises(SettingsError, match=r"jwt_public_key.*PEM"):
        serve(ToneEngine(), jwt_public_key="/etc/myna/public.pem")


def test_another_address_needs_keys_or_an_explicit_word(keys: KeyBook):
    public = HttpSettings(host="0.0.0.0")
    with pytest.raises(SettingsError, match=r"0\.0\.0\.0.*myna keys add"):
        check_address(public, keys)
    check_address(HttpSettings(), keys)
    check_address(HttpSettings(host="0.0.0.0", allow_anonymous=True), keys)
    keys.add("laptop", [Scope.SPEAK])
    check_address(public, keys)


def test_pages_of_other_sites_are_refused_unless_configured(serve: Serve):
    page = {"origin": "https://page.example"}
    response = speak(serve(ToneEngine()), **page)
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers
    allowed = speak(serve(ToneEngine(), cors_origins=("https://page.example",)), **page)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://page.example"


def test_a_page_may_read_why_it_was_refused_and_by_whom_it_is_spoken(serve: Serve):
    page = {"origin": "https://page.example"}
    server = serve(ToneEngine(), cors_origins=("https://page.example",), body_bytes=10)
    refused = speak(server, **page)
    assert refused.status_code == 413
    assert refused.headers["access-control-allow-origin"] == "https://page.example"
    assert "X-Own-Voice" in refused.headers["access-control-expose-headers"]


def test_a_web_page_may_ask_before_it_calls(serve: Serve):
    asked = {"origin": "https://page.example", "access-control-request-method": "POST"}
    server = serve(ToneEngine(), cors_origins=("https://page.example",))
    answer = server.client.options("/v1/speech", headers=asked)
    assert answer.status_code == 200
    assert "POST" in answer.headers["access-control-allow-methods"]
    other = server.client.options(
        "/v1/speech", headers={**asked, "origin": "https://other.example"}
    )
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize("name", ["host", "origin"])
def test_an_address_that_is_none_is_refused(serve: Serve, name: str):
    response = speak(serve(ToneEngine()), **{name: "http://[" if name == "origin" else "["})
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "forbidden"


def test_the_servers_own_page_may_call(serve: Serve):
    server = serve(ToneEngine())
    assert speak(server, origin=server.url).status_code == 200


def test_a_name_that_only_points_at_this_machine_is_refused(serve: Serve):
    assert speak(serve(ToneEngine()), host="rebound.example:80").status_code == 403


def test_errors_tell_nothing_of_this_machine(serve: Serve, monkeypatch: pytest.MonkeyPatch):
    server = serve(BrokenEngine())

    def broken(*_: object) -> None:
        raise RuntimeError("cannot read /etc/secret")

    failed = speak(server)
    monkeypatch.setattr(server.service.studio, "engines", broken)
    crashed = server.client.get("/v1/engines")
    assert (failed.status_code, crashed.status_code) == (500, 500)
    assert crashed.json()["error"]["code"] == "internal_error"
    for response in (failed, crashed):
        for leak in ("/etc", "Traceback", ".py", "broken on purpose"):
            assert leak not in response.text
        assert response.json()["error"]["request_id"] in response.text


def test_a_web_page_shows_its_key_as_a_subprotocol(serve: Serve, keys: KeyBook):
    _, shown = keys.add("laptop", [Scope.SPEAK])
    url = serve(ToneEngine()).url.replace("http", "ws") + "/v1/speech/stream"
    with connect(
        url, subprotocols=[Subprotocol("myna"), Subprotocol(f"myna.key.{shown}")]
    ) as socket:
        assert socket.subprotocol == "myna"
    with pytest.raises(InvalidStatus) as refused:
        connect(url, subprotocols=[Subprotocol("myna.key.myna_0_0")])
    assert refused.value.response.status_code == 401
