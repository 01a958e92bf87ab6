"""Text in, the phones GPT-SoVITS checkpoints were trained on out."""
