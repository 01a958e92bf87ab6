"""Signals: sound files, rates, spectra, pitch, where somebody speaks, cuts and joins.

- `codec/` reads and writes files. `resample.py` changes rates; `windowed_sinc.py` does so as what
  neural models were trained on was prepared.
- Spectra: `spectrum.py` over time, `envelope.py` without the pitch, `fbank.py` as Kaldi has them.
- `pitch.py` finds how high a voice is, `psola.py` changes that and the pace of finished speech,
  `vocoder.py` makes speech of pitch and envelope.
- In a recording, `activity.py` finds where somebody speaks, `speaker_change.py` where somebody
  else, `clipping.py` tops that are cut off; `runs.py` is what they share.
- For edits: `seams.py` finds where to cut, `coupling.py` where two recordings join best,
  `jumps.py` how much of that is heard; `matching.py` and `filters.py` make one sound like the
  other, `background.py` goes on in pauses, `replacement.py` puts the new sound in, `fades.py` ends
  it.
"""
