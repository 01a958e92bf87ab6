"""Reading weights: what every engine with published networks needs."""
