"""GPT-SoVITS: the published checkpoints, spoken by our own code.

Where to look, in the order of a request:

- The door is `engine.py`. `model.py` reads everything from the files that `files.py` finds:
  `weights.py` and `lora.py` checkpoints, `model_folder.py` BERT and HuBERT. `execution.py` says
  how exactly it is computed.
- `voice/`: a voice is learned once, by `prompt.py`, from what is said (`hubert.py`,
  `quantizer.py`) and who says it (`voice_encoder.py`, `reference_encoder.py`,
  `speaker_vector.py`, `spectrograms.py`).
- `frontend/`: text is read by `spoken_text.py`; for Chinese, `bert.py` says its meaning.
- `tokens/`: `drawing.py` asks for semantic tokens, `semantic_slots.py` draws those of many calls
  by a runtime of `semantic_runtimes.py`: exact (`exact_graph_runtime.py`, or
  `text_to_semantic.py` in torch), fast (`fast_runtime.py`), both over `token_steps.py`; on a GPU
  `captured_slots.py`. `sampling.py` and `row_draws.py` choose.
- `speaking.py` is the way of a sentence. `observed.py` draws it, and reads off the decoder's
  attention which words are said when: `attention.py`, `attention_heads.py`, `attention_path.py` and
  `word_times.py` in `tokens/`, `word_phonemes.py` in `frontend/`. `plausibility.py` judges what was
  drawn.
- `sound/`: a `decoder.py` makes sound of them: `vits_decoder.py` in v1 to v2ProPlus,
  `flow_decoder.py` in v3 and v4.
- `gap_filling.py` goes the same way between two sides of a recording.
"""
