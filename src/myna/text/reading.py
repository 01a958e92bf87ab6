"""What a text's words are, and how each is said."""

import re
from dataclasses import dataclass

from myna.core.errors import PackageMissing

MARKS = {
    ",": ",", "，": ",", "、": ",", ".": ".", "。": ".", "．": ".", "!": "!", "！": "!",
    "?": "?", "？": "?", ";": ";", "；": ";", ":": ":", "：": ":", "…": "…", "—": ",", "–": ",",
}  # fmt: skip

_DIGITS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "ko": ["영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"],
    "ja": ["ゼロ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"],
    "zh": list("零一二三四五六七八九"),
    "yue": list("零一二三四五六七八九"),
}


@dataclass(frozen=True, slots=True)
class Token:
    """A written word, where it stands, and how it is said."""

    written: str
    """The word exactly as in the text, without the punctuation around it."""
    start: int
    """Offset of its first character in the text."""
    end: int
    """Offset behind its last character."""
    spoken: str
    """How it is read, without digits or symbols: English words, Hangul, kana, hanzi. Words are
    separated by blanks where one written word is said as several."""
    language: str
    """The language it is read in, one of `LANGUAGES`."""
    mark: str
    """The pause behind it: one of , . ? ! ; : … or nothing."""


def read(text: str, language: str) -> tuple[Token, ...]:
    """Return the words of `text` in order, with how each is said.

    `language` is the one to assume where the script does not decide. Raises `PackageMissing`
    when the text needs a reading that only an optional package has.
    """
    tokens = []
    for match in re.finditer(
        r"(?P<hangul>[가-힣]+)|(?P<kana>[ぁ-ヿ]+)|(?P<han>[一-鿿])|(?P<latin>[A-Za-zÀ-ɏ'’]+)|(?P<number>\d)",
        text,
    ):
        script = match.lastgroup
        spoken = match.group()
        own = language
        if script == "hangul":
            own = "ko"
        elif script == "kana":
            own = "ja"
        elif script == "latin":
            own = "en"
        elif script == "han":
            own = language if language in ("zh", "yue", "ja") else "zh"
            if own == "ja":
                spoken = _kana(spoken)
        elif script == "number":
            spoken = _DIGITS[language][int(spoken)]
        after = text[match.end() : match.end() + 1]
        tokens.append(
            Token(match.group(), match.start(), match.end(), spoken, own, MARKS.get(after, ""))
        )
    return tuple(tokens)


def _kana(kanji: str) -> str:
    try:
        import pyopenjtalk
    except ImportError as error:
        raise PackageMissing("Reading Japanese kanji", "ja") from error
    return str(pyopenjtalk.g2p(kanji, kana=True))
