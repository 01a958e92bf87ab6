"""How fast GPT-SoVITS runs here, in the proportions of the published networks."""
