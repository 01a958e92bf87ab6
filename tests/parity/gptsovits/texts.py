"""Cases of symbols and of cutting texts, which are JSON files without an entry in the manifest."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from myna.engines.gpt_sovits.frontend.splitting import cut, split_long
from myna.engines.gpt_sovits.frontend.symbols import PUNCTUATION, SYMBOLS_V1, SYMBOLS_V2
from tests.parity.case import Row

_TABLES = {"symbols_v1": SYMBOLS_V1, "symbols_v2": SYMBOLS_V2}
_REPEATED = re.compile(r"'(.*)' \* (\d+)", re.DOTALL)


def compare_symbols(path: Path) -> Iterator[Row]:
    """The symbols in the order of the checkpoint's rows."""
    yield _equal(path.stem, "order", list(_TABLES[path.stem].symbols), _read(path))


def compare_splitting(path: Path) -> Iterator[Row]:
    """What every method cuts every text into."""
    data = _read(path)
    for number, (text, by_method) in enumerate(data["cases"].items()):
        for method, expected in by_method.items():
            yield _equal(path.stem, f"{number} {method}", cut(text, method), expected)
    long = data.get("split_big_text_lens")
    if long is not None:
        lengths = [len(piece) for piece in split_long(_text(long["input"]))]
        yield _equal(path.stem, "split_big_text_lens", lengths, long["lens"])
    marks = sorted({*PUNCTUATION, " "})
    yield _equal(path.stem, "punctuation", marks, sorted(data["punctuation"]))
    ends = "".join(f"a{mark}" for mark in data["splits"])
    yield _equal(path.stem, "splits", cut(ends, "cut2"), ends)


def _text(written: str) -> str:
    repeated = _REPEATED.fullmatch(written)
    return repeated[1] * int(repeated[2]) if repeated else written


def _read(path: Path) -> Any:  # lists or mappings, as the file has it
    return json.loads(path.read_text("utf-8"))


def _equal(case: str, name: str, got: object, expected: object) -> Row:
    same = got == expected
    return Row(case, name, 0.0 if same else 1.0, 0.0, "" if same else f"{got!r}, not {expected!r}")


CHECKS: Mapping[str, Any] = {  # file name without suffix: what compares it
    "symbols_v1": compare_symbols,
    "symbols_v2": compare_symbols,
    "text_split": compare_splitting,
}
