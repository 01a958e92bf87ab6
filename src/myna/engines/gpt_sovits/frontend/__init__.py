"""Text in, the phones GPT-SoVITS checkpoints were trained on out.

- `spoken_text.py` is what the engine asks; `bert.py` adds the meaning of Chinese.
- `front_end.py` reads text of any language: `segmenter.py` tells languages apart, `chinese/`,
  `cantonese.py`, `japanese.py`, `korean/` and `english/` read each, `symbols.py` numbers the
  phones.
- `word_phonemes.py` says which phones are those of a word, `unread.py` what has no reading;
  `resources.py` finds files that make readings closer to upstream's, `width.py` makes
  full-width letters plain.
"""
