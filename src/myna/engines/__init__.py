"""Engines: one sentence in, sound out."""
