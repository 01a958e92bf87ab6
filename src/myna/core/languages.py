"""The languages Myna speaks."""

LANGUAGES = ("ko", "en", "ja", "zh", "yue")
"""Korean, English, Japanese, Mandarin, Cantonese."""

AUTO = "auto"
"""Ask for the language to be found from the text, with the voice's own as a hint."""
