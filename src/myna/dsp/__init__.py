"""Signals: sound files, rates, spectra, pitch, where somebody speaks, cuts and joins."""
