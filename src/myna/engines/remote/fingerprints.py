"""What tells one way of speaking from another."""

import hashlib


def fingerprint(kind: str, *parts: object) -> str:
    """Return a short text that changes with any of the parts, which must print as they are."""
    return f"{kind}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"


def description_key(known_as: str) -> str:
    """Return the key under which it is remembered what another Myna says of itself."""
    return fingerprint("description", known_as)


def hearsay_key(key: str) -> str:
    """Return the key beside it for what the server said to another machine, not to this one."""
    return f"hearsay {key}"
