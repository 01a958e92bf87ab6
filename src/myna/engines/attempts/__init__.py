"""Attempts at a sentence or a gap: whether what was drawn can be the words, and drawing again.

- `plausibility.py` judges by number and loops, and draws until nothing is wrong; `listening.py`
  judges by what is heard.
- `gaps.py` draws what goes into a gap of a recording; `token_fit.py` finds where the recording
  takes over again.
- `seeds.py` has another seed for each attempt.
"""
