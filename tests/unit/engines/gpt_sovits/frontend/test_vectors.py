import json
from pathlib import Path

import pytest

from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V2
from tests.parity.case import Verdict
from tests.parity.gptsovits.frontend import check_frontend

DATA = Path(__file__).parents[4] / "parity" / "data" / "gptsovits"
FRONT_END = json.loads((DATA / "frontend.json").read_text("utf-8"))
SPLITTING = json.loads((DATA / "text_split.json").read_text("utf-8"))


@pytest.mark.parametrize("section", FRONT_END)
def test_text_is_read_as_the_models_were_trained(section: str) -> None:
    rows = check_frontend({section: FRONT_END[section]})
    assert len(rows) == len(FRONT_END[section])
    needs_dictionary = section.startswith("en_g2p")
    passing = {Verdict.OK, Verdict.NOT_COVERED} if needs_dictionary else {Verdict.OK}
    for row in rows:
        assert row.verdict in passing, row


def test_text_is_cut_as_gpt_sovits_does() -> None:
    rows = check_frontend(SPLITTING)
    assert len(rows) == 6 * len(SPLITTING["cases"]) + 1
    assert all(row.verdict is Verdict.OK for row in rows)


def test_a_wrong_phone_is_noticed() -> None:
    expected = {"norm": "你好.", "phones": ["n", "i3", "h", "ao3", "."], "word2ph": [2, 2, 1]}
    (row,) = check_frontend({"zh_v1_g2p": {"你好。": expected}})
    assert row.verdict is Verdict.OVER
    assert row.deviation == 1
    assert row.remark == "phones: 1"


def test_english_phones_come_from_the_dictionary_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "cmudict.rep").write_text("\n" * 56 + "ODD  AA1 D\n", "utf-8")
    (row,) = check_frontend({"en_g2p_tagger_all_NN": {"odd": ["AA1", "D"]}}, tmp_path)
    assert row.verdict is Verdict.OK


def test_sections_nothing_here_reads_are_not_covered() -> None:
    (row,) = check_frontend({"fr": {"bonjour": ["b"]}})
    assert row.verdict is Verdict.NOT_COVERED


def test_what_is_expected_under_other_names_and_forms_is_compared() -> None:
    ids = list(SYMBOLS_V2.ids(["n", "i2", "h", "ao3", "."]))
    expected = {"norm_text": "你好.", "phone_ids": ids}
    for section in ({"你好。": expected}, [["你好。", expected]]):
        (row,) = check_frontend({"zh_v2": section})
        assert row.verdict is Verdict.OK, row
    said = ["x", "ie4", "x", "ie5", "n", "i2", "h", "ao3", "."]
    (row,) = check_frontend({"all_zh": {"谢谢你好。": said}})
    assert row.verdict is Verdict.OK, row
    runs = [{"lang": "zh", "text": "好的，"}, {"lang": "en", "text": "ok."}]
    (row,) = check_frontend({"segments": {"好的，ok.": runs}})
    assert row.verdict is Verdict.OK


@pytest.mark.parametrize(
    "section",
    [{"zh_v1": {"你好。": {"tones": [3, 3]}}}, {"ko": "안녕"}, {"all_fr": {"x": ["x"]}}, {"ko": 3}],
)
def test_what_nothing_here_knows_is_not_covered(section: dict[str, object]) -> None:
    (row,) = check_frontend(section)
    assert row.verdict is Verdict.NOT_COVERED


def test_cuts_nothing_here_knows_are_not_covered() -> None:
    rows = check_frontend({"cases": {"你好。": {"cut7": "你好。"}}, "joined": {}})
    assert [row.verdict for row in rows] == 2 * [Verdict.NOT_COVERED]
