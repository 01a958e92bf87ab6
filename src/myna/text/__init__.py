"""Written text: languages, sentences, how it is read."""
