"""Text of any language to the phones of a GPT-SoVITS model."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from myna.core.errors import Unsupported
from myna.engines.gpt_sovits.frontend import cantonese, japanese
from myna.engines.gpt_sovits.frontend.chinese import normalization as chinese
from myna.engines.gpt_sovits.frontend.chinese.reader import Mandarin
from myna.engines.gpt_sovits.frontend.english import normalization as english
from myna.engines.gpt_sovits.frontend.english.reader import English
from myna.engines.gpt_sovits.frontend.korean import reader as korean
from myna.engines.gpt_sovits.frontend.resources import Resources
from myna.engines.gpt_sovits.frontend.segmenter import LanguageRun, segment
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V1, SYMBOLS_V2
from myna.engines.gpt_sovits.frontend.unread import unread
from myna.engines.gpt_sovits.frontend.width import WIDE_LETTERS, half_width

Version = Literal["v1", "v2"]
"""Of the symbols: "v1", or "v2" for all later models."""

_MODES_V1 = ("auto", "en", "zh", "ja", "all_zh", "all_ja")
_MODES_V2 = ("auto_yue", "yue", "ko", "all_yue", "all_ko")
_LANGUAGES_V1 = ("zh", "ja", "en")
_LANGUAGES_V2 = ("zh", "ja", "en", "ko", "yue")
_FEWEST_PHONES = 6  # the models stumble over less
_WIDE_WORD = re.compile(
    f"(?<![0-9０-９{WIDE_LETTERS}])([{WIDE_LETTERS}]+)"
)  # behind a digit it is a unit
_SILENCES = {"￥": "SP2", "^": "SP3"}  # marks that become silences in a Chinese run


@dataclass(frozen=True, slots=True)
class PhoneRun:
    """The phones of a stretch in one language."""

    language: str
    normalized: str
    """What was read: for Chinese one character for each of `counts`."""
    phones: tuple[str, ...]
    counts: tuple[int, ...] | None
    """How many phones each character of `normalized` has (word2ph): Chinese and Cantonese only."""
    unread: str = ""
    """Letters and digits of the text that have no reading in this language."""


@dataclass(frozen=True, slots=True)
class Phonemes:
    """A text as a model reads it."""

    runs: tuple[PhoneRun, ...]
    ids: tuple[int, ...]
    """The row of each phone in the model's text embedding."""

    @property
    def phones(self) -> tuple[str, ...]:
        """The phones of all runs."""
        return tuple(phone for run in self.runs for phone in run.phones)

    @property
    def normalized(self) -> str:
        """What was read, of all runs."""
        return "".join(run.normalized for run in self.runs)

    @property
    def unread(self) -> str:
        """Letters and digits that nothing is said for, each once."""
        return "".join(dict.fromkeys("".join(run.unread for run in self.runs)))


def languages_of(version: Version) -> tuple[str, ...]:
    """Return the language modes models of a version know, by GPT-SoVITS' own names."""
    return _MODES_V1 if version == "v1" else (*_MODES_V1, *_MODES_V2)


