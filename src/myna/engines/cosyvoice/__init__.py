"""CosyVoice2 and Fun-CosyVoice3: text to speech tokens to mel to sound."""
