"""How alike, how clear and how fast the embedded engine is, on any folder of recordings."""
