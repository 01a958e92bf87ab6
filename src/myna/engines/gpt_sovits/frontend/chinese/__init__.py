"""Mandarin: written Chinese to the two phones of each syllable."""
