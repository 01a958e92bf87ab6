"""From semantic tokens to sound: VITS of v1 to v2ProPlus, flow matching and vocoders of v3, v4.

- `decoder.py` is what the decoder of every version promises.
- v1 to v2ProPlus: `vits_decoder.py`, over the network `vits.py`, which is `phonetic_encoder.py` (of
  `attention_encoder.py`), `residual_flow.py` (of `wavenet.py`) and `hifigan.py`. While tokens
  arrive, `speech_windows.py` makes the sound; on a GPU `recorded_speech.py`, by steps of
  `recorded_vits.py` and `recorded_features.py`, where `window_places.py` says.
- v3 and v4: `flow_decoder.py`. `mel_features.py` says what is said when; `mel_windows.py` follows
  `flow_matching.py`, along the velocity of `diffusion_transformer.py`, window by window;
  `window_batches.py` joins those of several calls. `mel_sound.py` makes sound of that by
  `mel_vocoders.py`: `bigvgan.py` in v3, `hifigan.py` in v4.
- `eight_bit_linear.py` and `half_linear.py` are linear layers in fewer bits.
"""
