"""Mandarin and Cantonese: what is not written in Chinese characters."""
