"""The embedded engine: espeak-ng's words in the reference's voice, without weights."""

from collections.abc import Generator, Iterator, MutableMapping, Sequence
from dataclasses import replace

from myna.core.audio import Audio
from myna.core.engine import Capabilities, check_speaks
from myna.core.languages import LANGUAGES
from myna.core.speech import Chunk, Utterance
from myna.core.timing import TimedText
from myna.core.voice import Voice
from myna.dsp.envelope import SAMPLE_RATE
from myna.engines.embedded.convert import convert
from myna.engines.embedded.fit import fit_voice
from myna.engines.embedded.voice_fit import VoiceFit
from myna.engines.prompts import PromptCache
from myna.espeak.render import RATE_RANGE, SourceVoice, render_clauses
from myna.text.reading import Token, read

_VERSION = "2"  # raised whenever the same request comes to sound different
_SLACK = 0.01  # seconds: a clause loses less than a frame and its rounding


class EmbeddedEngine:
    """Speaks without weights: the same kind of voice, not a perfect copy.

    Knows the speed; ignores the temperature. The seed decides the noise in the voice; without
    one the reading is the same every time.
    """

    name = "embedded"
    capabilities = Capabilities(
        languages=frozenset(LANGUAGES), sample_rate=SAMPLE_RATE, clones=True, times_words=True
    )
    fingerprint = f"embedded-{_VERSION}"

    def __init__(self, fits: MutableMapping[str, bytes] | None = None) -> None:
        """`fits` keeps what was learned of each voice, by a key that changes with the method."""
        self._fits = PromptCache(self.fingerprint, fit_voice, VoiceFit.from_bytes, fits)

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield the sentence, its first chunk about 0.3 s long, with the times of its words."""
        for language in (utterance.language, voice.language):
            check_speaks(self.name, self.capabilities, language)
        return self._speak(utterance, voice)

    def _speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        tokens = read(utterance.text, utterance.language)
        if not tokens:
            return
        fit = self._fits.of(voice)
        yield from _spoken(tokens, fit, utterance)


def _spoken(tokens: tuple[Token, ...], fit: VoiceFit, utterance: Utterance) -> Iterator[Chunk]:
    options = utterance.options
    source = _paced(fit.source, options.speed)
    done = 0
    rest = iter(tokens)
    for clause in render_clauses(tokens, source):
        words = [word for word, token in zip(clause.words, rest, strict=False) if token.spoken]
        if not words:
            continue  # of a script that nobody here reads
        began = done / SAMPLE_RATE
        waiting = [word.shifted(began) for word in words]
        for block in convert(clause, fit, seed=options.seed or 0, first_sample=done):
            done += len(block)
            until = done / SAMPLE_RATE
            ready = [word for word in waiting if word.end <= until + _SLACK]
            waiting = waiting[len(ready) :]
            yield Chunk(Audio(block, SAMPLE_RATE), _until(ready, until), EmbeddedEngine.name)


def _until(words: Sequence[TimedText], end: float) -> tuple[TimedText, ...]:
    return tuple(replace(word, end=max(word.start, min(word.end, end))) for word in words)


def _paced(source: SourceVoice, speed: float) -> SourceVoice:
    slowest, fastest = RATE_RANGE
    return replace(source, rate=round(min(max(source.rate * speed, slowest), fastest)))
