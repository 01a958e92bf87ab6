"""CosyVoice2 and CosyVoice3: published checkpoints, text in piece by piece.

Where to look, in the order of a request:

- The door is `engine.py`; `synthesis.py` is the way from tokens of text to samples. `model.py`
  reads everything from the files that `files.py` finds; `execution.py` says how it is run.
- A voice is learned once: `prompt.py`, by the networks of `hearing.py`. `manner.py` chooses what
  the language model is told of it; `presets.py` has the speakers a model brings along.
- `text/`: `spoken_text.py` and `text_tokenizer.py` read it; while it arrives, `arriving_text.py`
  cuts it, `text_source.py` asks for it and `text_feed.py` hands it on.
- `tokens/`: a call for speech tokens is a generator of `turns.py`, over whole text or arriving
  text (`interleaving.py`); `language_slots.py` runs many by `language_model.py` and one of the
  `decoders.py`: exact (`qwen2.py`) or fast (`fast_decoder.py`, `decoder_graph.py`); on a GPU
  `captured_slots.py`. `token_sampling.py` chooses.
- `plausibility.py` judges what was drawn.
- `acoustic/` makes sound of them: `speech_stream.py` is its door.
- `gap_filling.py` goes the same way between two sides of a recording.
"""
