"""Many calls at once on one model: what neural engines share."""
