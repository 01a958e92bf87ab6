"""Other words in a recording, every other sample kept.

- `edit.py` has the steps. `revision.py` finds which words change, `openings.py` where their sound
  goes.
- `own_voice.py` makes a voice of what is kept. `takes.py` has the new words spoken in it until they
  fit; `infilling.py` asks an engine that hears both sides of the gap instead.
- `room.py` lets channels and background carry on; `report.py` tells what was replaced.
"""
