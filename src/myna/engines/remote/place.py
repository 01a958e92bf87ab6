"""Where a server is, as it may be told to anybody."""

import re

_PLACE = re.compile(r"([a-z]+://)(?:[^/?#]*@)?([^/?#]*)", re.IGNORECASE)


def place_of(url: str) -> str:
    """Return the scheme, host and port of a URL: no user, no password, no path or query."""
    found = _PLACE.match(url)
    return "".join(found.groups()) if found else "an address that is no URL"
