"""What a listener hears when servers fail."""
