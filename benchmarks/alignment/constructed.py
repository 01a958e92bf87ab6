"""Speech whose word times are known because a program that is not ours made it."""

import re
import shutil
import subprocess
import tempfile
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path

from benchmarks.alignment.recordings import Timed
from myna.core.timing import TimedText
from myna.dsp.codec import decode
from myna.espeak.render import SourceVoice, render
from myna.text.reading import read

FLITE_VOICES = ("slt", "rms", "awb", "kal16")
FESTIVAL_VOICE = "kal_diphone"

SENTENCES = (
    "The birch canoe slid on the smooth planks.",
    "Glue the sheet to the dark blue background.",
    "These days a chicken leg is a rare dish, and nobody knows why.",
    "When the frost has come, it is time for turkey, and for long evenings by the fire.",
    "A rod is used to catch pink salmon; the boys prefer a net.",
    "The source of the huge river is the clear spring above our village.",
    "Kick the ball straight and follow through, said the coach, before he left the field.",
    "Help the woman get back to her feet.",
    "A pot of tea helps to pass the evening, especially when the rain keeps falling.",
    "Smoky fires lack flame and heat, but they keep the flies away.",
    "The soft cushion broke the man's fall.",
    "The salt breeze came across from the sea, and the ships lay in the harbour.",
    "The girl at the booth sold fifty bonds before noon.",
    "In the year before the war, most of the workers lived in small houses near the old factory.",
    "However, as the committee pointed out, none of these measures would lower the price of bread.",
    "She asked me whether I had seen the letter, which her brother wrote in April.",
    "Every good thing has an end, and every end is a new beginning.",
    "The museum opens at nine, closes at five, and charges nothing for children under twelve.",
    "I never thought that anything like this could happen to us.",
    "Please wait outside of the house until the doctor calls your name.",
)


def constructed() -> list[Timed]:
    """Return every sentence in every voice of flite and festival; without them, in espeak-ng's."""
    made: list[Timed] = []
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "speech.wav"
        if shutil.which("flite"):
            made += [_flite(voice, text, sound) for voice in FLITE_VOICES for text in SENTENCES]
        if shutil.which("festival"):
            made += [item for text in SENTENCES if (item := _festival(text, sound))]
    return made or [_espeak(text) for text in SENTENCES]


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z']+", text)


def _flite(voice: str, text: str, sound: Path) -> Timed:
    """Take the segments' ends from flite, and from each word alone which segments it has."""
    command = ["flite", "-voice", voice, "-t", text, "-o", str(sound), "-psdur"]
    segments, start = [], 0.0
    for segment in _output(command).split():
        name, end = segment.rsplit(":", 1)
        if name != "pau":
            segments.append((name, start, float(end)))
        start = float(end)
    words = _words(text)
    alone = [(name, index) for index, word in enumerate(words) for name in _segments(voice, word)]
    owner = _owners([name for name, *_ in segments], alone)
    times = tuple(
        TimedText(word, min(start for start, _ in spans), max(end for _, end in spans))
        for index, word in enumerate(words)
        if (
            spans := [
                times for (_, *times), own in zip(segments, owner, strict=True) if own == index
            ]
        )
    )
    return Timed(f"flite {voice}", decode(sound.read_bytes()), text, "en", times)


@lru_cache
def _segments(voice: str, word: str) -> list[str]:
    names = _output(["flite", "-voice", voice, "-t", word, "-o", "none", "-ps"]).split()
    return [name for name in names if name != "pau"]


def _owners(heard: list[str], alone: list[tuple[str, int]]) -> list[int]:
    """Return the word of each segment: a segment that changed in context goes with its place."""
    owners = [-1] * len(heard)
    matcher = SequenceMatcher(None, heard, [name for name, _ in alone], autojunk=False)
    for tag, first, last, other, other_last in matcher.get_opcodes():
        for step in range(last - first):
            same = tag == "equal" or last - first == other_last - other
            place = other + step if same else min(other, len(alone) - 1)
            owners[first + step] = alone[place][1]
    return owners


def _festival(text: str, sound: Path) -> Timed | None:
    """Ask festival for its words' times; a text it splits otherwise than we do is left out."""
    script = sound.with_suffix(".scm")
    script.write_text(
        f"""(voice_{FESTIVAL_VOICE})
        (set! speech (utt.synth (Utterance Text "{text}")))
        (utt.save.wave speech "{sound}" 'riff)
        (mapcar (lambda (word) (format t "word %s %f %f\\n" (item.name word)
          (item.feat word "word_start") (item.feat word "word_end")))
          (utt.relation.items speech 'Word))""",
        encoding="utf-8",
    )
    lines = re.findall(r"^word (\S+) (\S+) (\S+)$", _output(["festival", "-b", str(script)]), re.M)
    times = tuple(TimedText(word, float(start), float(end)) for word, start, end in lines)
    if [word.text.lower() for word in times] != [word.lower() for word in _words(text)]:
        return None
    return Timed("festival kal", decode(sound.read_bytes()), text, "en", times)


def _espeak(text: str) -> Timed:
    rendering = render(read(text, "en"), SourceVoice(100.0, 170.0, rate=150))
    return Timed("espeak-ng, another voice", rendering.audio, text, "en", rendering.words)


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
