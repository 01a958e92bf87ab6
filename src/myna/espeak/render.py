"""Words spoken by espeak-ng, with the time of every word and phone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from myna.core.audio import Audio
from myna.core.timing import TimedText, shifted
from myna.espeak.clauses import Spoken, timed_phones
from myna.espeak.library import SAMPLE_RATE, library
from myna.espeak.phones import Phone
from myna.text.reading import Token

RATE_RANGE = (80, 450)  # words a minute espeak-ng can speak at

_VOICES = {"en": "en-us", "ko": "ko", "ja": "ja", "zh": "cmn", "yue": "yue"}
_WRITTEN_MARKS = {"…": ","}  # espeak-ng pauses at "…" as long as at the end of a text
_CLAUSE_TOKENS = 60


@dataclass(frozen=True, slots=True)
class SourceVoice:
    """How espeak-ng is to sound."""

    pitch_low: float = 82.0
    """Hz, rounded to whole ones; the pitch moves between this..."""
    pitch_high: float = 118.0
    """...and this."""
    rate: int = 175
    """Words a minute, 80 to 450."""
    lines: tuple[str, ...] = ()
    """More lines of an espeak-ng voice variant, such as "formant 1 115 80 160"."""

    @property
    def variant(self) -> str:
        """The lines of the espeak-ng voice variant."""
        return "\n".join((f"pitch {self.pitch_low:.0f} {self.pitch_high:.0f}", *self.lines))


@dataclass(frozen=True, slots=True)
class Rendering:
    """Spoken words: sound at 22 050 Hz and what is said when in it."""

    audio: Audio
    phones: tuple[Phone, ...]
    """Phones and pauses in order, without gaps or overlaps."""
    words: tuple[TimedText, ...]
    """One for each token, in order, with the token's own spelling."""


def render(tokens: Sequence[Token], voice: SourceVoice) -> Rendering:
    """Speak the tokens, each in its own language, pausing between them where their marks say so.

    Equal tokens and voice give bit-equal samples, whatever was said before.
    Raises `PackageMissing` without the extra `embedded`.
    """
    return _joined(list(render_clauses(tokens, voice)))


def render_clauses(tokens: Sequence[Token], voice: SourceVoice) -> Iterator[Rendering]:
    """Speak the tokens clause by clause: what `render` joins, as soon as each is made.

    Times count from the start of each clause, `Phone.token` from the first of all tokens.
    """
    first = 0
    for clause in _clauses(tokens):
        spoken = _spoken(clause, voice, ends=first + len(clause) == len(tokens))
        phones = tuple(
            replace(phone, token=None if phone.token is None else phone.token + first)
            for phone in spoken.phones
        )
        yield Rendering(Audio(spoken.samples, SAMPLE_RATE), phones, spoken.words)
        first += len(clause)


def _clauses(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    first = 0
    for index, token in enumerate(tokens):
        following = index + 1
        if (
            token.mark
            or following == len(tokens)
            or tokens[following].language != token.language
            or following - first >= _CLAUSE_TOKENS
        ):
            yield tokens[first:following]
            first = following


def _spoken(clause: Sequence[Token], voice: SourceVoice, *, ends: bool) -> Spoken:
    """Speak one clause; what only changes language is said as if it went on."""
    mark = clause[-1].mark
    pauses = bool(mark) and not ends
    if not mark and not ends:
        mark = ","
    text = " ".join(token.spoken for token in clause) + _WRITTEN_MARKS.get(mark, mark)
    rate = round(min(max(voice.rate, RATE_RANGE[0]), RATE_RANGE[1]))
    with library() as espeak:
        espeak.select(_VOICES[clause[0].language], voice.variant, rate)
        samples, events = espeak.synthesize(text, pause=pauses)
        return timed_phones(clause, samples, events, espeak.phonemes)


def _joined(parts: Sequence[Rendering]) -> Rendering:
    if not parts:
        return Rendering(Audio(np.zeros(0, np.float32), SAMPLE_RATE), (), ())
    phones: list[Phone] = []
    words: list[TimedText] = []
    offset = 0.0
    for part in parts:
        phones += (
            replace(phone, start=phone.start + offset, end=phone.end + offset)
            for phone in part.phones
        )
        words += shifted(part.words, offset)
        offset += part.audio.duration
    return Rendering(Audio.join(part.audio for part in parts), tuple(phones), tuple(words))
