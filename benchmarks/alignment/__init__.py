"""How well recordings are aligned with their words."""
