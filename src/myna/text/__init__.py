"""Written text: languages, sentences, how it is read.

- `cleaning.py` makes any text fit to be read; `languages.py` tells which language each part is in,
  by its script (`scripts.py`).
- `sentences.py` cuts it, where `sentence_ends.py` says that a mark ends the sentence.
- `reading.py` has the words and how each is said: by `words.py`, which knows the file of each
  language, such as `korean_words.py`, and `normalization/`, which puts figures and signs into
  words.
- `korean_pronunciation.py` and `espeak_spelling.py` spell words as they sound; `spans.py` finds
  words in a text by offset.
"""
