"""Who is calling, and what they may do."""

import asyncio
import time
from dataclasses import dataclass

import jwt
from jwt.algorithms import RSAAlgorithm
from starlette.requests import HTTPConnection

from myna.core.errors import SettingsError
from myna.http.refusals import Forbidden, Unauthenticated
from myna.settings import HttpSettings
from myna.storage.keys import ApiKey, KeyBook, Scope, parts

REFRESH_SECONDS = 1.0  # a removed key opens nothing after this long
LEEWAY_SECONDS = 30  # clocks differ
SECRET_BYTES = 32  # a shorter HS256 secret can be guessed from one token

SUBPROTOCOL = "myna"
KEY_SUBPROTOCOL = "myna.key."
"""A web page's WebSocket can set no header. It offers the subprotocols `myna` and this + KEY."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody the server serves."""

    id: str
    """For bounds and logs: a key's id, a token's subject, or an address."""
    owner: str
    """Whose voices they use; empty: those of whoever runs the machine."""
    scopes: frozenset[Scope]
    is_known: bool
    """Whether they showed a key or a token."""

    def check(self, scope: Scope) -> None:
        """Raise `Forbidden` unless the caller may do this."""
        if scope in self.scopes:
            return
        if not self.is_known:
            raise Unauthenticated(f"This needs an API key with the scope {scope.value!r}.")
        raise Forbidden(
            f"Your key lacks the scope {scope.value!r}. `myna keys add NAME --scope {scope.value}` "
            "makes one that has it."
        )


class Access:
    """Finds out who is calling: an API key, a signed token, or anybody where that is allowed."""

    def __init__(self, settings: HttpSettings, keys: KeyBook | None = None) -> None:
        self._settings = settings
        self._keys = keys
        self._known: dict[str, ApiKey] = {}
        self._read_at = -REFRESH_SECONDS
        self._reading = asyncio.Lock()
        self._needs_key = _takes_tokens(settings)
        _check_signatures(settings)

    @property
    def is_open(self) -> bool:
        """Whether callers without key are served."""
        return self._settings.allow_anonymous or not self._needs_key

    async def caller(self, connection: HTTPConnection) -> Caller:
        """Return who is calling, or raise `Unauthenticated`."""
        await self._refresh()
        shown = _shown(connection, self._settings.jwt_cookie)
        if shown and (self._needs_key or not self.is_open):
            return self._known_caller(shown)
        if self.is_open:
            address = connection.client.host if connection.client else "somebody"
            return Caller(address, "", frozenset({Scope.SPEAK, Scope.VOICES}), is_known=False)
        raise Unauthenticated(
            "This server needs an API key: send it as `Authorization: Bearer KEY` or `X-API-Key`."
        )

    async def holder(self, shown: str) -> Caller:
        """Return whose key this is, for dialects that carry keys in other places."""
        await self._refresh()
        return self._known_caller(shown)

    def _known_caller(self, shown: str) -> Caller:
        if (split := parts(shown)) is not None:
            key = self._known.get(split[0])
            if key is not None and key.opens_with(split[1]):
                return Caller(key.id, key.owner, key.scopes, is_known=True)
            raise Unauthenticated("This API key opens nothing here.")
        if _takes_tokens(self._settings):
            return _bearer(shown, self._settings)
        raise Unauthenticated("This is not an API key of this server.")

    async def _refresh(self) -> None:
        if self._keys is None or time.monotonic() - self._read_at < REFRESH_SECONDS:
            return
        async with self._reading:
            if time.monotonic() - self._read_at < REFRESH_SECONDS:
                return
            keys = await asyncio.to_thread(self._keys.list)
            self._known = {key.id: key for key in keys}
            # Removing the last key must not open the door to everybody.
            self._needs_key = self._needs_key or bool(keys)
            self._read_at = time.monotonic()


def check_address(settings: HttpSettings, keys: KeyBook) -> None:
    """Refuse to listen to others without a key to know them by."""
    is_closed = _takes_tokens(settings) or bool(keys.list())
    if settings.host in LOOPBACK or is_closed or settings.allow_anonymous:
        return
    raise SettingsError(
        f"Listening on {settings.host!r} lets other machines in, and there are no API keys. Make "
        "one with `myna keys add NAME`, or say --allow-anonymous to serve everybody."
    )


def _check_signatures(settings: HttpSettings) -> None:
    """Refuse keys by which no token could be told from another, or none at all."""
    if settings.jwt_secret and len(settings.jwt_secret.get_secret_value()) < SECRET_BYTES:
        raise SettingsError(f"`http.jwt_secret` needs {SECRET_BYTES} characters or more.")
    if settings.jwt_public_key:
        try:
            RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(settings.jwt_public_key)
        except (jwt.PyJWTError, ValueError, TypeError):
            raise SettingsError(
                "`http.jwt_public_key` is no RSA key. Give its text (PEM), not the name of a file."
            ) from None


def _takes_tokens(settings: HttpSettings) -> bool:
    return bool(settings.jwt_secret or settings.jwt_public_key)


def _shown(connection: HTTPConnection, cookie: str) -> str:
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials.strip():
        return credentials.strip()
    given = connection.headers.get("x-api-key", "") or _offered(connection)
    return given or connection.cookies.get(cookie, "")


def _offered(connection: HTTPConnection) -> str:
    for protocol in connection.scope.get("subprotocols", ()):
        if protocol.startswith(KEY_SUBPROTOCOL):
            return str(protocol.removeprefix(KEY_SUBPROTOCOL))
    return ""


def _bearer(token: str, settings: HttpSettings) -> Caller:
    """Return whom a signed token speaks for. The algorithm is the key's, never the token's."""
    try:
        algorithm = jwt.get_unverified_header(token).get("alg")
        if algorithm == "HS256" and settings.jwt_secret:
            key = settings.jwt_secret.get_secret_value()
        elif algorithm == "RS256" and settings.jwt_public_key:
            key = settings.jwt_public_key
        else:
            raise Unauthenticated("This token is not signed in a way this server accepts.")
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=settings.jwt_audience,
            issuer=settings.jwt_issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "sub"]},
        )
    except jwt.ExpiredSignatureError:
        raise Unauthenticated("This token has expired. Ask for a new one.") from None
    except jwt.PyJWTError:
        raise Unauthenticated("This token is not valid here.") from None
    subject = str(claims["sub"])
    if not subject:
        raise Unauthenticated("This token does not say whom it is for (`sub`).")
    asked = str(claims.get("scope", Scope.SPEAK.value)).split()
    scopes = frozenset(scope for scope in Scope if scope.value in asked)
    return Caller(subject, subject, scopes, is_known=True)
