"""The nouns everything else is about: numpy and the standard library only."""
