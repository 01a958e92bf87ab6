"""Weights and the layers they fill: what every engine with published networks needs.

- `plain.py` and `unpickling.py` read files; `tensors.py` has their tensors by name, `stored.py`
  where they are in the file, `rows.py` tables of which few rows are needed.
- `layers.py` has layers of more than one engine, `when_needed.py` networks that are read when they
  are needed; `making.py` tells of tensors that make no network, `digest_book.py` remembers digests.
"""
