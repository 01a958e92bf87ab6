"""The native interface."""
