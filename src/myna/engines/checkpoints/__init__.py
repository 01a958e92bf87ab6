"""Weights and the layers they fill: what every engine with published networks needs."""
