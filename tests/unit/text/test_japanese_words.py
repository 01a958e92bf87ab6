"""Japanese comes apart into words in katakana."""

import sys
from importlib.util import find_spec
from types import ModuleType

import pytest

from myna.core.errors import PackageMissing
from myna.text.japanese_words import japanese_words
from myna.text.words import Word


def _node(string: str, pron: str, pos: str, group: str = "*") -> dict[str, str]:
    return {"string": string, "pron": pron, "pos": pos, "pos_group1": group}


class _Dictionary(ModuleType):
    """Stands for pyopenjtalk: answers with an analysis recorded from the real one."""

    def __init__(self, *nodes: dict[str, str]) -> None:
        super().__init__("pyopenjtalk")
        self.nodes = list(nodes)
        self.asked: list[str] = []

    def run_frontend(self, text: str) -> list[dict[str, str]]:
        self.asked.append(text)
        return self.nodes


def said(text: str) -> str:
    return " ".join(f"{text[word.start : word.end]}={word.spoken}" for word in japanese_words(text))


def test_endings_belong_to_their_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    dictionary = _Dictionary(
        _node("東京", "トーキョー", "名詞", "固有名詞"),
        _node("へ", "エ", "助詞", "格助詞"),
        _node("行っ", "イッ", "動詞", "自立"),
        _node("て", "テ", "助詞", "接続助詞"),
        _node("しまっ", "シマッ", "動詞", "非自立"),
        _node("た", "タ", "助動詞"),
        _node("。", "、", "記号", "句点"),
    )
    monkeypatch.setitem(sys.modules, "pyopenjtalk", dictionary)
    assert said("東京へ行ってしまった。") == "東京=トーキョー へ=エ 行ってしまった=イッテシマッタ"


def test_what_the_figures_mean_is_not_left_to_the_dictionary(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dictionary = _Dictionary(
        _node("本", "ホ’ン", "名詞", "一般"),
        _node("を", "ヲ", "助詞", "格助詞"),
        _node("Ｘ", "エック’ス", "記号", "アルファベット"),
        _node("買う", "カウ", "動詞", "自立"),
    )
    monkeypatch.setitem(sys.modules, "pyopenjtalk", dictionary)
    assert said("本を 3冊買う") == "本=ホン を=オ 3冊=サンサツ 買う=カウ"
    assert dictionary.asked == ["本をＸ買う"]


def test_a_long_text_is_looked_up_clause_by_clause(monkeypatch: pytest.MonkeyPatch) -> None:
    dictionary = _Dictionary(_node("は", "ハ", "感動詞"))
    monkeypatch.setitem(sys.modules, "pyopenjtalk", dictionary)
    list(japanese_words("は" * 450 + "。は！"))
    assert [len(asked) for asked in dictionary.asked] == [200, 200, 51, 2]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("こんにちは。", "こんにちは=コンニチワ"),
        ("これは コーヒーです", "これは=コレワ コーヒー=コーヒー です=デス"),
        ("コーヒーは、すき", "コーヒー=コーヒー は=ワ すき=スキ"),
        ("がっこうへ いく", "がっこうへ=ガッコーエ いく=イク"),
        ("みずを のむ", "みずを=ミズオ のむ=ノム"),
        ("せんせい", "せんせい=センセー"),
        ("3つで10えん", "3つ=ミッツ で=デ 10=ジュー えん=エン"),
        ("「はい」、ー！", "はい=ハイ"),
    ],
)
def test_kana_needs_no_dictionary(monkeypatch: pytest.MonkeyPatch, text: str, spoken: str) -> None:
    monkeypatch.setitem(sys.modules, "pyopenjtalk", None)
    assert said(text) == spoken


def test_kanji_need_the_dictionary_but_counters_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyopenjtalk", None)
    assert list(japanese_words("3本")) == [Word(0, 2, "サンボン")]
    with pytest.raises(PackageMissing, match="'ja'"):
        list(japanese_words("3本の木"))


if find_spec("pyopenjtalk"):

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    @pytest.mark.parametrize(
        ("text", "spoken"),
        [
            ("今日は良い天気ですね。", "今日=キョー は=ワ 良い=ヨイ 天気ですね=テンキデスネ"),
            ("一人で二十日に三本", "一人=ヒトリ で=デ 二十日=ハツカ に=ニ 三本=サンボン"),
            ("お母さんは元気だ", "お母さん=オカーサン は=ワ 元気だ=ゲンキダ"),
            ("全部で3冊以上ある", "全部=ゼンブ で=デ 3冊=サンサツ 以上=イジョー ある=アル"),
            ("食べさせられたくなかった", "食べさせられたくなかった=タベサセラレタクナカッタ"),
        ],
    )
    def test_the_real_dictionary_reads_kanji(text: str, spoken: str) -> None:
        assert said(text) == spoken