class FrontEnd:
    """Reads text for models of one version. Threads may share it.

    Dictionaries load when their language is first read.
    """

    def __init__(self, version: Version = "v2", resources: Resources | None = None) -> None:
        self.version: Version = version
        self._symbols = SYMBOLS_V1 if version == "v1" else SYMBOLS_V2
        self._resources = resources or Resources()
        self._loading = threading.Lock()

    def read(self, text: str, language: str) -> Phonemes:
        """Return the phones of `text` in a language mode.

        "zh", "ja", "ko" and "yue" are that language with English words in it; "all_zh" and so on
        the same, where unmixed; "auto" and "auto_yue" tell languages by script. A text of fewer
        than six phones is read with a full stop in front.

        Raises:
            Unsupported: the version has no such mode.
            PackageMissing: a language's package is not installed.
        """
        if language not in languages_of(self.version):
            raise Unsupported(
                f"GPT-SoVITS {self.version} models do not read the language {language!r}. "
                f"Use one of {', '.join(languages_of(self.version))}."
            )
        phonemes = self._read(text, language)
        return phonemes if len(phonemes.ids) >= _FEWEST_PHONES else self._read("." + text, language)

    def _read(self, text: str, language: str) -> Phonemes:
        stretches = language_runs(re.sub(" {2,}", " ", text), language)
        runs = tuple(self.read_run(stretch.text, stretch.language) for stretch in stretches)
        return Phonemes(runs, self._symbols.ids(phone for run in runs for phone in run.phones))

    def read_run(self, text: str, language: str) -> PhoneRun:
        """Return the phones of a text in one language; one the version lacks is a pause."""
        known = language in (_LANGUAGES_V1 if self.version == "v1" else _LANGUAGES_V2)
        run = LanguageRun(language, text) if known else LanguageRun("en", " ")
        left_out = unread(
            text,
            language if known else "",
            lambda character: self._read_run(replace(run, text=character)).phones if known else (),
        )
        return replace(self._read_run(run), unread=left_out)

    def _read_run(self, run: LanguageRun) -> PhoneRun:
        silence = next((mark for mark in _SILENCES if mark in run.text), None)
        if run.language != "zh" or silence is None:
            read = self._in_one_language(run)
        else:
            read = self._in_one_language(replace(run, text=run.text.replace(silence, ",")))
            said = (_SILENCES[silence] if phone == "," else phone for phone in read.phones)
            read = replace(read, phones=tuple(said))
        return replace(read, phones=self._symbols.known(read.phones))

    def _in_one_language(self, run: LanguageRun) -> PhoneRun:
        if run.language == "zh":
            normalized = chinese.normalize(run.text)
            return PhoneRun("zh", normalized, *self._loaded_mandarin().read(normalized))
        if run.language == "yue":
            normalized = cantonese.normalize(run.text)
            return PhoneRun("yue", normalized, *cantonese.read(normalized))
        if run.language == "ja":
            normalized = japanese.normalize(run.text)
            phones = japanese.read(normalized, self._resources.japanese_words)
            return PhoneRun("ja", normalized, phones, None)
        if run.language == "ko":
            return PhoneRun("ko", run.text, korean.read(run.text), None)
        normalized = english.normalize(run.text)
        return PhoneRun("en", normalized, self._loaded_english().read(normalized), None)

    def _loaded_mandarin(self) -> Mandarin:
        with self._loading:
            return self._mandarin

    def _loaded_english(self) -> English:
        with self._loading:
            return self._english

    @cached_property
    def _mandarin(self) -> Mandarin:
        return self._resources.mandarin(first_generation=self.version == "v1")

    @cached_property
    def _english(self) -> English:
        return self._resources.english()


def language_runs(text: str, language: str) -> Sequence[LanguageRun]:
    """Cut `text` into runs of one language, as a language mode asks."""
    return [part for run in _runs(text, language) for part in _with_wide_words(run)]


def _runs(text: str, language: str) -> Sequence[LanguageRun]:
    if language == "en":
        return [LanguageRun("en", text)]
    if language.startswith("all_"):
        wanted = language.removeprefix("all_")
        default = "zh" if wanted == "yue" else wanted
        return [_renamed(run, default, wanted) for run in segment(text, default)]
    if language.startswith("auto"):
        chinese_name = "yue" if language == "auto_yue" else "zh"
        return [_renamed(run, "zh", chinese_name) for run in segment(text)]
    mixed: list[LanguageRun] = []
    for run in segment(text):
        name = "en" if run.language == "en" else language
        if mixed and mixed[-1].language == name:
            mixed[-1] = LanguageRun(name, mixed[-1].text + run.text)
        else:
            mixed.append(LanguageRun(name, run.text))
    return mixed


def _renamed(run: LanguageRun, language: str, name: str) -> LanguageRun:
    return LanguageRun(name, run.text) if run.language == language else run


def _with_wide_words(run: LanguageRun) -> Sequence[LanguageRun]:
    """Take words in full-width letters (Ａ股) out of a run whose front end would leave them out."""
    if run.language not in ("zh", "yue", "ko") or not _WIDE_WORD.search(run.text):
        return [run]
    return [
        LanguageRun("en", half_width(part)) if index % 2 else replace(run, text=part)
        for index, part in enumerate(_WIDE_WORD.split(run.text))
        if part
    ]
