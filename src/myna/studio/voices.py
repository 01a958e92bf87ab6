"""From a recording to a voice: read it, check it, name it."""

from dataclasses import dataclass
from pathlib import Path

from myna.core.languages import AUTO
from myna.core.voice import HIGHEST_RATE, Voice
from myna.dsp.codec import decode
from myna.dsp.resample import resample
from myna.storage.voices import NewVoice, VoiceRecord
from myna.studio.reference_check import check_reference
from myna.studio.studio import Studio, checked
from myna.text.languages import detect


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as it was given, and what is known of it."""

    source: Path | bytes
    """A file, or the content of one."""
    transcript: str = ""
    language: str = AUTO


@dataclass(frozen=True, slots=True)
class CheckedVoice:
    """A voice that can be spoken with, and what would make it better."""

    voice: Voice
    warnings: tuple[str, ...]


def check_recording(studio: Studio, recording: Recording) -> CheckedVoice:
    """Make a voice of a recording. Raises `BadAudio` or `BadReference` where it cannot serve."""
    limits = studio.limits
    audio = decode(
        recording.source, max_seconds=limits.reference_seconds, max_bytes=limits.upload_bytes
    )
    if audio.sample_rate > HIGHEST_RATE:
        audio = resample(audio, HIGHEST_RATE)
    transcript = recording.transcript.strip()
    language = detect(transcript) if recording.language == AUTO else checked(recording.language)
    warnings = check_reference(audio, transcript, language)
    return CheckedVoice(Voice(audio, transcript, language), warnings)


def add_voice(
    studio: Studio,
    name: str,
    recording: Recording,
    *,
    speaker: str = "",
    consent: str = "",
    owner: str = "",
) -> tuple[VoiceRecord, tuple[str, ...]]:
    """Check a recording and name it in the library; return its record and any warnings."""
    made = check_recording(studio, recording)
    source = recording.source
    if isinstance(source, bytes):
        new = NewVoice(made.voice, source, ".audio", speaker, consent)
    else:
        new = NewVoice(made.voice, source.read_bytes(), source.suffix.lower(), speaker, consent)
    return studio.voices.of(owner).add(name, new), made.warnings
