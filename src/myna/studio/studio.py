"""What every door talks to: a `Studio`, and nothing behind it."""

import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Self

from myna.align.aligner import align
from myna.core.audio import Audio
from myna.core.engine import (
    ArrivingUtterance,
    Engine,
    SpeaksStreamingText,
    converting,
    has_speaker,
    streaming,
)
from myna.core.errors import BadText, InvalidOption, NothingToSay, TextTooLong, Unsupported
from myna.core.languages import AUTO, LANGUAGES
from myna.core.playback import NOBODY_LISTENS, NOTHING_HEARD, Playback
from myna.core.speech import (
    Chunk,
    ConversionRequest,
    Pause,
    Speech,
    SpeechRequest,
    TextPiece,
    Utterance,
)
from myna.core.timing import Alignment, TimedText
from myna.core.voice import Voice
from myna.engines.catalog import EngineNotFound, EngineStatus
from myna.engines.time_line import TimeLine
from myna.settings import LimitSettings, Settings
from myna.storage.voices import VoiceLibrary
from myna.studio import wiring
from myna.studio.editing.edit import EditedRecording, EditRequest, edit
from myna.studio.tally import Tally, counted
from myna.studio.word_times import timed
from myna.text.languages import detect
from myna.text.sentences import sentences


class Studio:
    """Voices to speak with and engines to speak them.

    >>> from myna import SpeechRequest, Studio, save_audio
    >>> speech = Studio.open().speak(SpeechRequest("Hello there.", voice="sample"))
    >>> save_audio("hello.wav", speech.audio)
    """

    def __init__(
        self,
        engine: Engine,
        voices: VoiceLibrary,
        *,
        engines: Mapping[str, Engine] | None = None,
        limits: LimitSettings | None = None,
        settings: Settings | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.engine = engine
        self.voices = voices
        self._engines = engines or {engine.name: engine}
        self.limits = limits or LimitSettings()
        self.settings = settings or Settings()
        self._tally = tally

    @classmethod
    def open(cls, settings: Settings | None = None) -> Self:
        """Build everything the settings name. The only place parts are wired together."""
        settings = settings or Settings.load()
        engines = wiring.build_engines(settings)
        return cls(
            wiring.chain(engines.values(), wiring.probes(settings)),
            wiring.open_library(settings),
            engines=engines,
            limits=settings.limits,
            settings=settings,
            tally=Tally(wiring.open_counts(settings)),
        )

    def stream(self, request: SpeechRequest) -> Generator[Chunk]:
        """Check the request now; speak it as the chunks are asked for.

        Word times count from the start of the speech. Raises `RequestError` before the first
        chunk where the request cannot be served. Close the generator to stop the engine.
        """
        started = time.monotonic() if isinstance(request.text, str) else None
        engine = self.engine_for(request)
        voice = self.voice(request.voice)
        if isinstance(request.text, str):
            self._check_length(len(request.text))
            if next(sentences(request.text), None) is None:
                raise NothingToSay(request.text)
        speaking = None if isinstance(request.text, str) or request.whole else streaming(engine)
        if speaking is None:
            chunks = self._speak(request, voice, engine)
        else:
            chunks = self._speak_arriving(request, voice, speaking)
        return counted(chunks, self._tally, started) if self._tally else chunks

    def speak(self, request: SpeechRequest) -> Speech:
        """Speak the whole request and return it in one piece."""
        return collect(self.stream(replace(request, whole=True)))

    def convert(self, request: ConversionRequest) -> Generator[Chunk]:
        """Check the request now; say the recording in the voice as the chunks are asked for.

        Raises `Unsupported` where no engine can. Close the generator to stop the engine.
        """
        engine = converting(self.engine_named(request.engine))
        return engine.convert(request.source, self.voice(request.voice), request.options)

    def voice(self, voice: str | Voice) -> Voice:
        """Return the voice of this name, or the voice itself."""
        return self.voices.get(voice) if isinstance(voice, str) else voice

    def align(self, audio: Audio, text: str, language: str = AUTO) -> Alignment:
        """Find when each word, character and phone of `text` is said in `audio`."""
        return align(audio, text, detect(text) if language == AUTO else checked(language))

    def edit(self, request: EditRequest) -> EditedRecording:
        """Change words of a recording and keep every other sample."""
        return edit(self, request)

    def engines(self) -> list[EngineStatus]:
        """Return every engine there is, whether it is ready, and what it lacks."""
        return list(wiring.statuses(self.settings))

    def is_ready(self) -> bool:
        """Whether any engine could speak; servers are asked only where this machine cannot."""
        return any(status.ready for status in wiring.statuses(self.settings))

    def engine_named(self, name: str | None) -> Engine:
        """Return the engine of this name; None: the configured chain."""
        if name is None:
            return self.engine
        try:
            return self._engines[name]
        except KeyError:
            raise EngineNotFound(name, self.settings.remotes) from None

    def engine_for(self, request: SpeechRequest) -> Engine:
        """Return the engine a request is for. Raises `RequestError` where that cannot serve it."""
        engine = self.engine_named(request.engine)
        if request.language != AUTO and request.language not in engine.capabilities.languages:
            raise Unsupported(
                f"Engine {engine.name!r} does not speak {request.language!r}. It speaks "
                f"{', '.join(sorted(engine.capabilities.languages))}; `auto` finds the language "
                "from the text."
            )
        speaker = request.options.speaker
        if speaker and not has_speaker(engine, speaker):
            there_are = ", ".join(sorted(engine.capabilities.speakers)) or "none"
            raise InvalidOption(
                "speaker", speaker, f"engine {engine.name!r} brings along {there_are}"
            )
        return engine

    def rebuild(self, name: str, settings: Settings) -> None:
        """Build an engine anew from other settings and put it in place of the one there is.

        Speech in progress ends on the old one. Where the new one cannot be built, the old stays
        and the reason is raised. One at a time: the caller sees to that.
        """
        if name not in self._engines:
            raise EngineNotFound(name, self.settings.remotes)
        self._engines = {**self._engines, name: wiring.build_engine(name, settings)}
        self.engine = wiring.chain(self._engines.values(), wiring.probes(settings))
        self.settings = settings

    def utterances(self, request: SpeechRequest, voice: Voice) -> Iterator[Utterance]:
        """Yield the request's sentences as engines and their caches are asked for them."""
        playback = Playback(NOBODY_LISTENS if request.whole else NOTHING_HEARD)
        for sentence in sentences(self._counted(request.text)):
            language = _language(request.language, sentence, voice)
            options, whole = request.options, request.whole
            yield Utterance(sentence, language, options, whole, playback, request.timestamps)

    def _speak(self, request: SpeechRequest, voice: Voice, engine: Engine) -> Generator[Chunk]:
        spoken = Placement(request.options.sentence_pause)
        for index, utterance in enumerate(self.utterances(request, voice)):
            chunks = engine.speak(utterance, voice)
            if request.timestamps:
                chunks = timed(chunks, partial(_said, utterance))
            with closing(chunks):
                for chunk in spoken.placed(chunks):
                    yield replace(chunk, sentence=index)
        if spoken.is_empty:
            raise NothingToSay

    def _speak_arriving(
        self, request: SpeechRequest, voice: Voice, engine: SpeaksStreamingText
    ) -> Generator[Chunk]:
        """Speak a text that is still arriving as one utterance."""
        written: list[str] = []
        pieces = _noted(self._counted(request.text), written)
        utterance = ArrivingUtterance(pieces, request.language, request.options)
        chunks = engine.speak_arriving(utterance, voice)
        if request.timestamps:
            chunks = timed(chunks, partial(_written, written, request.language, voice))
        is_silent = True
        with closing(chunks):
            for chunk in Placement(request.options.sentence_pause).placed(chunks):
                is_silent = is_silent and not len(chunk.audio.samples)
                yield chunk
        if is_silent:
            raise NothingToSay

    def _counted(self, text: str | Iterable[TextPiece]) -> Iterator[TextPiece]:
        length = 0
        for piece in [text] if isinstance(text, str) else text:
            if isinstance(piece, str):
                length += len(piece)
                self._check_length(length)
            elif not isinstance(piece, Pause):
                raise BadText(f"A piece of the text is {piece!r}, no text. Give strings.")
            yield piece

    def _check_length(self, length: int) -> None:
        if length > self.limits.text_characters:
            raise TextTooLong(length, self.limits.text_characters)


class Placement:
    """The sentences of one request on one time line, with a pause before each but the first."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._line = TimeLine()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said yet."""
        return not self._line.sample_rate

    def placed(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Yield a sentence's chunks at the request's rate, timed from the start of the speech."""
        rest = iter(chunks)
        for first in rest:
            if not self.is_empty:
                yield self._line.silence(self._pause, first)
            yield from self._line.placed(chain([first], rest))


def _said(utterance: Utterance) -> tuple[str, str]:
    return utterance.text, utterance.language


def _written(pieces: Sequence[str], language: str, voice: Voice) -> tuple[str, str]:
    text = "".join(pieces)
    return text, _language(language, text, voice)


def _noted(pieces: Iterable[TextPiece], written: list[str]) -> Iterator[TextPiece]:
    for piece in pieces:
        if isinstance(piece, str):
            written.append(piece)
        yield piece


def collect(chunks: Iterable[Chunk]) -> Speech:
    """Join a stream of chunks into one speech."""
    heard = list(chunks)
    words: list[TimedText] = [word for chunk in heard for word in chunk.words]
    engines = tuple(dict.fromkeys(chunk.engine for chunk in heard))
    own_voices = tuple(dict.fromkeys(chunk.engine for chunk in heard if not chunk.cloned))
    return Speech(Audio.join(chunk.audio for chunk in heard), tuple(words), engines, own_voices)


def checked(language: str) -> str:
    """Return a language Myna knows, or raise `Unsupported`."""
    if language not in LANGUAGES:
        raise Unsupported(
            f"Language {language!r} is not one of {', '.join(LANGUAGES)}. `auto` finds it from "
            "the text."
        )
    return language


def _language(asked: str, sentence: str, voice: Voice) -> str:
    return detect(sentence, voice.language) if asked == AUTO else asked
