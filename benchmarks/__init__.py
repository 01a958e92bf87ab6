"""What Myna is measured with."""
