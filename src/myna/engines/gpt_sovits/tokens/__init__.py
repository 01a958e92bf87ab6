"""From phones to semantic tokens: the decoder, its runtimes, slots and draws."""
