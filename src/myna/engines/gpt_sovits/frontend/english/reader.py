"""English read: the phones of normalised text."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from myna.engines.gpt_sovits.frontend.english.dictionary import Dictionary, Homograph, homographs
from myna.engines.gpt_sovits.frontend.english.letters import Guess, from_espeak, letter_name
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V2, UNKNOWN

Tagger = Callable[[Sequence[str]], Sequence[str]]
"""Words -> their parts of speech, by the Penn Treebank's names."""

_TOKEN = re.compile(
    r"[A-Za-z]+(?:[.\-][A-Za-z]+)*\.[A-Za-z]{2,13}\b"  # what may be a domain is one word
    r"|[A-Za-z][A-Za-z'\-]+[A-Za-z]|[A-Za-z]+|\.(?:\s*\.)+|\S"
)
_SPELLED = 3  # letters; an unknown word that is no longer is spelled
_FEWEST_PHONES = 4
_VOICELESS = ("P", "T", "K", "F", "TH", "HH")
_SIBILANT = ("S", "Z", "SH", "ZH", "CH", "JH")
_NOT_SAID = ("<pad>", "<s>", "</s>", "UW")
_SUBJECTS = frozenset(("i", "you", "we", "they"))
_AUXILIARIES = (
    "to will would can could should must may might shall don't didn't doesn't won't can't let's "
    "please not"
)
_BEFORE_VERB = frozenset(_AUXILIARIES.split())


def tag_by_neighbours(words: Sequence[str]) -> list[str]:
    """Tell verbs from the rest by the word before, which is all that homographs ask."""
    tags = []
    for before in ("", *words)[: len(words)]:
        known = before.lower()
        tags.append("VBP" if known in _SUBJECTS else "VB" if known in _BEFORE_VERB else "NN")
    return tags


@dataclass(frozen=True)
class English:
    """What is known of English words."""

    dictionary: Dictionary = field(default_factory=Dictionary)
    homographs: Mapping[str, Homograph] = field(default_factory=homographs)
    guess: Guess = from_espeak
    """For words the dictionary lacks."""
    tag: Tagger = tag_by_neighbours
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Given names in small letters; they count where written as names are (Anna)."""
    segment: Callable[[str], Sequence[str]] | None = None
    """Cuts an unknown word into words; without it the dictionary does."""

    def read(self, text: str) -> tuple[str, ...]:
        """Return the phones of normalised text; very short ones get a pause in front.

        Raises:
            PackageMissing: a word is in no dictionary, and espeak-ng is not installed.
        """
        phones = self.read_unpadded(text)
        return phones if len(phones) >= _FEWEST_PHONES else (",", *phones)

    def read_unpadded(self, text: str) -> tuple[str, ...]:
        """Return the phones of normalised text, as `read` without the pause."""
        words = _TOKEN.findall(text)
        said: list[str] = []
        for word, tag in zip(words, self.tag(words), strict=True):
            said += [phone for phone in self._word(word, tag) if phone not in _NOT_SAID]
        return tuple(p for p in map(_spelled, said) if p in SYMBOLS_V2.numbers)

    def _word(self, written: str, tag: str) -> Sequence[str]:
        word = written.lower()
        if not re.search("[a-z]", word):
            return [word]
        if len(word) == 1:
            return ["EY1"] if written == "A" else self._letter(word)
        if word in self.homographs:
            return self.homographs[word].said(tag)
        return self._known_or_guessed(written)

    def _letter(self, letter: str) -> list[str]:
        if letter == "a":
            return ["AH0"]
        return self.dictionary.get(letter) or letter_name(letter)

    def _known_or_guessed(self, written: str) -> list[str]:
        word = written.lower()
        known = self.dictionary.get(word) if len(word) > 1 else None
        if known:
            return known
        if written.istitle() and word in self.names:
            return list(self.names[word])
        if len(word) <= _SPELLED and (self.dictionary.entries or len(word) == 1):
            return self._spelled_out(word)
        if re.fullmatch("[a-z]+'s", word):
            return _possessive(self._known_or_guessed(word[:-2]))
        parts = self._parts(word)
        if len(parts) < 2:
            return self.guess(word)
        return [phone for part in parts for phone in self._known_or_guessed(part)]

    def _spelled_out(self, word: str) -> list[str]:
        said: list[str] = []
        for letter in word:
            said += letter_name(letter) if letter.isalpha() else [letter]
        return said

    def _parts(self, word: str) -> Sequence[str]:
        """Return the words a compound is made of; itself if it is none."""
        if self.segment is not None:
            return self.segment(word)
        parts = [part for part in re.split("[^a-z']+", word) if part]
        if len(parts) != 1:
            return parts
        return _known_parts(word, self.dictionary)


def _spelled(phone: str) -> str:
    return {"'": "-", "<unk>": UNKNOWN}.get(phone, phone)


def _possessive(phones: Sequence[str]) -> list[str]:
    if phones[-1] in _VOICELESS:
        return [*phones, "S"]
    return [*phones, "AH0", "Z"] if phones[-1] in _SIBILANT else [*phones, "Z"]


def _known_parts(word: str, dictionary: Dictionary) -> list[str]:
    """Cut a word into the fewest known words of at least three letters; else it stays whole."""
    best: list[list[str] | None] = [[]] + [None] * len(word)
    for end in range(_SPELLED, len(word) + 1):
        for start in range(end - _SPELLED + 1):
            before = best[start]
            if before is None or dictionary.get(word[start:end]) is None:
                continue
            found = best[end]
            if found is None or len(before) + 1 < len(found):
                best[end] = [*before, word[start:end]]
    return best[-1] or [word]
