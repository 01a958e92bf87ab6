"""Everything that can go wrong, by who can fix it.

MynaError
├── RequestError            the caller can fix it; never retried, never falls back
│   ├── VoiceNotFound
│   ├── VoiceExists         the name is taken
│   ├── BadReference        too short, silent, not what the transcript says
│   ├── BadAudio            not audio, or not audio we can read
│   ├── BadText             not text, or no change
│   │   └── NothingToSay    no letter and no digit in it
│   ├── TextTooLong
│   ├── InvalidOption       a value out of range
│   ├── TextMismatch        the recording does not say the text
│   ├── SpanNotFound        the words to replace are not in the text
│   ├── AmbiguousSpan       the words to replace are there more than once
│   ├── SpanTooShort        too little sound is left to replace, or would be
│   ├── TooLittleContext    too little of the recording is kept to tell the voice by
│   └── Unsupported         no configured engine can do this
├── EngineError             the engine failed; the next one in the chain may not
│   ├── WeightsMissing
│   │   └── WeightsMismatch two files that do not belong together
│   ├── PackageMissing      an optional package is not installed
│   ├── EngineBusy
│   ├── EngineUnreachable   the server that speaks is not there, or the line to it broke
│   ├── EngineTimeout
│   ├── SynthesisFailed
│   └── AllEnginesFailed    carries each failure
├── PlaybackError           nothing plays sound here, or the sound device failed
├── SettingsError           whoever configured Myna can fix it
└── StorageError            disk or database failed

A message says what is wrong, with which value, and what to do next.
"""

from collections.abc import Sequence
from typing import ClassVar


class MynaError(Exception):
    """Base of every error this package raises on purpose."""

    code: ClassVar[str] = "error"


class RequestError(MynaError):
    """The request cannot be served as asked."""

    code = "bad_request"


class VoiceNotFound(RequestError):
    """No voice has this name."""

    code = "voice_not_found"

    def __init__(self, voice: str) -> None:
        super().__init__(
            f"No voice is named {voice!r}. `myna voices list` shows the names there are; "
            "`myna voices add` makes a new one."
        )


class VoiceExists(RequestError):
    """The name already belongs to a voice."""

    code = "voice_exists"

    def __init__(self, voice: str) -> None:
        super().__init__(
            f"A voice named {voice!r} already exists. Choose another name, or free this one with "
            "`myna voices rename` or `myna voices remove`."
        )


class BadReference(RequestError):
    """The reference recording cannot serve as a voice."""

    code = "bad_reference"


class BadAudio(RequestError):
    """These bytes cannot be read as audio."""

    code = "bad_audio"


class BadText(RequestError):
    """There is nothing in this text that can be said."""

    code = "bad_text"


class NothingToSay(BadText):
    """No letter and no digit, of any script."""

    def __init__(self, text: str | None = None) -> None:
        """`text` is told, as far as it is short; None: it came in pieces."""
        told = "the text" if text is None else repr(text if len(text) <= 40 else text[:40] + "…")
        super().__init__(f"There is nothing to say in {told}. Write at least one word.")


class TextTooLong(RequestError):
    """The text is over the configured bound."""

    code = "text_too_long"

    def __init__(self, length: int, limit: int, unit: str = "characters") -> None:
        setting = ", or raise the setting `limits.text_characters`" if unit == "characters" else ""
        super().__init__(
            f"The text has {length} {unit}, more than the {limit} allowed. Send it in parts"
            f"{setting}."
        )


class InvalidOption(RequestError):
    """An option's value is out of range."""

    code = "invalid_option"

    def __init__(self, name: str, value: object, remedy: str) -> None:
        self.name = name
        super().__init__(f"{name} cannot be {value!r}: {remedy}.")


class TextMismatch(RequestError):
    """The recording does not say the text."""

    code = "text_mismatch"


class SpanNotFound(RequestError):
    """The words to replace are not in the text."""

    code = "span_not_found"


class AmbiguousSpan(RequestError):
    """The words to replace are in the text more than once."""

    code = "ambiguous_span"


class SpanTooShort(RequestError):
    """There is too little sound where the edit should be."""

    code = "span_too_short"


class TooLittleContext(RequestError):
    """Too little of the recording is kept to continue it."""

    code = "too_little_context"


class Unsupported(RequestError):
    """No configured engine can do this."""

    code = "unsupported"


class EngineError(MynaError):
    """An engine failed in a way another engine might not."""

    code = "engine_failed"


class WeightsMissing(EngineError):
    """The engine's model files are absent, damaged or of another kind."""

    code = "weights_missing"


class WeightsMismatch(WeightsMissing):
    """Each file is sound, but they do not belong together."""

    code = "weights_mismatch"


class PackageMissing(EngineError):
    """An optional package is needed and not installed."""

    code = "package_missing"

    def __init__(self, purpose: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{purpose} needs the extra {extra!r}: pip install 'myna[{extra}]'")


class EngineBusy(EngineError):
    """All slots of the engine are taken."""

    code = "engine_busy"


class EngineUnreachable(EngineError):
    """The server that is to speak is not there, or the line to it broke."""

    code = "engine_unreachable"


class EngineTimeout(EngineError):
    """The engine took longer than it may."""

    code = "engine_timeout"


class SynthesisFailed(EngineError):
    """The engine started and could not finish."""

    code = "synthesis_failed"


class AllEnginesFailed(EngineError):
    """No engine in the chain got a sound out."""

    code = "all_engines_failed"

    def __init__(self, failures: Sequence[EngineError]) -> None:
        self.failures = tuple(failures)
        reasons = "; ".join(str(failure) for failure in failures)
        super().__init__(f"Every engine failed: {reasons}" if reasons else "No engine to try.")


class PlaybackError(MynaError):
    """Sound cannot be played on this machine."""

    code = "playback_failed"


class SettingsError(MynaError):
    """A setting is unknown or has a value that cannot be used."""

    code = "bad_settings"


class StorageError(MynaError):
    """The disk or the database failed."""

    code = "storage_failed"
