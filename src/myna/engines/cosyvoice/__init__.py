"""CosyVoice2 and CosyVoice3: published checkpoints, text in piece by piece."""
