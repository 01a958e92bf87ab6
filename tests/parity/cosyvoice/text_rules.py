"""How texts are tidied and cut. Figures are read by Myna's own rules, so they are not compared."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from myna.engines.cosyvoice.text_rules import (
    is_only_marks,
    pieces,
    with_corner_marks_spelt,
    without_blanks,
    without_brackets,
)
from tests.parity.case import Row

FILE = "text_rules.json"

_RULES: dict[str, Callable[[str], object]] = {
    "split_zh": lambda text: pieces(text, len, chinese=True),
    "split_en_ws_tokenizer": lambda text: pieces(text, _words, chinese=False),
    "replace_blank": without_blanks,
    "remove_bracket": without_brackets,
    "only_punct": is_only_marks,
    "corner": with_corner_marks_spelt,
}


def compare(path: Path) -> Iterator[Row]:
    """One row for each rule, counting the texts it gives something else for."""
    expected = json.loads(path.read_text("utf-8"))
    for name, rule in _RULES.items():
        wrong = [text for text, wanted in expected[name] if rule(text) != wanted]
        remark = f"{len(expected[name])} texts" + (f", such as {wrong[0]!r}" if wrong else "")
        yield Row("text_rules", name, len(wrong), 0.0, remark)


def _words(text: str) -> int:
    return len(text.split())
