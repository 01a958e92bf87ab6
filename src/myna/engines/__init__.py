"""Engines: one sentence in, sound out; wrappers around them, and what several of them share."""
