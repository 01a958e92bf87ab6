"""CosyVoice2 against the published code: `python -m benchmarks.cosyvoice`."""
