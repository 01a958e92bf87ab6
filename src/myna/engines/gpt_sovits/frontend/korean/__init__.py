"""Korean: text to the letters of what is heard."""
