"""Measure speech editing: `python -m benchmarks.editing FOLDER [--edits 200]`.

FOLDER holds recordings and `transcripts.tsv` (file, language, transcript, separated by tabs).
Languages that are not in it are measured on what the embedded engine says in the first
recording's voice.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.embedded.recordings import Recording, load_recordings
from benchmarks.embedded.texts import SENTENCES
from myna.core.audio import Audio
from myna.core.edit import Edit, EditedSpan
from myna.core.errors import PackageMissing, RequestError
from myna.core.speech import SpeechRequest
from myna.core.timing import TimedText
from myna.dsp.codec import AudioFormat, NativeAudio, decode_native, encode_native
from myna.dsp.jumps import Jump, measure_jump
from myna.dsp.pitch import track_speaker_pitch
from myna.dsp.resample import resample
from myna.settings import Settings
from myna.studio.editing.edit import EditedRecording, EditRequest, edit
from myna.studio.editing.openings import Scene
from myna.studio.editing.revision import Word, located
from myna.studio.studio import Studio

KINDS = ("uint8", "int16", "int24", "int32", "float32", "float64")
RATES = (8000, 16000, 22050, 44100, 48000)
SUCCESSIVE = 20
CLIP_SECONDS = 10.0

Jumps = npt.NDArray[np.float64]
"""Level in dB, flux in dB, pitch in semitones or NaN, of each seam: (seams, 3)."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording with the times of its words."""

    name: str
    language: str
    text: str
    audio: Audio
    timed: tuple[TimedText, ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """Its words, placed in the text."""
        return located(self.text, self.timed)

    def request(self, changes: Iterable[Edit], **options: object) -> EditRequest:
        """Return a request on it as 16-bit sound."""
        recording = stored(self.audio, "int16", 1)
        made = EditRequest(recording, self.text, tuple(changes), self.language, words=self.timed)
        return replace(made, **options)  # type: ignore[arg-type]


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.editing", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--edits", type=int, default=200, help="random edits for bit identity")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        studio = Studio.open(Settings(home=Path(home)))
        recordings = load_recordings(given.folder)
        clips = list(_clips(studio, recordings))
        _print_identity(studio, clips, given.edits)
        _print_seams(studio, clips)
        _print_successive(studio, max(clips, key=lambda clip: clip.audio.duration))
    _print_speed(recordings)


def _clips(studio: Studio, recordings: Sequence[Recording]) -> Iterator[Clip]:
    for recording in recordings:
        voice = recording.voice
        alignment = studio.align(voice.reference, voice.transcript, voice.language)
        print(f"{recording.name}: {voice.language}, alignment cost {alignment.cost:.2f}")
        yield Clip(
            recording.name, voice.language, voice.transcript, voice.reference, alignment.words
        )
    missing = set(SENTENCES) - {recording.voice.language for recording in recordings}
    for language in sorted(missing):
        text = " ".join(SENTENCES[language])
        speech = studio.speak(SpeechRequest(text, recordings[0].voice, language))
        yield Clip(f"synthetic {language}", language, text, speech.audio, speech.words)


def stored(audio: Audio, kind: str, channels: int) -> NativeAudio:
    """Return sound as samples of a kind, its channels at different levels."""
    depth = {"uint8": 8, "int16": 16, "int24": 24, "int32": 32, "float32": 32, "float64": 64}[kind]
    dtype = "int32" if kind == "int24" else kind
    empty = NativeAudio(np.zeros((0, channels), dtype), audio.sample_rate, depth, "wav", kind)
    fractions = audio.samples[:, None].astype(np.float64) * np.array([1.0, 0.6, -0.3])[:channels]
    return replace(empty, samples=empty.stored(fractions))


def _print_identity(studio: Studio, clips: Sequence[Clip], count: int) -> None:
    """Random spans, texts, rates, channels and kinds of samples, written and read again."""
    draw = random.Random(7)
    kept = changed = refused = 0
    while kept + changed < count:
        clip = draw.choice(clips)
        audio = resample(clip.audio, draw.choice(RATES))
        before = stored(audio, draw.choice(KINDS), draw.randint(1, 3))
        first, last = sorted(draw.sample(range(len(clip.text) + 1), 2))
        last = min(last, first + draw.choice((0, 1, 4, 12)))
        new = draw.choice(("", _new_word(clip, draw), _new_word(clip, draw)))
        asked = clip.request([Edit(first, last, new)], recording=before, takes=1)
        try:
            edited = edit(studio, asked)
        except (RequestError, PackageMissing):
            refused += 1
            continue
        as_flac = not before.is_float and before.bit_depth > 8 and draw.random() < 0.5
        format = AudioFormat.FLAC if as_flac else AudioFormat.WAV
        read = decode_native(encode_native(edited.recording, format))
        same = _is_kept(before, replace(edited, recording=read))
        kept, changed = kept + same, changed + (not same)
    print(f"\n{kept} of {count} random edits keep every other sample ({refused} refused by name)")


def _new_word(clip: Clip, draw: random.Random) -> str:
    word = draw.choice(clip.words)
    return clip.text[word.first : word.last]


def _is_kept(before: NativeAudio, edited: EditedRecording) -> bool:
    reached = written = 0
    after = edited.recording.samples
    for span in edited.report.edits:
        kept = before.samples[reached : span.start_sample]
        if not np.array_equal(kept, after[written : span.new_start_sample]):
            return False
        reached, written = span.end_sample, span.new_end_sample
    return np.array_equal(before.samples[reached:], after[written:])


