"""GPT-SoVITS: the published checkpoints, spoken by our own code.

Where to look, in the order of a request:

- The door is `engine.py`. `model.py` reads everything from the files that `files.py` finds:
  `weights.py` and `lora.py` checkpoints, `model_folder.py` BERT and HuBERT. `execution.py` says
  how exactly it is computed.
- A voice is learned once: `prompt.py`, from what is said (`hubert.py`, `quantizer.py`) and who
  says it (`voice_encoder.py`, `reference_encoder.py`, `speaker_vector.py`, `spectrograms.py`).
- Text is read: `spoken_text.py`, by `frontend/` and, for Chinese, `bert.py`.
- Semantic tokens are drawn: `drawing.py` asks for them, `semantic_slots.py` draws those of many
  calls by a runtime of `semantic_runtimes.py`: exact (`exact_graph_runtime.py`, or
  `text_to_semantic.py` in torch), fast (`fast_runtime.py`), both over `token_steps.py`; on a GPU
  `captured_slots.py`. `sampling.py` and `row_draws.py` choose, `plausibility.py` judges.
- Sound is made of them by a `decoder.py`: `vits_decoder.py` with `vits.py` in v1 to v2ProPlus;
  `flow_decoder.py` with `mel_windows.py`, `flow_matching.py` and `mel_vocoders.py` in v3 and v4.
- `gap_filling.py` goes the same way between two sides of a recording.
"""
