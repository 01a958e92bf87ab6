"""The voice of a recording, taken from the parts of it that are kept."""

from collections.abc import Sequence

from myna.core.audio import Audio
from myna.core.errors import TooLittleContext
from myna.core.voice import HIGHEST_RATE, Voice
from myna.dsp.resample import resample
from myna.studio.editing.openings import Scene
from myna.studio.editing.revision import Passage, Word

LONGEST = 5.0  # seconds: more makes a voice hardly more alike, and takes longer to learn
ENOUGH = 3.0  # seconds in one piece; below it several are joined
SHORTEST = 0.5  # seconds from which a voice can be told at all

Stretch = tuple[int, int]
"""Index of a first word, and the one behind the last."""


def own_voice(scene: Scene, text: str, changes: Sequence[Passage], language: str) -> Voice:
    """Make a voice of the longest stretches of words that no passage touches.

    Raises `TooLittleContext` where less than half a second of them is left.
    """
    chosen: list[Stretch] = []
    seconds = 0.0
    by_length = sorted(_kept(scene, changes), key=lambda piece: -_seconds(scene, piece))
    for stretch in by_length:
        if seconds >= ENOUGH:
            break
        piece = _shortened(scene, stretch, LONGEST - seconds)
        seconds += _seconds(scene, piece)
        chosen.append(piece)
    if seconds < SHORTEST:
        raise TooLittleContext(
            f"Only {seconds:.1f} s of the recording are kept, too little to tell the voice by. "
            "Name a voice to speak the new words with, or change fewer words at a time."
        )
    audio = Audio.join(_sound(scene, piece) for piece in sorted(chosen))
    if audio.sample_rate > HIGHEST_RATE:
        audio = resample(audio, HIGHEST_RATE)
    transcript = " ".join(_written(text, scene.words, piece) for piece in sorted(chosen))
    return Voice(audio, transcript, language)


def _kept(scene: Scene, changes: Sequence[Passage]) -> list[Stretch]:
    starts = [0, *(change.last for change in changes)]
    ends = [*(change.first for change in changes), len(scene.words)]
    return [(first, last) for first, last in zip(starts, ends, strict=True) if first < last]


def _seconds(scene: Scene, piece: Stretch) -> float:
    return scene.words[piece[1] - 1].end - scene.words[piece[0]].start


def _shortened(scene: Scene, piece: Stretch, seconds: float) -> Stretch:
    """Keep as many of the first words as fit, one at least."""
    first, last = piece
    while last - first > 1 and _seconds(scene, (first, last)) > seconds:
        last -= 1
    return first, last


def _sound(scene: Scene, piece: Stretch) -> Audio:
    first, last = scene.before(piece[0]).sample, scene.after(piece[1] - 1).sample
    return Audio(scene.audio.samples[first:last], scene.audio.sample_rate)


def _written(text: str, words: Sequence[Word], piece: Stretch) -> str:
    end = words[piece[1]].first if piece[1] < len(words) else len(text)
    return text[words[piece[0]].first : end].strip()
