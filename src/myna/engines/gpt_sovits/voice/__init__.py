"""What is known of a voice: its semantic tokens, spectra, speaker vector and text."""
