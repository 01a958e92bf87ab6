"""What is kept: voices, finished sentences, keys, counts, and the files of models."""
