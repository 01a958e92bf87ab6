from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.core.errors import WeightsMissing
from myna.engines.gpt_sovits.frontend.chinese.erhua import coloured
from myna.engines.gpt_sovits.frontend.chinese.pinyin import (
    Corrections,
    initial_and_final,
    syllables,
)
from myna.engines.gpt_sovits.frontend.chinese.polyphones import Inputs, Polyphones, load
from myna.engines.gpt_sovits.frontend.chinese.reader import Mandarin
from myna.engines.gpt_sovits.frontend.chinese.syllables import phones
from myna.engines.gpt_sovits.frontend.chinese.tones import spoken_tones
from myna.engines.gpt_sovits.frontend.chinese.words import Word, words
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V1


@pytest.mark.parametrize(
    ("pinyin", "expected"),
    [
        ("zhi1", "zh ir1"),
        ("ri4", "r ir4"),
        ("ci2", "c i02"),
        ("ji3", "j i3"),
        ("gui4", "g ui4"),
        ("liu2", "l iu2"),
        ("sun1", "s un1"),
        ("ju2", "j v2"),
        ("quan2", "q van2"),
        ("xue2", "x ve2"),
        ("jun1", "j vn1"),
        ("nü3", "n v3"),
        ("yi1", "y i1"),
        ("yin1", "y in1"),
        ("ying1", "y ing1"),
        ("yan2", "y En2"),
        ("ye4", "y E4"),
        ("yang2", "y ang2"),
        ("you3", "y ou3"),
        ("yong3", "y ong3"),
        ("yu2", "y v2"),
        ("yuan2", "y van2"),
        ("wu3", "w u3"),
        ("wei4", "w ei4"),
        ("wen2", "w en2"),
        ("weng1", "w eng1"),
        ("a5", "AA a5"),
        ("e4", "EE e4"),
        ("er2", "EE er2"),
        ("ou3", "OO ou3"),
    ],
)
def test_a_syllable_is_two_phones(pinyin: str, expected: str) -> None:
    assert " ".join(phones(*initial_and_final(pinyin))) == expected


def test_what_is_no_syllable_is_unknown() -> None:
    assert phones("", "") == ("UNK", "UNK")
    assert phones("", "ê") == ("UNK", "UNK")


@pytest.mark.parametrize(
    ("word", "tag", "read", "said"),
    [
        ("不怕", "v", "44", "24"),
        ("看不懂", "v", "443", "453"),
        ("一段", "m", "14", "24"),
        ("一天", "m", "11", "41"),
        ("看一看", "v", "414", "454"),
        ("第一次", "m", "414", "414"),
        ("一百", "m", "13", "13"),
        ("一,", "m", "1,", "1,"),
        ("一…", "m", "1…", "4…"),
        ("这个", "r", "44", "45"),
        ("好个", "n", "34", "34"),
        ("奶奶", "n", "33", "35"),
        ("人人", "n", "22", "22"),
        ("家家户户", "n", "1144", "1144"),
        ("看看", "v", "44", "45"),
        ("高高", "a", "11", "15"),
        ("酒吧", "n", "31", "35"),  # as the models learned it
        ("目的", "n", "44", "45"),
        ("石头", "n", "22", "25"),
        ("原子", "n", "23", "23"),
        ("小朋友", "n", "323", "325"),
        ("走吧", "v", "31", "35"),
        ("我的", "r", "34", "35"),
        ("了", "ul", "3", "5"),
        ("孩子", "n", "23", "25"),
        ("男子", "n", "23", "23"),
        ("王子", "n", "23", "25"),
        ("哈哈", "n", "11", "15"),
        ("知识", "n", "12", "15"),
        ("胡同", "n", "24", "25"),
        ("父亲", "n", "41", "45"),
        ("桌上", "s", "14", "15"),
        ("进去", "v", "44", "45"),
        ("三个", "m", "14", "15"),
        ("朋友", "n", "23", "25"),
        ("老虎", "n", "33", "23"),
        ("蒙古包", "n", "331", "231"),
        ("展览馆", "n", "333", "223"),
        ("纸老虎", "n", "333", "323"),
        ("好喜欢", "v", "331", "235"),
        ("岂有此理", "i", "3333", "2323"),
    ],
)
def test_tones_change_in_words(word: str, tag: str, read: str, said: str) -> None:
    assert spoken_tones(Word(word, tag), read) == said


def test_tones_that_do_not_fit_the_word_stay() -> None:
    assert spoken_tones(Word("你好", "l"), "333") == "333"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("听一听", ["听一听"]),
        ("我不知道", ["我", "不知道"]),
        ("我很好", ["我很好"]),
        ("这个事儿", ["这个", "事儿"]),
    ],
)
def test_words_whose_tones_change_together_are_joined(sentence: str, expected: list[str]) -> None:
    assert [word.text for word in words(sentence)] == expected


def test_er_takes_the_tone_of_the_syllable_it_colours() -> None:
    assert coloured("小院儿", "n", ["iao3", "van4", "er2"]) == ["iao3", "van4", "er4"]
    assert coloured("花儿", "n", ["ua1", "er2"]) == ["ua1", "er2"]
    assert coloured("画儿", "n", ["ua4", "er2"]) == ["ua4", "er4"]
    assert coloured("女儿", "n", ["v3", "er2"]) == ["v3", "er2"]
    assert coloured("墨水儿", "nr", ["o4", "uei3", "er2"]) == ["o4", "uei3", "er2"]
    assert coloured("老汉儿", "nr", ["ao3", "an4", "er2"]) == ["ao3", "an4", "er4"]
    assert coloured("健儿", "n", ["ian4", "er2"]) == ["ian4", "er4"]
    assert coloured("王芳儿", "nr", ["ang2", "ang1", "er1"]) == ["ang2", "ang1", "er2"]


