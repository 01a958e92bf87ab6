"""Whether a recording can serve as a voice, and what would make it better."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from myna.align.aligner import DOUBTFUL_COST, MISMATCH_COST, align
from myna.core.audio import Audio
from myna.core.errors import BadAudio, BadReference, TextMismatch
from myna.dsp.activity import active_level, activity, signal_to_noise
from myna.dsp.clipping import clipped_share
from myna.dsp.speaker_change import speaker_changes

LEAST_SPEECH, ENOUGH_SPEECH = 0.7, 3.0  # seconds
LONGEST_USEFUL = 30.0  # seconds
QUIET_LEVEL = -45.0  # dB of full scale
HOPELESS_NOISE, AUDIBLE_NOISE = 3.0, 15.0  # dB by which speech is above its background
HOPELESS_CLIPPING, AUDIBLE_CLIPPING = 0.05, 0.001  # share of samples


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that would make a recording a better reference."""

    code: str
    """Stable: `short`, `long`, `clipped`, `noisy`, `quiet`, `speakers`, `no_transcript` or
    `doubtful`."""
    message: str


@dataclass(frozen=True, slots=True)
class ReferenceQuality:
    """What a reference is like, and what would make it better."""

    speech: float
    """Seconds in which somebody speaks."""
    noise: float
    """dB by which the speech is above its background."""
    clipped: float
    """Share of samples cut off at full scale."""
    level: float
    """Of the speech, in dB of full scale."""
    remarks: tuple[Remark, ...]


def check_reference(audio: Audio, transcript: str, language: str) -> tuple[str, ...]:
    """Return what would make the recording a better reference, or nothing.

    Raises `BadReference` where it cannot serve: too short, silent, clipped or noisy beyond use,
    or saying something else than its transcript.
    """
    return tuple(remark.message for remark in judged(audio, transcript, language).remarks)


def judged(audio: Audio, transcript: str, language: str) -> ReferenceQuality:
    """Measure a reference. Raises `BadReference` as `check_reference` does."""
    speech = _checked_speech(audio)
    clipped = clipped_share(audio)
    if clipped > HOPELESS_CLIPPING:
        raise BadReference(
            f"The recording is clipped: {clipped:.0%} of it is cut off at full scale. Record it "
            "again at a lower level."
        )
    noise = signal_to_noise(audio)
    if noise < HOPELESS_NOISE:
        raise BadReference(
            f"The recording is too noisy: speech is only {noise:.0f} dB above its background. "
            "Record it nearer to the microphone, or away from the noise."
        )
    level = active_level(audio)
    found = ReferenceQuality(speech, noise, clipped, level, ())
    remarks = (*_remarks(audio, found), *_transcript_remarks(audio, transcript, language))
    return replace(found, remarks=remarks)


def _checked_speech(audio: Audio) -> float:
    spoken = sum(end - start for start, end in activity(audio))
    if audio.duration < LEAST_SPEECH:
        raise BadReference(
            f"The recording is too short: {audio.duration:.1f} s. Record 5 to 15 seconds of speech."
        )
    if spoken == 0:
        raise BadReference(
            "The recording is silent, or nearly. Check that the right microphone is on and "
            "record it again."
        )
    if spoken < LEAST_SPEECH:
        raise BadReference(
            f"The recording has only {spoken:.1f} s of speech in it. Record 5 to 15 seconds."
        )
    return spoken


def _remarks(audio: Audio, found: ReferenceQuality) -> Iterator[Remark]:
    if found.speech < ENOUGH_SPEECH:
        yield Remark(
            "short",
            f"There are only {found.speech:.1f} s of speech in the recording; 5 to 15 s sound "
            "better.",
        )
    if audio.duration > LONGEST_USEFUL:
        yield Remark(
            "long",
            f"The recording is {audio.duration:.0f} s long; engines use up to {LONGEST_USEFUL:.0f} "
            "s of it.",
        )
    if found.clipped > AUDIBLE_CLIPPING:
        yield Remark("clipped", "The recording is clipped in places; record it at a lower level.")
    if found.noise < AUDIBLE_NOISE:
        yield Remark(
            "noisy",
            f"The recording is noisy: speech is {found.noise:.0f} dB above its background, "
            f"{AUDIBLE_NOISE:.0f} dB or more sound better.",
        )
    if found.level < QUIET_LEVEL:
        yield Remark("quiet", "The recording is very quiet; record it at a higher level.")
    if changes := speaker_changes(audio):
        times = ", ".join(f"{at:.1f} s" for at in changes)
        yield Remark(
            "speakers",
            f"More than one speaker seems to speak (a change at {times}); cut the recording to "
            "one.",
        )


def _transcript_remarks(audio: Audio, transcript: str, language: str) -> Iterator[Remark]:
    if not transcript:
        yield Remark(
            "no_transcript",
            "Without a transcript only pitch and colour are imitated; add the words said.",
        )
        return
    try:
        cost = align(audio, transcript, language).cost
    except (TextMismatch, BadAudio) as error:
        raise BadReference(f"The transcript does not fit the recording. {error}") from error
    misfit = f"(misfit {cost:.2f}, below {DOUBTFUL_COST:.2f} for matching speech)"
    if cost > MISMATCH_COST:
        raise BadReference(
            f"The recording does not say its transcript {misfit}. Write down the words that are "
            f"really said, and check that the language is {language!r}."
        )
    if cost > DOUBTFUL_COST:
        yield Remark(
            "doubtful",
            f"The transcript may not be what is said {misfit}; check it word by word.",
        )
