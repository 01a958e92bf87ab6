"""Signals: files, rates, levels, spectra."""
