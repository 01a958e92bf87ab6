"""The engine that needs no weights: espeak-ng's words in the reference's voice.

- `engine.py` is the door; `convert.py` turns what espeak-ng says into the voice, block by block.
- A voice is learned once, by `fit.py`: it lays what espeak-ng says of the same words (`source.py`)
  frame by frame (`warping.py`) over the reference, both as `analysis.py` sees them, and learns the
  way from one to the other (`mapping.py`; `unpaired.py` where nobody knows the words).
  `voice_fit.py` is what is kept of it.
"""
