import threading
from pathlib import Path

import pytest

from myna.core.errors import Unsupported
from myna.engines.gpt_sovits.frontend.front_end import (
    FrontEnd,
    Phonemes,
    language_runs,
    languages_of,
)
from myna.engines.gpt_sovits.frontend.resources import Resources
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V1, SYMBOLS_V2

FIRST, LATER = FrontEnd("v1"), FrontEnd("v2")


def _said(read: Phonemes) -> str:
    return " ".join(read.phones)


def test_each_version_has_its_language_modes() -> None:
    assert languages_of("v1") == ("auto", "en", "zh", "ja", "all_zh", "all_ja")
    assert set(languages_of("v2")) == {
        *("auto", "auto_yue", "en", "zh", "ja", "yue", "ko"),
        *("all_zh", "all_ja", "all_yue", "all_ko"),
    }


@pytest.mark.parametrize(("language", "version"), [("ko", "v1"), ("fr", "v2"), ("ZH", "v2")])
def test_a_mode_the_version_lacks_is_refused(language: str, version: str) -> None:
    with pytest.raises(Unsupported, match=language):
        FrontEnd("v1" if version == "v1" else "v2").read("text", language)


@pytest.mark.parametrize(
    ("text", "mode", "expected"),
    [
        ("我说hello世界", "zh", "zh:我说|en:hello|zh:世界"),
        ("僕はhello世界", "yue", "yue:僕は|en:hello|yue:世界"),
        ("你好 안녕", "ja", "ja:你好 안녕"),
        ("你好 안녕", "auto", "zh:你好 |ko:안녕"),
        ("你好 안녕", "auto_yue", "yue:你好 |ko:안녕"),
        ("你好 OK", "all_yue", "yue:你好 |en:OK"),
        ("你好 안녕", "all_ko", "ko:你好 안녕"),
        ("你好", "en", "en:你好"),
        ("我买Ａ股，重５ｋｇ", "all_zh", "zh:我买|en:A|zh:股，重５ｋｇ"),
        ("Ａさん", "all_ja", "ja:Ａさん"),
    ],
)
def test_a_mode_names_the_languages_of_runs(text: str, mode: str, expected: str) -> None:
    assert "|".join(f"{r.language}:{r.text}" for r in language_runs(text, mode)) == expected


def test_mixed_text_becomes_the_phones_of_its_runs() -> None:
    read = LATER.read("你好世界, 안녕", "auto")
    assert _said(read) == "n i2 h ao3 sh ir4 j ie4 , ㅇ ㅏ ㄴ ㄴ ㅣ ㅓ ㅇ ."
    assert [run.language for run in read.runs] == ["zh", "ko"]
    assert read.normalized == "你好世界,안녕"
    assert read.ids == SYMBOLS_V2.ids(read.phones)


def test_chinese_runs_tell_the_phones_of_each_character() -> None:
    run = LATER.read("你好，世界。", "zh").runs[0]
    assert run.normalized == "你好,世界."
    assert run.counts == (2, 2, 1, 2, 2, 1)
    assert LATER.read("こんにちは、世界", "ja").runs[0].counts is None


def test_a_short_text_gets_a_full_stop_in_front() -> None:
    assert _said(LATER.read("你好", "zh")) == ". n i2 h ao3"
    assert _said(LATER.read("hi.", "en")).startswith(".")
    assert _said(LATER.read("", "zh")) == "."


def test_blanks_that_follow_each_other_are_one() -> None:
    assert LATER.read("안녕   하세요", "ko") == LATER.read("안녕 하세요", "ko")


def test_two_marks_become_silences_in_chinese() -> None:
    assert _said(LATER.read("等一下￥我来了", "zh")).count("SP2") == 1
    read = LATER.read("等一下^我来了，好", "zh")
    assert [phone for phone in read.phones if phone.startswith("SP")] == ["SP3", "SP3"]


def test_the_first_version_reads_rises_and_falls_as_unknown() -> None:
    first, later = FIRST.read("こんにちは世界", "ja"), LATER.read("こんにちは世界", "ja")
    assert "[" in later.phones
    assert first.phones == tuple("UNK" if p in "[]" else p for p in later.phones)
    assert first.ids == SYMBOLS_V1.ids(first.phones)


def test_the_first_version_cannot_read_korean_runs() -> None:
    assert FrontEnd("v1").read_run("안녕하세요", "ko").phones == (",",)


def test_an_installation_is_searched_for_its_dictionaries(tmp_path: Path) -> None:
    text = tmp_path / "GPT_SoVITS" / "text"
    (text / "g2pw").mkdir(parents=True)
    (text / "cmudict.rep").write_text("\n" * 56 + "ZYZZYX  Z IH1 Z IH0 K S\n", "utf-8")
    (text / "g2pw" / "polyphonic.rep").write_text("世界: ['shi1', 'jie1']\n", "utf-8")
    found = Resources.find(tmp_path)
    assert found.pronunciations == text / "cmudict.rep"
    assert found.corrections == (text / "g2pw" / "polyphonic.rep",)
    assert found.g2pw is None
    read = FrontEnd("v2", found).read("你好世界 zyzzyx", "zh")
    assert _said(read) == "n i2 h ao3 sh ir1 j ie1 Z IH1 Z IH0 K S"


def test_files_copied_flat_are_found_too(tmp_path: Path) -> None:
    (tmp_path / "engdict-hot.rep").write_text("JSON JH EY1 S AH0 N", "utf-8")
    assert Resources.find(tmp_path).own_pronunciations == tmp_path / "engdict-hot.rep"
    assert Resources.find(tmp_path / "nowhere") == Resources()


@pytest.mark.parametrize(
    ("text", "mode", "unread"),
    [
        ("你好，world 3个5kg𝟠😀", "zh", "𝟠"),
        ("我买яか", "all_zh", "яか"),
        ("漢字 안녕 English", "ko", "漢字"),
        ("hello 你好 café", "en", "你好"),
        ("こんにちは、ＡＢＣ、世界の人々", "ja", ""),
        ("邊個嚟㗎", "yue", ""),
    ],
)
def test_what_has_no_reading_is_told(text: str, mode: str, unread: str) -> None:
    assert LATER.read(text, mode).unread == unread


def test_a_language_the_version_lacks_is_told_as_unread() -> None:
    assert FrontEnd("v1").read_run("안녕", "ko").unread == "안녕"


def test_threads_may_share_a_front_end() -> None:
    front_end = FrontEnd()
    texts = [
        "你好，世界和平。",
        "Hello there, world.",
        "안녕하세요 여러분",
        "こんにちは、世界。",
    ] * 3
    alone = [front_end.read(text, "auto") for text in texts]
    together: dict[int, Phonemes] = {}

    def work(index: int) -> None:
        together[index] = front_end.read(texts[index], "auto")

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[index] for index in range(len(texts))] == alone
