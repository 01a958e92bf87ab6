"""GPT-SoVITS: the published checkpoints, spoken by our own code."""
