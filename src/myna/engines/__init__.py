"""Engines: one sentence in, sound out; wrappers around them, and what several of them share.

- `embedded/`, `gpt_sovits/`, `cosyvoice/` and `remote/` speak; `catalog.py` lists them.
- Wrappers are engines: `cached.py`, `fallback.py` and `resuming.py`, over `wrapping.py`. A chain
  lets what failed rest (`resting.py`) and cuts arriving text for engines that need whole sentences
  (`sentence_by_sentence.py`); `time_line.py` lays stretches of speech one after another.
- Of voices, `reference_window.py` takes the best few seconds, and `prompts.py` keeps what was
  learned.
- Neural engines share `batching/`, `attempts/`, `checkpoints/`, `graphs/` and `presence.py`.
"""
