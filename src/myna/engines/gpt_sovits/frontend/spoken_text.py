"""A text as the decoders take it: phonemes, and what BERT makes of the Chinese in it."""

import logging
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from myna.core.errors import PackageMissing
from myna.engines.checkpoints.when_needed import WhenNeeded
from myna.engines.gpt_sovits.frontend.bert import Bert
from myna.engines.gpt_sovits.frontend.front_end import FrontEnd, Phonemes, PhoneRun
from myna.engines.gpt_sovits.frontend.unread import NOTHING
from myna.engines.gpt_sovits.frontend.word_phonemes import WordPhonemes, word_phonemes
from myna.text.reading import normalized

logger = logging.getLogger(__name__)

_ENDS = frozenset("，。？！,.?!~:：—…")
_FIGURE = re.compile(r"[\d%‰&+=×÷±≈≤≥$€£¥₩￦￥°℃℉½⅓¼¾²³]")
_SAYS_FIGURES = ("ko", "zh", "yue", "en")


@dataclass(frozen=True, slots=True, eq=False)
class SpokenText:
    """Phonemes and their context."""

    phonemes: npt.NDArray[np.int64]  # (L,)
    context: npt.NDArray[np.float32] | None  # (L, channels of BERT); None is all zeros
    runs: tuple[PhoneRun, ...] = ()
    """How it was read, where it just was."""

    @property
    def is_unread(self) -> bool:
        """Whether it was read and is nothing but pauses: no word of it has a reading."""
        return bool(self.runs) and all(NOTHING.issuperset(run.phones) for run in self.runs)


class TextReader:
    """Reads texts for one model. Threads may share it."""

    def __init__(self, front_end: FrontEnd, bert: WhenNeeded[Bert] | None) -> None:
        """Without BERT, Chinese is read without context, and less well."""
        self._front_end = front_end
        self.bert = bert
        """Only Chinese needs it."""

    def read(self, text: str, language: str) -> SpokenText:
        """Return what to say. Raises `Unsupported`, `PackageMissing`, `TextTooLong`.

        Words of another language than the text's are read in theirs where the model knows it.
        """
        text = _with_figures_said(" ".join(text.split()), language)
        if text and text[-1] not in _ENDS:
            text += "." if language == "en" else "。"
        read = self._read(text, language)
        if read.unread:
            logger.warning("%d characters have no reading and are left out", len(read.unread))
            logger.debug("without a reading in %s: %s", language, read.unread)
        return SpokenText(np.array(read.ids, np.int64), self._context(read.runs), read.runs)

    def _read(self, text: str, language: str) -> Phonemes:
        """Read words of other languages, too, which the language alone would leave out."""
        read = self._front_end.read(text, language)
        if not read.unread:
            return read
        try:
            mixed = self._front_end.read(text, "auto_yue" if language == "yue" else "auto")
        except PackageMissing as error:
            logger.warning("words of another language are left out: %s", error)
            return read
        return mixed if len(mixed.unread) < len(read.unread) else read

    def words(self, text: str, language: str, spoken: SpokenText) -> tuple[WordPhonemes, ...]:
        """Return where the words of a text are in what `read` made of it."""
        tokens = normalized(" ".join(text.split()), language)
        return word_phonemes(spoken.runs, tokens, self._front_end.read_run)

    def _context(self, runs: tuple[PhoneRun, ...]) -> npt.NDArray[np.float32] | None:
        with_context = {number: run for number, run in enumerate(runs) if _has(run)}
        if self.bert is None or not with_context:
            return None
        with self.bert.held() as bert:
            known = {number: _of_characters(bert, run) for number, run in with_context.items()}
        channels = next(iter(known.values())).shape[1]
        nothing = np.zeros((0, channels), np.float32)
        rows = [
            known.get(number, np.zeros((len(run.phones), channels), np.float32))
            for number, run in enumerate(runs)
        ]
        return np.concatenate([nothing, *rows])


def _with_figures_said(text: str, language: str) -> str:
    """Put figures and signs into words, as a listener expects them.

    The front ends say them as the models' makers did: 3명 as 삼명, 100公里 digit by digit.
    Japanese is left to OpenJTalk, which knows the accent of a number with its counter.
    """
    if language not in _SAYS_FIGURES or not _FIGURE.search(text):
        return text
    said, place, is_unit = "", 0, False
    for token in normalized(text, language):
        is_figure = _FIGURE.search(token.written) is not None
        if (is_figure or is_unit) and token.spoken and token.language != "ja":
            said += text[place : token.start] + token.spoken
            place = token.end
        is_unit = is_figure  # the word behind a figure: 5 km
    return said + text[place:]


def _has(run: PhoneRun) -> bool:
    return run.language == "zh" and bool(run.normalized) and run.counts is not None


@torch.inference_mode()
def _of_characters(bert: Bert, run: PhoneRun) -> npt.NDArray[np.float32]:
    vectors: npt.NDArray[np.float32] = bert.context(run.normalized).cpu().numpy()
    return np.repeat(vectors, run.counts or (), axis=0)


def joined(first: SpokenText, second: SpokenText) -> SpokenText:
    """Return two texts as one."""
    phonemes = np.concatenate([first.phonemes, second.phonemes])
    contexts = [text.context for text in (first, second) if text.context is not None]
    if not contexts:
        return SpokenText(phonemes, None)
    channels = contexts[0].shape[1]
    rows = [
        np.zeros((len(text.phonemes), channels), np.float32)
        if text.context is None
        else text.context
        for text in (first, second)
    ]
    return SpokenText(phonemes, np.concatenate(rows))
