"""Mandarin read: the phones of normalised text, and how many each character has."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from myna.engines.gpt_sovits.frontend.chinese import pinyin
from myna.engines.gpt_sovits.frontend.chinese.erhua import coloured
from myna.engines.gpt_sovits.frontend.chinese.pinyin import Corrections
from myna.engines.gpt_sovits.frontend.chinese.syllables import phones
from myna.engines.gpt_sovits.frontend.chinese.tones import spoken_tones
from myna.engines.gpt_sovits.frontend.chinese.words import Word, words
from myna.engines.gpt_sovits.frontend.symbols import PUNCTUATION

_CLAUSE = re.compile(r"[^!?…,.\-]*[!?…,.\-]|[^!?…,.\-]+")


@dataclass(frozen=True)
class Mandarin:
    """How one generation of models reads Chinese."""

    colours_er: bool = True
    """Whether 儿 takes the tone before it: all but the first generation."""
    corrections: Corrections = field(default_factory=Corrections)
    polyphones: Callable[[str], Sequence[str]] | None = None
    """Reads the pinyin of a clause, a syllable a character; without it words are read alone."""

    def read(self, text: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Return the phones of normalised text and how many each of its characters has.

        Raises:
            PackageMissing: jieba or pypinyin is not installed.
        """
        said: list[str] = []
        counts: list[int] = []
        for clause in _CLAUSE.findall(text):
            for syllable in self._syllables(clause):
                said += syllable
                counts.append(len(syllable))
        return tuple(said), tuple(counts)

    def _syllables(self, clause: str) -> list[tuple[str, ...]]:
        read = self.polyphones(clause) if self.polyphones else None
        found: list[tuple[str, ...]] = []
        start = 0
        for word in words(clause):
            end = start + len(word.text)
            alone = pinyin.syllables(word.text) if read is None else list(read[start:end])
            found += self._word(word, self.corrections.corrected(word.text, alone))
            start = end
        return found

    def _word(self, word: Word, syllables: Sequence[str]) -> list[tuple[str, ...]]:
        split = [pinyin.initial_and_final(syllable) for syllable in syllables]
        tones = spoken_tones(word, "".join(final[-1:] or "0" for _, final in split))
        finals = [final[:-1] + tone for (_, final), tone in zip(split, tones, strict=True)]
        if self.colours_er:
            finals = coloured(word.text, word.tag, finals)
        return [
            (final,) if final in PUNCTUATION else phones(initial, final)
            for (initial, _), final in zip(split, finals, strict=True)
        ]
