"""GPT-SoVITS v1 to v4 from its published files: our own implementation of its networks."""