def test_only_later_models_colour_er() -> None:
    assert Mandarin(colours_er=False).read("小院儿")[0][-1] == "er5"
    assert Mandarin().read("小院儿")[0][-1] == "er4"


def test_corrections_win_over_what_was_read(tmp_path: Path) -> None:
    file = tmp_path / "polyphonic.rep"
    file.write_text("中标: ['zhong4','biao1']\n晟: ['cheng2']\n", "utf-8")
    corrections = Corrections.load([file])
    assert corrections.corrected("中标", ["zhong1", "biao1"]) == ["zhong4", "biao1"]
    assert corrections.corrected("郭晟", ["guo1", "sheng4"]) == ["guo1", "cheng2"]
    assert corrections.corrected("你好", ["ni3", "hao3"]) == ["ni3", "hao3"]
    said, _ = Mandarin(corrections=corrections).read("中标")
    assert said == ("zh", "ong4", "b", "iao1")


def test_later_corrections_win(tmp_path: Path) -> None:
    for name, tone in (("a.rep", 1), ("b.rep", 2)):
        (tmp_path / name).write_text(f"行长: ['hang{tone}', 'zhang3']\n", "utf-8")
    corrections = Corrections.load([tmp_path / "a.rep", tmp_path / "b.rep"])
    assert corrections.words["行长"] == ("hang2", "zhang3")


@given(st.text("你好一不儿子们的了老虎水果看展览馆,.!?…-", max_size=16))
@settings(max_examples=60, deadline=None)
def test_every_character_has_its_phones(text: str) -> None:
    said, counts = Mandarin().read(text)
    assert len(counts) == len(text)
    assert sum(counts) == len(said)
    assert "UNK" not in SYMBOLS_V1.known(said)


_READINGS = (("行", "ㄏㄤ2"), ("行", "ㄒㄧㄥ2"), ("長", "ㄓㄤ3"), ("長", "ㄔㄤ2"))
_ROMANIZED = {
    "ㄏㄢ": "han",
    "ㄏㄤ": "hang",
    "ㄒㄧㄥ": "xing",
    "ㄓㄤ": "zhang",
    "ㄔㄤ": "chang",
    "ㄧㄣ": "yin",
}
_VOCABULARY = {"[CLS]": 1, "[SEP]": 2, "[UNK]": 3, "銀": 4, "行": 5, "長": 6}


def _polyphones(seen: list[Inputs], preferred: Sequence[str]) -> Polyphones:
    labels = sorted({reading for _, reading in _READINGS})

    def model(inputs: Inputs) -> npt.NDArray[np.float32]:
        seen.append(inputs)
        scores = np.array([0.9 if label in preferred else 0.1 for label in labels], np.float32)
        chosen: npt.NDArray[np.float32] = scores * inputs["phoneme_mask"]
        return chosen

    return Polyphones(model, _VOCABULARY, _READINGS, {"銀": "ㄧㄣ2"}, _ROMANIZED)


def test_a_model_chooses_among_the_readings_of_a_character() -> None:
    assert _polyphones([], ["ㄏㄤ2", "ㄓㄤ3"])("银行行长") == ["yin2", "hang2", "hang2", "zhang3"]
    assert _polyphones([], ["ㄒㄧㄥ2", "ㄔㄤ2"])("行长") == ["xing2", "chang2"]


def test_readings_only_taiwan_has_are_not_taken() -> None:
    polyphones = replace(_polyphones([], []), fixed={"和": "ㄏㄢ4"})
    assert polyphones("和") == ["he2"]


def test_a_model_is_asked_about_each_character_in_its_context() -> None:
    seen: list[Inputs] = []
    _polyphones(seen, ["ㄏㄤ2"])("银行长。")
    inputs = seen[0]
    assert inputs["input_ids"].tolist() == [[1, 4, 5, 6, 3, 2]] * 2
    assert inputs["position_ids"].tolist() == [2, 3]
    assert inputs["char_ids"].tolist() == [0, 1]
    assert inputs["phoneme_mask"].sum(axis=1).tolist() == [2, 2]


def test_a_model_sees_sixteen_characters_on_either_side() -> None:
    seen: list[Inputs] = []
    _polyphones(seen, ["ㄏㄤ2"])("我" * 30 + "行" + "我" * 30)
    assert seen[0]["input_ids"].shape == (1, 33 + 2)
    assert seen[0]["position_ids"].tolist() == [17]


def test_a_clause_without_such_characters_asks_nothing() -> None:
    seen: list[Inputs] = []
    assert _polyphones(seen, [])("你好。") == syllables("你好。")
    assert seen == []


def test_a_sentence_is_read_by_the_model() -> None:
    said, counts = Mandarin(polyphones=_polyphones([], ["ㄒㄧㄥ2"])).read("银行.")
    assert said == ("y", "in2", "x", "ing2", ".")
    assert counts == (2, 2, 1)


def test_an_incomplete_model_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"config\.py"):
        load(tmp_path, tmp_path)
    (tmp_path / "config.py").write_text("use_mask = True\n", "utf-8")
    with pytest.raises(WeightsMissing, match=r"g2pW\.onnx"):
        load(tmp_path, tmp_path)
