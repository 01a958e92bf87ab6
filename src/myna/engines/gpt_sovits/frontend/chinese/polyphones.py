"""The pinyin of Mandarin characters in context, by the g2pW model (Chen et al., 2022).

The model is a folder of files a GPT-SoVITS installation has (`G2PWModel`); it is optional.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from myna.core.errors import PackageMissing, WeightsMissing
from myna.engines.checkpoints.making import making
from myna.engines.gpt_sovits.frontend.chinese import pinyin
from myna.engines.gpt_sovits.frontend.chinese.simplification import opencc, simplified

Inputs = Mapping[str, npt.NDArray[Any]]
"""The model's inputs by name; the first axis is the queried characters."""
Model = Callable[[Inputs], npt.NDArray[np.float32]]
"""The model: inputs -> probabilities, (queries, labels)."""

_CONTEXT = 16  # characters before the first and behind the last that are asked about
_NOT_ASKED = frozenset(
    "一不"  # their tones are those of their neighbours
    "和差倒難奔勁拗肖泊听咋嗲剖攢瘙誒噢"  # the dictionary reads these better
)
_MODEL_FILES = ("g2pW.onnx", "g2pw.onnx")


@dataclass(frozen=True)
class Polyphones:
    """What g2pW knows of characters, and the model that chooses."""

    model: Model
    vocabulary: Mapping[str, int]
    """Of the Chinese BERT: the number of each character."""
    readings: Sequence[tuple[str, str]]
    """Each character with one of its readings in bopomofo, in the model's order."""
    fixed: Mapping[str, str]
    """Characters with one reading only."""
    romanized: Mapping[str, str]
    """The pinyin of each bopomofo syllable, without tone."""
    labels_name_character: bool = False
    masks_labels: bool = True

    def __call__(self, clause: str) -> list[str]:
        """Return the pinyin of each character of a clause, "ni3"; a mark is its own."""
        written = _traditional(clause)
        found = pinyin.syllables(simplified(written))
        asked = []
        for index, character in enumerate(written):
            if character in self._asked:
                asked.append(index)
            elif character in self.fixed:
                found[index] = self._known(written[index], self.fixed[character]) or found[index]
        for index, reading in zip(asked, self._chosen(written, asked), strict=True):
            found[index] = self._known(written[index], reading) or found[index]
        return found

    def _chosen(self, written: str, asked: Sequence[int]) -> list[str]:
        """Return the reading the model chooses for each character that is asked about."""
        if not asked:
            return []
        start = max(0, asked[0] - _CONTEXT)
        context = written[start : asked[-1] + _CONTEXT + 1]
        numbers = [
            self.vocabulary["[CLS]"],
            *(self.vocabulary.get(c, self.vocabulary["[UNK]"]) for c in context.lower()),
            self.vocabulary["[SEP]"],
        ]
        ids = np.tile(np.array(numbers, np.int64), (len(asked), 1))
        probabilities = self.model(
            {
                "input_ids": ids,
                "token_type_ids": np.zeros_like(ids),
                "attention_mask": np.ones_like(ids),
                "phoneme_mask": np.stack([self._mask(written[index]) for index in asked]),
                "char_ids": np.array([self._characters[written[i]] for i in asked], np.int64),
                "position_ids": np.array([index - start + 1 for index in asked], np.int64),
            }
        )
        return [self._labels[best].split(" ")[-1] for best in probabilities.argmax(axis=1)]

    def _known(self, character: str, reading: str) -> str | None:
        """Return the pinyin of a reading, unless only Taiwan reads the character so."""
        syllable = self.romanized.get(reading[:-1])
        if not syllable:
            return None
        romanized = syllable + reading[-1]
        dictionary = pinyin.readings(simplified(character)) | pinyin.readings(character)
        known = reading[-1] == "5" or romanized.replace("ü", "v") in dictionary
        return romanized if known else None

    def _label(self, character: str, reading: str) -> str:
        return f"{character} {reading}" if self.labels_name_character else reading

    def _mask(self, character: str) -> npt.NDArray[np.float32]:
        return (
            self._masks[character] if self.masks_labels else np.ones(len(self._labels), np.float32)
        )

    @cached_property
    def _labels(self) -> list[str]:
        return sorted({self._label(*pair) for pair in self.readings})

    @cached_property
    def _characters(self) -> dict[str, int]:
        return {c: index for index, c in enumerate(sorted({c for c, _ in self.readings}))}

    @cached_property
    def _asked(self) -> frozenset[str]:
        return frozenset(self._characters) - _NOT_ASKED

    @cached_property
    def _masks(self) -> dict[str, npt.NDArray[np.float32]]:
        rows = {label: row for row, label in enumerate(self._labels)}
        masks = {c: np.zeros(len(self._labels), np.float32) for c in self._characters}
        for character, reading in self.readings:
            masks[character][rows[self._label(character, reading)]] = 1
        return masks


