"""From speech tokens to sound: flow matching to a mel spectrogram, then a vocoder."""
