"""What neural engines share: many calls at once on one model, and a look at what came."""
