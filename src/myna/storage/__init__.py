"""What is kept: voices, finished sentences, keys, counts, and the files of models.

- `database.py` opens SQLite or PostgreSQL; in it are `voices.py`, `keys.py` and `counts.py`.
  Recordings are in `blobs.py`, a folder, or `bucket.py`. `moving.py` copies all of that from one
  kind of storage to another.
- `results.py` is the cache of finished sentences, `archives.py` carries it to another machine;
  `memory.py` keeps what else was dear to come by, `recent.py` what was used last.
- `models.py` lists the files of each model. `downloads.py` brings them, from `hub.py` or from a
  folder (`installations.py`), and `checksums.py` compares them.
"""
