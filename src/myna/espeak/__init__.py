"""espeak-ng, as a library."""
