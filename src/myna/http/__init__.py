"""Myna over HTTP: the only room with `async` in it."""
