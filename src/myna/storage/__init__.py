"""What is kept: voices and finished sentences."""
