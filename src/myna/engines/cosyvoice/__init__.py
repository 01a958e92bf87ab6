"""CosyVoice2 and Fun-CosyVoice3: text in word by word, audio out at once."""
