"""Engines that are servers: the sentence goes over the network, the sound comes back.

- Each kind of server has its file: `myna.py`, `gpt_sovits.py`, `openai.py`, `clova.py`.
- `speaking.py` is what all of them share. `transport.py` talks to a server, in a thread whose
  `channel.py` leads to whoever listens; `knobs.py` knows which options it can be told.
- In whose voice: `voices.py` knows what a server calls it, `references.py` puts a recording where
  a GPT-SoVITS server can read it.
- Another Myna sends `events.py` and says what it is (`description.py`), which is remembered
  (`acquaintance.py`).
- `fingerprints.py` tells ways of speaking apart, `place.py` names a server without its secrets.
"""
