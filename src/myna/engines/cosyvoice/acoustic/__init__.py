"""From speech tokens to sound: flow matching to a mel spectrogram, then a vocoder.

- `speech_stream.py` makes the sound of one call from `mel_stream.py` and `sound_stream.py`;
  `request.py` says what and how, `tempo.py` how fast.
- The mel: `flow.py` is an encoder (`encoder.py`, `look_ahead.py`) and flow matching
  (`matching.py`, `flow_noise.py`) along the velocity of `unet.py` in CosyVoice2, `transformer.py`
  in CosyVoice3. `past.py` keeps what was computed, `prepared_prompts.py` what of voices.
- The sound: `vocoder.py` with `pitch.py` and `source.py`.
- `flow_desk.py` lets calls share a pass (`past_batch.py`); `published_stream.py`
  streams as the published code does.
- For a GPU, `recorded_matching.py` follows paths by steps of fixed sizes (`recorded_step.py`) that
  are recorded, over what calls remember in few pieces (`packed_past.py`, `recorded_past.py`).
  `recorded_filter.py` does so with the vocoder's filter, whose transforms are then those of
  `fourier.py`.
"""
