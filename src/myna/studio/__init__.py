"""The desk between every door and every engine."""
