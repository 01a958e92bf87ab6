"""Phones of English words that no dictionary has."""

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from myna.core.errors import PackageMissing
from myna.espeak.library import library

Guess = Callable[[str], list[str]]
"""A word in small letters -> its phones."""

_NAMES = dict(
    a="EY1",
    b="B IY1",
    c="S IY1",
    d="D IY1",
    e="IY1",
    f="EH1 F",
    g="JH IY1",
    h="EY1 CH",
    i="AY1",
    j="JH EY1",
    k="K EY1",
    l="EH1 L",
    m="EH1 M",
    n="EH1 N",
    o="OW1",
    p="P IY1",
    q="K Y UW1",
    r="AA1 R",
    s="EH1 S",
    t="T IY1",
    u="Y UW1",
    v="V IY1",
    w="D AH1 B AH0 L Y UW0",
    x="EH1 K S",
    y="W AY1",
    z="Z IY1",
)
_VOICE, _VARIANT, _RATE = "en-us", "pitch 82 118", 175
_IPA_VOWELS = {
    "aɪɚ": ("AY", "ER"),
    "aʊɚ": ("AW", "ER"),
    "iə": ("IY", "AH"),
    "əl": ("AH", "L"),
    "aɪ": ("AY",),
    "aʊ": ("AW",),
    "eɪ": ("EY",),
    "oʊ": ("OW",),
    "ɔɪ": ("OY",),
    "a": ("AA",),
    "e": ("EH",),
    "i": ("IY",),
    "o": ("AO",),
    "u": ("UW",),
    "æ": ("AE",),
    "ɐ": ("AH",),
    "ɑ": ("AA",),
    "ɒ": ("AA",),
    "ɔ": ("AO",),
    "ə": ("AH",),
    "ɚ": ("ER",),
    "ɛ": ("EH",),
    "ɜ": ("ER",),
    "ɪ": ("IH",),
    "ʊ": ("UH",),
    "ʌ": ("AH",),
    "ᵻ": ("IH",),
}
_IPA_CONSONANTS = {
    "dʒ": "JH",
    "tʃ": "CH",
    "b": "B",
    "d": "D",
    "f": "F",
    "h": "HH",
    "j": "Y",
    "k": "K",
    "l": "L",
    "m": "M",
    "n": "N",
    "p": "P",
    "r": "R",
    "s": "S",
    "t": "T",
    "v": "V",
    "w": "W",
    "x": "K",
    "z": "Z",
    "ð": "DH",
    "ŋ": "NG",
    "ɡ": "G",
    "ɫ": "L",
    "ɬ": "L",
    "ɹ": "R",
    "ɾ": "T",
    "ʃ": "SH",
    "ʒ": "ZH",
    "ʔ": "T",
    "θ": "TH",
}
_SYLLABIC = "\u0329"


def letter_name(letter: str) -> list[str]:
    """Return the phones of a letter's name."""
    return _NAMES[letter].split(" ")


@cache
def from_espeak(word: str) -> list[str]:
    """Guess the phones of a word with espeak-ng's rules.

    Raises:
        PackageMissing: espeak-ng is not installed.
    """
    try:
        with library() as speaker:
            speaker.select(_VOICE, _VARIANT, _RATE)
            names = speaker.phonemes(word)
    except PackageMissing as error:
        raise PackageMissing(f"Reading {word!r}, which no dictionary has,", error.extra) from error
    said: list[str] = []
    for name in names:
        said += _arpabet(name)
    if not any(phone.endswith("1") for phone in said):  # what espeak-ng weakens within sentences
        said = [phone.replace("2", "1") for phone in said]
    return [phone for at, phone in enumerate(said) if phone != "R" or said[at - 1 : at] != ["ER1"]]


def _arpabet(name: str) -> list[str]:
    """Turn one of espeak-ng's phonemes into phones, the stress on the first vowel."""
    if name.startswith("("):  # the name of another language it switched to
        return []
    stress = "1" if "ˈ" in name else "2" if "ˌ" in name else "0"
    rest = name.strip("ˈˌ").replace("ː", "")
    said: list[str] = []
    while rest:
        found = next((ipa for ipa in (*_IPA_VOWELS, *_IPA_CONSONANTS) if rest.startswith(ipa)), "")
        if found in _IPA_VOWELS:
            for phone in _IPA_VOWELS[found]:
                said.append(phone if phone == "L" else phone + stress)
                stress = "0"
        elif found:
            syllabic = rest[len(found) : len(found) + 1] == _SYLLABIC
            said += ["AH0", _IPA_CONSONANTS[found]] if syllabic else [_IPA_CONSONANTS[found]]
        rest = rest[max(1, len(found)) :]
    return said


def from_letter_model(file: Path) -> Guess:
    """Return g2p_en's guess, a recurrent network from letters to phones, of its weights."""
    return _LetterModel(dict(np.load(file, allow_pickle=False)))


class _LetterModel:
    """A GRU that reads letters and one that writes phones."""

    def __init__(self, weights: dict[str, npt.NDArray[np.float32]]) -> None:
        self._weights = weights
        self._known: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def __call__(self, word: str) -> list[str]:
        with self._lock:
            if word not in self._known:
                self._known[word] = self._guess(word)
            return list(self._known[word])

    def _guess(self, word: str) -> list[str]:
        weights = self._weights
        state = np.zeros(weights["enc_w_hh"].shape[1], np.float32)
        for letter in (*word, _END):
            number = _LETTERS.index(letter) if letter in _LETTERS else _UNKNOWN_LETTER
            state = self._step("enc", weights["enc_emb"][number], state)
        phones: list[str] = []
        number = _START_PHONE
        while len(phones) < _LONGEST:
            state = self._step("dec", weights["dec_emb"][number], state)
            number = int(np.argmax(weights["fc_w"] @ state + weights["fc_b"]))
            if _PHONES[number] == _END:
                break
            phones.append(_PHONES[number])
        return phones

    def _step(
        self, part: str, read: npt.NDArray[np.float32], state: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        weights = self._weights
        new = np.split(weights[f"{part}_w_ih"] @ read + weights[f"{part}_b_ih"], 3)
        old = np.split(weights[f"{part}_w_hh"] @ state + weights[f"{part}_b_hh"], 3)
        reset, update = (1 / (1 + np.exp(-(n + o))) for n, o in zip(new[:2], old[:2], strict=True))
        proposal = np.tanh(new[2] + reset * old[2])
        following: npt.NDArray[np.float32] = (1 - update) * proposal + update * state
        return following


_END = "</s>"
_LETTERS = ("<pad>", "<unk>", _END, *"abcdefghijklmnopqrstuvwxyz")
_UNKNOWN_LETTER = 1
_START_PHONE = 2
_LONGEST = 20  # phones
_PHONE_NAMES = (
    "<pad> <unk> <s> </s> AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 "
    "B CH D DH EH0 EH1 EH2 ER0 ER1 ER2 EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG "
    "OW0 OW1 OW2 OY0 OY1 OY2 P R S SH T TH UH0 UH1 UH2 UW UW0 UW1 UW2 V W Y Z ZH"
)
_PHONES = _PHONE_NAMES.split()
