"""Many calls at once on one model, in the same bits whoever else is served.

- `scheduler.py` steps the sequences of all calls; `desk.py` says whose sound is made first.
- `noise.py` has the numbers that decide draws; `telling.py` tells what goes wrong in a network.
- For a GPU: `device.py` finds it, `lane.py` records steps on a stream of its own, `lookahead.py`
  launches them ahead. `decode_attention.py` has slots attend, by `decode_kernel.py` where it runs;
  `row_independence.py` tries whether company changes a row.
"""
