"""The seed that was asked for, and others that follow from it."""

import hashlib
import secrets

from myna.core.speech import Options


def seed_of(options: Options) -> int:
    """Return the seed asked for, or any."""
    return secrets.randbits(62) if options.seed is None else options.seed


def derived(seed: int, purpose: str) -> int:
    """Return a seed of 63 bits for one purpose."""
    digest = hashlib.sha256(f"{seed} {purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
