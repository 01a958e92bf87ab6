import hashlib
import json
from pathlib import Path

from myna.engines.gpt_sovits.frontend.symbols import (
    SYMBOLS_V1,
    SYMBOLS_V2,
    SymbolTable,
    collapse_punctuation,
)

DATA = Path(__file__).parents[4] / "parity" / "data" / "gptsovits"


def _digest(table: SymbolTable) -> str:
    return hashlib.sha256("\n".join(table.symbols).encode()).hexdigest()


def test_the_tables_are_those_the_checkpoints_were_trained_with() -> None:
    assert list(SYMBOLS_V1.symbols) == json.loads((DATA / "symbols_v1.json").read_text("utf-8"))
    assert list(SYMBOLS_V2.symbols) == json.loads((DATA / "symbols_v2.json").read_text("utf-8"))


def test_the_tables_have_the_published_digests() -> None:
    assert _digest(SYMBOLS_V1).startswith("f7c3b280b9cc519b")
    assert _digest(SYMBOLS_V2).startswith("0771f6cd6f6201e8")


def test_the_second_table_keeps_the_rows_of_the_first() -> None:
    assert len(SYMBOLS_V1.symbols) == 322
    assert len(SYMBOLS_V2.symbols) == 732
    assert SYMBOLS_V2.symbols[:322] == SYMBOLS_V1.symbols


def test_a_phone_the_table_lacks_is_read_as_unknown() -> None:
    assert SYMBOLS_V1.known(["a1", "[", "#"]) == ("a1", "UNK", "UNK")
    assert SYMBOLS_V2.known(["a1", "[", "#"]) == ("a1", "[", "UNK")


def test_punctuation_comes_first() -> None:
    assert SYMBOLS_V2.ids(["!", ",", "-", ".", "?", "SP", "UNK", "_", "…"]) == (
        0,
        1,
        2,
        3,
        4,
        77,
        86,
        95,
        321,
    )


def test_marks_that_follow_each_other_become_the_first() -> None:
    assert collapse_punctuation("好...！真的?!是-,。") == "好.！真的?是-。"
