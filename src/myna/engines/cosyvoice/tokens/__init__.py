"""From text to speech tokens: the language model, its runtimes, slots and draws."""
