"""Sound out of a loudspeaker."""
