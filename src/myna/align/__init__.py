"""Forced alignment: recording and transcript in, times out."""
