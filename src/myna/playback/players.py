"""Which player to use."""

from collections.abc import Callable

from myna.core.errors import PlaybackError
from myna.playback import programs
from myna.playback.player import Player
from myna.playback.portaudio import PortAudioPlayer

PLAYERS: dict[str, Callable[[str | None], Player]] = {
    "sounddevice": PortAudioPlayer,
    "aplay": programs.aplay,
    "pw-play": programs.pw_play,
    "afplay": programs.afplay,
}
"""Every player by name, the one to prefer first."""


def open_player(name: str | None = None, device: str | None = None) -> Player:
    """Return the player of this name; None: the first that is there. Raises `PlaybackError`."""
    if name is not None:
        if name not in PLAYERS:
            raise PlaybackError(f"No player is named {name!r}. There are: {', '.join(PLAYERS)}.")
        if name != "sounddevice" and not programs.is_found(name):
            raise PlaybackError(f"The program {name!r} is not installed, or not on the PATH.")
        return PLAYERS[name](device)
    reasons = []
    for program, make in PLAYERS.items():
        try:
            if program == "sounddevice" or programs.is_found(program):
                return make(device)
        except PlaybackError as error:
            reasons.append(str(error))
    raise PlaybackError(
        "Nothing here can play sound. Install the package sounddevice or one of the programs "
        f"aplay (Debian: alsa-utils), pw-play, afplay. {' '.join(reasons)}"
    )