def load(folder: Path, bert_folder: Path, threads: int = 2) -> Polyphones:
    """Open the g2pW model of `folder`, with the vocabulary of the Chinese BERT.

    Raises:
        WeightsMissing: a file of the model is absent or damaged.
        PackageMissing: ONNX Runtime is not installed.
    """
    settings = _text(folder, "config.py")
    with making(folder):
        return Polyphones(
            model=_onnx_model(folder, threads),
            vocabulary=_vocabulary(bert_folder),
            readings=_pairs(_text(folder, "POLYPHONIC_CHARS.txt")),
            fixed=dict(_pairs(_text(folder, "MONOPHONIC_CHARS.txt"))),
            romanized=json.loads(_text(folder, "bopomofo_to_pinyin_wo_tune_dict.json")),
            labels_name_character=_is_set(settings, "use_char_phoneme", default=False),
            masks_labels=_is_set(settings, "use_mask", default=True),
        )


def _traditional(clause: str) -> str:
    """Write a clause as Taiwan does, as the model learned it."""
    converted: str = opencc("s2tw").convert(clause)
    return converted if len(converted) == len(clause) else clause


def _is_set(settings: str, name: str, *, default: bool) -> bool:
    found = re.search(rf"^{name}\s*=\s*(True|False)\b", settings, re.MULTILINE)
    return found[1] == "True" if found else default


def _pairs(listed: str) -> list[tuple[str, str]]:
    lines = (line.split("\t") for line in listed.strip().split("\n"))
    return [(line[0], line[1].strip()) for line in lines]


def _text(folder: Path, name: str) -> str:
    file = folder / name
    if not file.is_file():
        raise WeightsMissing(
            f"The g2pW folder {str(folder)!r} has no file {name!r}. Copy the whole G2PWModel "
            "folder of a GPT-SoVITS installation, or remove it to do without the model."
        )
    return file.read_text("utf-8")


def _vocabulary(folder: Path) -> dict[str, int]:
    if (folder / "vocab.txt").is_file():
        lines = (folder / "vocab.txt").read_text("utf-8").splitlines()
        return {token: number for number, token in enumerate(lines)}
    if (folder / "tokenizer.json").is_file():
        listed: dict[str, int] = json.loads(_text(folder, "tokenizer.json"))["model"]["vocab"]
        return listed
    raise WeightsMissing(
        f"g2pW needs the vocabulary of chinese-roberta-wwm-ext-large: {str(folder)!r} has neither "
        "tokenizer.json nor vocab.txt. Add one, or remove the G2PWModel folder."
    )


def _onnx_model(folder: Path, threads: int) -> Model:
    file = next((folder / name for name in _MODEL_FILES if (folder / name).is_file()), None)
    if file is None:
        raise WeightsMissing(
            f"The g2pW folder {str(folder)!r} has no file g2pW.onnx. Copy the whole G2PWModel "
            "folder of a GPT-SoVITS installation, or remove it to do without the model."
        )
    try:
        import onnxruntime
    except ImportError as error:
        raise PackageMissing("Reading Chinese with g2pW", "neural") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        str(file), sess_options=options, providers=["CPUExecutionProvider"]
    )

    def run(inputs: Inputs) -> npt.NDArray[np.float32]:
        probabilities: npt.NDArray[np.float32] = session.run(None, dict(inputs))[0]
        return probabilities

    return run
