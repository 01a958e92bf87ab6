"""What stands between every door and every engine: `studio.py` is all that a door talks to."""
