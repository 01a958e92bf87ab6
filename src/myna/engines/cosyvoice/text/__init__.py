"""Text in, piece by piece or at once: normalised, in token ids."""
