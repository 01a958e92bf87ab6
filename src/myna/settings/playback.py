"""Settings of the loudspeaker."""

from typing import Literal

from myna.settings.section import Section


class PlaybackSettings(Section):
    """How `myna say --play` plays."""

    player: Literal["sounddevice", "aplay", "pw-play", "afplay"] | None = None
    """What to play with. Unset: the first of these that is there."""
    device: str | None = None
    """The sound device, as the player names it. Unset: its default."""
