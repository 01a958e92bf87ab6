"""English: what is not written in words."""
