"""Korean: what is not written in Hangul."""
