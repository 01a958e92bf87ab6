"""Japanese: what is not written in kana."""
