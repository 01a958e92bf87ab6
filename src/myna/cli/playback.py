"""Speech out of this machine's loudspeaker."""

from collections.abc import Generator
from contextlib import closing

from myna.cli.terminal import say_done, say_warning
from myna.core.speech import Chunk, Speech
from myna.playback.players import open_player
from myna.playback.speaker import Speaker
from myna.settings import PlaybackSettings
from myna.studio.studio import collect


def play(chunks: Generator[Chunk], settings: PlaybackSettings) -> Speech:
    """Play a speech while it is made, tell the figures, and return it."""
    heard: list[Chunk] = []

    def overheard() -> Generator[Chunk]:
        with closing(chunks):
            for chunk in chunks:
                heard.append(chunk)
                yield chunk

    with Speaker(open_player(settings.player, settings.device)) as speaker:
        playing = speaker.play(overheard())
        playing.wait()
    speech = collect(heard)
    if playing.underruns:
        say_warning(
            f"The sound ran out {playing.underruns} times, for {playing.silence_seconds:.1f} s in "
            "all: the engine is slower than the speech."
        )
    first_sound = (playing.first_sound_seconds or 0.0) * 1000
    say_done(
        f"Played {speech.audio.duration:.1f} s by {', '.join(speech.engines)} with "
        f"{speaker.player.name}, first sound after {first_sound:.0f} ms"
    )
    return speech
