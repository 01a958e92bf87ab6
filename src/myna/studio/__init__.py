"""Features that need engines, voices and what is kept: every door comes here.

- `studio.py` is what doors talk to. `wiring.py` makes its parts from settings, with
  `engine_builders.py` and `remote_builders.py`.
- `voices.py` makes a voice of a recording, and `reference_check.py` says what would make it better.
- `word_times.py` finds when words are said, `subtitles.py` writes it down; `plot.py` draws speech,
  with `fonts.py`.
- `editing/` puts other words into a recording.
- `preparation.py` fills the cache ahead of time, `carrying.py` takes it to another machine.
- `tally.py` counts what listeners got, `figures.py` puts that beside the goals.
- `weights_import.py` and `weights_switch.py` are about the weights of GPT-SoVITS.
"""
