"""Engines that are servers: the sentence goes over the network, the sound comes back."""
