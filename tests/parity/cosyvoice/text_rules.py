"""How texts are tidied and cut. Figures are read by Myna's own rules, so they are not compared."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from myna.engines.cosyvoice.text.text_rules import (
    is_chinese,
    is_only_marks,
    pieces,
    with_corner_marks_spelt,
    without_blanks,
    without_brackets,
)
from tests.parity.case import Row, left_out, not_covered

FILE = "text_rules.json"

_RULES: dict[str, Callable[[str], object]] = {
    "split_zh": lambda text: pieces(text, len, chinese=True),
    "split_en_ws_tokenizer": lambda text: pieces(text, _words, chinese=False),
    "replace_blank": without_blanks,
    "remove_bracket": without_brackets,
    "only_punct": is_only_marks,
    "corner": with_corner_marks_spelt,
    "contains_chinese": is_chinese,
}
_LEFT_OUT = {
    "spell": "left out: Myna reads figures by its own rules",
    "split_empty_error": "left out: an empty text is nothing to say, not an error",
}


def compare(path: Path) -> Iterator[Row]:
    """One row for each rule, counting the texts it gives something else for."""
    expected = json.loads(path.read_text("utf-8"))
    for name, texts in expected.items():
        rule = _RULES.get(name)
        texts = list(texts.items()) if isinstance(texts, Mapping) else texts
        if name in _LEFT_OUT:
            yield left_out(path.stem, name, _LEFT_OUT[name])
        elif rule is None or not isinstance(texts, list):
            yield not_covered(path.stem, name)
        else:
            yield _compared(path.stem, name, rule, texts)


def _compared(
    case: str, name: str, rule: Callable[[str], object], texts: Sequence[tuple[str, object]]
) -> Row:
    wrong = [text for text, wanted in texts if rule(text) != wanted]
    remark = f"{len(texts)} texts" + (f", such as {wrong[0]!r}" if wrong else "")
    return Row(case, name, len(wrong), 0.0, remark)


def _words(text: str) -> int:
    return len(text.split())
