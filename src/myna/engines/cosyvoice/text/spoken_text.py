"""Text as CosyVoice is told it: figures and signs in words, the rest as written, as tokens."""

import re

import numpy as np
import numpy.typing as npt

from myna.core.languages import LANGUAGES
from myna.engines.cosyvoice.text.text_rules import stopped, tidied_chinese
from myna.engines.cosyvoice.text.text_tokenizer import END_OF_PROMPT, TextTokenizer
from myna.engines.cosyvoice.version import Version
from myna.text.reading import normalized

TextTokens = npt.NDArray[np.int64]

_ENDS = tuple(".?!…。？！；;")
_CLOSING = "\"'”’」』）)]"
_PLAIN = re.compile(r"[^\W\d_]+")
_FIGURES = re.compile(r"[^\w\s]|\d")
_SYSTEM = "You are a helpful assistant."


class TextReader:
    """Reads texts for one version. Read-only; threads may share it."""

    def __init__(self, tokenizer: TextTokenizer, version: Version) -> None:
        self._tokenizer = tokenizer
        is_third = version is Version.COSYVOICE3
        self._reads_kanji = not is_third
        self._system = _SYSTEM if is_third else ""
        self._opening = _SYSTEM + END_OF_PROMPT if is_third else ""

    def read(self, text: str, language: str) -> TextTokens:
        """Return the tokens of a sentence; one without an end mark gets a full stop."""
        spoken = self.spoken(text.strip(), language)
        if language in ("zh", "yue"):
            spoken = stopped(spoken)
        return self.tokens(ended(spoken, language))

    def unmarked(self, text: str) -> str:
        """Return a text without the model's marks: what of it is words."""
        return self._tokenizer.markup.sub(" ", text)

    def spoken(self, text: str, language: str) -> str:
        """Return a text with figures and signs put into words; the model's marks stay.

        Marks of Qwen2 (`<|im_end|>`) are left out: nothing of them is to be heard.
        """
        markup = self._tokenizer.markup
        text = self._tokenizer.control.sub("", text)
        kept = markup.findall(text)
        parts = [self._spoken(part, language) for part in markup.split(text)]
        return "".join(part + mark for part, mark in zip(parts, [*kept, ""], strict=True))

    def tokens(self, text: str) -> TextTokens:
        """Return the tokens of a text as it stands: (tokens,)."""
        return np.array(self._tokenizer.tokens(text), np.int64)

    def opening(self) -> TextTokens:
        """Return what every text of this version begins with where nothing else is told."""
        return self.tokens(self._opening)

    def transcript(self, said: str, language: str) -> TextTokens:
        """Return the tokens of what a reference says."""
        if not said:
            return np.zeros(0, np.int64)
        return self.tokens(self._opening + self.spoken(said, language))

    def instruction(self, instruction: str) -> TextTokens:
        """Return the tokens of an instruction; the mark that ends it is added where it lacks."""
        text = self._tokenizer.control.sub("", instruction).strip().removesuffix(END_OF_PROMPT)
        if not text.startswith(self._system):
            text = f"{self._system} {text}"
        return self.tokens(text + END_OF_PROMPT)

    def _spoken(self, text: str, language: str) -> str:
        as_it_sounds = language == "ja" and not self._reads_kanji
        if as_it_sounds or (_FIGURES.search(text) and language in LANGUAGES):
            text = _in_words(text, language, reads_kanji=self._reads_kanji)
        return tidied_chinese(text) if language in ("zh", "yue") else text


def _in_words(text: str, language: str, *, reads_kanji: bool) -> str:
    """Replace what is said otherwise than it is written.

    Japanese words stay as they are where the model reads kanji, and are else spelt in katakana.
    """
    spoken, place = "", 0
    for token in normalized(text, language):
        said = token.spoken
        if token.language == "ja" and reads_kanji and _PLAIN.fullmatch(token.written):
            said = token.written
        spoken += text[place : token.start] + (said or token.written)
        place = token.end
    return spoken + text[place:]


def ended(text: str, language: str) -> str:
    """Return a text that ends with a mark that ends a sentence."""
    if not text.strip() or text.rstrip().rstrip(_CLOSING).endswith(_ENDS):
        return text
    return text.rstrip() + ("。" if language in ("zh", "yue", "ja") else ".")