def _print_seams(studio: Studio, clips: Sequence[Clip]) -> None:
    """Replace words by other words of the same recording, and by themselves."""
    draw = random.Random(11)
    print("\n| clip | joins | level dB p50 | p75 | flux dB p50 | p75 | pitch st p50 | p75 |")
    print("|---|---|---|---|---|---|---|---|")
    natural, edited, lengths = [], [], []
    for clip in clips:
        joins = _natural(clip)
        seams, ratios = [], []
        for word in clip.words[:: max(1, len(clip.words) // 8)]:
            for new in (_new_word(clip, draw), clip.text[word.first : word.last]):
                try:
                    done = edit(studio, clip.request([Edit(word.first, word.last, new)]))
                except RequestError:
                    continue
                seams.append(_seams(done))
                if new == clip.text[word.first : word.last]:
                    ratios.append(_lengthening(done.report.edits[0]))
        natural.append(joins)
        edited.append(np.concatenate(seams))
        lengths += ratios
        _print_row(f"{clip.name}, natural", joins)
        _print_row(f"{clip.name}, edited", edited[-1])
    _print_row("**all, natural**", np.concatenate(natural))
    _print_row("**all, edited**", np.concatenate(edited))
    low, middle, high = np.percentile(lengths, [25, 50, 75])
    print(
        f"\nA word replaced by itself: {middle:.2f} times as long (quartiles {low:.2f} to "
        f"{high:.2f}, {len(lengths)} words)"
    )


def _natural(clip: Clip) -> Jumps:
    scene = Scene.of(clip.audio, clip.words)
    cuts = [scene.before(index).sample for index in range(1, len(clip.words))]
    cuts += [scene.after(index).sample for index in range(len(clip.words) - 1)]
    return _table(measure_jump(clip.audio, scene.pitch, cut) for cut in cuts)


def _seams(edited: EditedRecording) -> Jumps:
    audio = edited.recording.audio()
    pitch = track_speaker_pitch(audio)
    places = []
    for span in edited.report.edits:
        half = span.margin_samples // 2
        if span.new_start_sample > 0:
            places.append(span.new_start_sample + half)
        if span.new_end_sample < len(audio.samples):
            places.append(span.new_end_sample - half)
    return _table(measure_jump(audio, pitch, place) for place in places)


def _table(jumps: Iterable[Jump]) -> Jumps:
    rows = [(jump.level, jump.flux, np.nan if jump.pitch is None else jump.pitch) for jump in jumps]
    return np.array(rows, np.float64).reshape(-1, 3)


def _lengthening(span: EditedSpan) -> float:
    old = span.end_sample - span.start_sample - span.margin_samples
    return (span.new_end_sample - span.new_start_sample - span.margin_samples) / old


def _print_row(name: str, jumps: Jumps) -> None:
    middle, upper = np.nanpercentile(jumps, [50, 75], axis=0)
    cells = " | ".join(f"{a:.1f} | {b:.1f}" for a, b in zip(middle, upper, strict=True))
    print(f"| {name} | {len(jumps)} | {cells} |")


def _print_successive(studio: Studio, clip: Clip) -> None:
    """Edit one clip again and again; samples that no edit touched must be those of the start."""
    draw = random.Random(3)
    start = stored(clip.audio, "int16", 1)
    now, text = start, clip.text
    origin = np.arange(len(start.samples))  # where each sample was at first, -1 for new ones
    done = 0
    for _ in range(10 * SUCCESSIVE):
        if done == SUCCESSIVE:
            break
        words = located(text, studio.align(now.audio(), text, clip.language).words)
        word, new = draw.choice(words), _new_word(clip, draw)
        asked = EditRequest(now, text, (Edit(word.first, word.last, new),), clip.language, takes=1)
        try:
            edited = edit(studio, asked)
        except RequestError:
            continue
        (span,) = edited.report.edits
        fresh = np.full(span.new_end_sample - span.new_start_sample, -1)
        origin = np.concatenate([origin[: span.start_sample], fresh, origin[span.end_sample :]])
        now, text, done = edited.recording, edited.text, done + 1
    kept = origin >= 0
    same = np.array_equal(now.samples[kept], start.samples[origin[kept]])
    print(
        f"\n{done} successive edits of {clip.name}: untouched samples "
        f"{'identical' if same else 'CHANGED'} ({kept.mean():.0%} of the result)"
        f"{_likeness(clip.audio, now.audio())}"
    )


def _likeness(before: Audio, after: Audio) -> str:
    try:
        from benchmarks.embedded.similarity import Listener
    except ImportError:
        return "; install Resemblyzer to see the similarity"
    listener = Listener()
    similarity = float(listener.embedding(before) @ listener.embedding(after))
    return f"; similarity to the start {similarity:.3f}, ceiling {listener.ceiling(before):.3f}"


def _print_speed(recordings: Sequence[Recording]) -> None:
    """Time one word of a clip of ten seconds or less, by a Studio that knows nothing yet."""
    recording = min(recordings, key=lambda r: abs(r.voice.reference.duration - CLIP_SECONDS))
    voice = recording.voice
    native = stored(voice.reference, "int16", 1)
    with tempfile.TemporaryDirectory() as home:
        studio = Studio.open(Settings(home=Path(home)))
        words = located(
            voice.transcript,
            studio.align(voice.reference, voice.transcript, voice.language).words,
        )
        word, other = words[len(words) // 2], words[0]
        change = Edit(word.first, word.last, voice.transcript[other.first : other.last])
        for state in ("first edit", "next edit"):
            wall, cpu = time.perf_counter(), time.process_time()
            edit(studio, EditRequest(native, voice.transcript, (change,), voice.language))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            print(
                f"One word of {voice.reference.duration:.1f} s, {state}: {wall:.2f} s, "
                f"{cpu:.2f} s of processor time"
            )
            change = replace(change, new_text=voice.transcript[words[1].first : words[1].last])


if __name__ == "__main__":
    main()
