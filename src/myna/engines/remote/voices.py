"""What a server calls a voice."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from myna.core.errors import InvalidOption, SynthesisFailed
from myna.core.languages import LANGUAGES
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, encode_file


@dataclass(frozen=True, slots=True)
class Known:
    """A voice as a server calls it."""

    name: str
    is_asked_for: bool
    """Whether it is said to be the voice asked for; otherwise it is one of the server's own."""


@dataclass(frozen=True, slots=True)
class VoiceNames:
    """Names of voices on a server: of one voice by its id, of a language, of all others."""

    named: tuple[tuple[str, str], ...] = ()
    default: str | None = None

    @classmethod
    def of(cls, named: Mapping[str, str], default: str | None) -> "VoiceNames":
        """Return them in an order that does not depend on how they were written down."""
        return cls(tuple(sorted(named.items())), default)

    @property
    def speakers(self) -> frozenset[str]:
        """Names anybody may ask for: that of one voice speaks for whoever has that voice only."""
        default = {self.default} if self.default else set()
        return frozenset({name for key, name in self.named if key in LANGUAGES} | default)

    def find(self, voice: Voice, language: str, speaker: str = "") -> Known | None:
        """Return what to ask for, the most exact first; None where nothing is known.

        Raises `InvalidOption` for a speaker that is not one of `speakers`.
        """
        if speaker:
            if speaker not in self.speakers:
                there_are = ", ".join(sorted(self.speakers)) or "none"
                raise InvalidOption("speaker", speaker, f"speakers there are: {there_are}")
            return Known(speaker, is_asked_for=True)
        named = dict(self.named)
        if voice.id in named:
            return Known(named[voice.id], is_asked_for=True)
        name = named.get(language, self.default)
        return Known(name, is_asked_for=False) if name else None

    def languages(self, possible: frozenset[str]) -> frozenset[str]:
        """Return the languages there is a name for: all where one counts for all others."""
        return possible if self.default else possible & {key for key, _ in self.named}


def no_voice(engine: str, voice: Voice, language: str) -> SynthesisFailed:
    """Return the error for a voice the settings do not map to one of the server's."""
    return SynthesisFailed(
        f"{engine!r} has no voice for {voice.id} in {language!r}. Name one with "
        f"`remotes.{engine}.voice`, or in `remotes.{engine}.voices`."
    )


def wav_file(voice: Voice) -> bytes:
    """Return a voice's recording as a WAV file, from which the same voice id follows."""
    return encode_file(voice.reference, AudioFormat.WAV)


def data_url(voice: Voice) -> str:
    """Return a voice's recording as a URL that holds it."""
    return f"data:audio/wav;base64,{base64.b64encode(wav_file(voice)).decode('ascii')}"
