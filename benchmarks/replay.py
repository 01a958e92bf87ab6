"""How soon a sentence said before is heard.

    python -m benchmarks.replay [--count 500]

In one process, with nothing but the cache and the voice library on disk: from asking a Studio to
the first chunk; from handing the speech to a Speaker to the first samples in the pipe of a player
program.
"""

import argparse
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from myna import Settings, Speaker, SpeechRequest, Studio
from myna.playback.programs import PipedPlayer
from myna.studio.preparation import plan, prepare

PHRASES = [f"It is {hour} o'clock: time for your tablets." for hour in range(1, 13)]


def main() -> None:
    """Prepare some phrases, replay them, and print how soon each began."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=500)
    count = arguments.parse_args().count
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio.open(Settings(home=Path(folder)))
        request = SpeechRequest("", studio.voice("sample"))
        utterances = plan(studio, PHRASES, request)
        for _ in prepare([studio.engine], utterances, studio.voice("sample"), 1):
            pass
        tell("first chunk", [seconds_to_first_chunk(studio, n) for n in range(count)])
        player = PipedPlayer("cat", lambda _: ["cat"])
        with Speaker(player) as speaker:
            heard = [seconds_to_first_sound(speaker, studio, n) for n in range(count // 5)]
        tell("first samples to a player, its start included", heard)


def seconds_to_first_chunk(studio: Studio, number: int) -> float:
    """Ask for a phrase and return when its first chunk came."""
    started = time.perf_counter()
    request = SpeechRequest(PHRASES[number % len(PHRASES)], "sample")
    with closing(studio.stream(request)) as chunks:
        chunk = next(chunks)
        taken = time.perf_counter() - started
    assert chunk.cached
    return taken


def seconds_to_first_sound(speaker: Speaker, studio: Studio, number: int) -> float:
    """Play a phrase and return when its first samples were on their way."""
    request = SpeechRequest(PHRASES[number % len(PHRASES)], "sample")
    playing = speaker.play(studio.stream(request))
    playing.wait()
    assert playing.first_sound_seconds is not None
    return playing.first_sound_seconds


def tell(name: str, seconds: list[float]) -> None:
    """Print median, 95th and 99th percentile and the largest, in milliseconds."""
    ordered = sorted(second * 1000 for second in seconds)
    cuts = statistics.quantiles(ordered, n=100)
    print(
        f"{name} (n = {len(ordered)}): median {statistics.median(ordered):.1f} ms, "
        f"95th {cuts[94]:.1f}, 99th {cuts[98]:.1f}, largest {ordered[-1]:.1f}"
    )


if __name__ == "__main__":
    main()
