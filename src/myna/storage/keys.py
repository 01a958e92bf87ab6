"""API keys: who may use the server, for what, as whom. Only digests of the secrets are kept."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa

from myna.core.errors import InvalidOption, RequestError

PREFIX = "myna"
ID_BYTES, SECRET_BYTES = 6, 32

_KEYS = sa.table(
    "api_keys",
    sa.column("id"),
    sa.column("secret_digest"),
    sa.column("name"),
    sa.column("owner"),
    sa.column("scopes"),
    sa.column("created_at"),
)


class Scope(StrEnum):
    """What a key may do."""

    SPEAK = "speak"
    """Speak and align."""
    VOICES = "voices"
    """Add, change and remove voices of its owner."""
    ADMIN = "admin"
    """See metrics and change what the server runs."""


class KeyNotFound(RequestError):
    """No API key has this id."""

    code = "key_not_found"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"No API key has the id {key_id!r}. `myna keys list` shows them all.")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: everything but the secret."""

    id: str
    """The public part of the key, to name it by."""
    name: str
    """What it is for."""
    owner: str
    """Whose voices it uses; empty: those of whoever runs the machine."""
    scopes: frozenset[Scope]
    created_at: str
    """ISO 8601, UTC."""
    secret_digest: str
    """SHA-256 of the secret. The secret has 256 random bits, so no slow hash is called for."""

    def opens_with(self, secret: str) -> bool:
        """Whether this is the key's secret, in a time that does not tell how nearly it is."""
        return hmac.compare_digest(self.secret_digest, _digest(secret))


class KeyBook:
    """Every API key of the server."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(self, name: str, scopes: Iterable[Scope], owner: str = "") -> tuple[ApiKey, str]:
        """Make a key. Returns it and, this once, the whole key to hand to its user.

        Raises `InvalidOption` for a name or an owner that cannot be shown.
        """
        for field, value in (("name", name), ("owner", owner)):
            if not value.isprintable():
                raise InvalidOption(field, value, "use printable characters")
        key_id, secret = secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
        key = ApiKey(
            id=key_id,
            name=name,
            owner=owner,
            scopes=frozenset(scopes),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            secret_digest=_digest(secret),
        )
        row = {
            "id": key.id,
            "secret_digest": key.secret_digest,
            "name": name,
            "owner": owner,
            "scopes": " ".join(sorted(key.scopes)),
            "created_at": key.created_at,
        }
        with self._database.begin() as connection:
            connection.execute(sa.insert(_KEYS).values(row))
        return key, f"{PREFIX}_{key_id}_{secret}"

    def list(self) -> list[ApiKey]:
        """Return every key, oldest first."""
        query = sa.select(_KEYS).order_by(_KEYS.c.created_at, _KEYS.c.id)
        with self._database.connect() as connection:
            return [_to_key(row) for row in connection.execute(query).mappings()]

    def remove(self, key_id: str) -> None:
        """Forget a key: it opens nothing from now on."""
        with self._database.begin() as connection:
            if connection.execute(sa.delete(_KEYS).where(_KEYS.c.id == key_id)).rowcount == 0:
                raise KeyNotFound(key_id)


def parts(presented: str) -> tuple[str, str] | None:
    """Take a presented key apart into id and secret, or return None where it is not one."""
    prefix, _, rest = presented.partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if prefix == PREFIX and secret else None


def _to_key(row: sa.RowMapping) -> ApiKey:
    scopes = frozenset(Scope(scope) for scope in row["scopes"].split())
    return ApiKey(
        row["id"], row["name"], row["owner"], scopes, row["created_at"], row["secret_digest"]
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
