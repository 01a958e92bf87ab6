"""English: text to the phones of the CMU dictionary (ARPAbet)."""
