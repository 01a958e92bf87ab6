"""Mandarin words whose last syllable is neutral, and words that rules must not make so."""

import importlib.util
from functools import cache
from pathlib import Path

_WORDS = Path(__file__).with_name("neutral_words.txt")
_PERSONS_AND_PARTICLES = "男子 女子 学子 分子 原子 电子 量子 莲子 瓜子 石子"
_DOUBLED = "人人 家家户户 哈哈 想想 幺幺 青青"
_OLDER = frozenset(("别人", "将军", "戏弄"))  # neutral by misaki, not to GPT-SoVITS


def ends_neutral(word: str) -> bool:
    """Tell whether a word, or the word of two syllables that is its end (小朋友), ends neutral."""
    neutral, _ = _lists()
    return word in neutral or word[-2:] in neutral


def keeps_tones(word: str) -> bool:
    """Tell whether a word in 子 (男子, 原子) or of doubled syllables (人人) has all its tones."""
    _, toned = _lists()
    return word in toned


@cache
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """Return words that end neutral and words that do not.

    GPT-SoVITS models were trained with PaddleSpeech's lists, which go beyond the standard (分析
    and 幸福 end neutral there). The package `misaki` has them, give or take a few words.
    """
    lines = _WORDS.read_text("utf-8").splitlines()
    neutral = {word for line in lines if not line.startswith("#") for word in line.split()}
    toned = {*_PERSONS_AND_PARTICLES.split(), *_DOUBLED.split()}
    if importlib.util.find_spec("misaki") is None:
        return frozenset(neutral), frozenset(toned)
    from misaki.tone_sandhi import ToneSandhi

    trained = ToneSandhi()
    neutral |= set(trained.must_neural_tone_words) - _OLDER
    toned |= set(trained.must_not_neural_tone_words)
    return frozenset(neutral), frozenset(toned)
