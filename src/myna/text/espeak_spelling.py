"""Words respelt where espeak-ng 1.52 would say them wrongly."""

import re
from collections.abc import Sequence
from functools import cache

from myna.text.korean_pronunciation import pronounce

Said = tuple[str, str]
"""A word in ordinary spelling, and the mark behind it."""


def respelt(said: Sequence[Said], language: str) -> list[str]:
    """Return how to spell each of some words that follow each other in one language.

    Korean is spelt by its sound. Mandarin that the voice would misread becomes pinyin with tone
    digits, which the same voice reads among hanzi; Cantonese becomes hanzi of the right sound.
    """
    if language == "ko":
        return _korean(said)
    if language in ("zh", "yue"):
        return _chinese(said, language)
    return [spoken for spoken, _ in said]


_IONG = {
    "兄": "xi1yong1", "胸": "xi1yong1", "凶": "xi1yong1", "兇": "xi1yong1", "匈": "xi1yong1",
    "汹": "xi1yong1", "洶": "xi1yong1", "雄": "xi2yong2", "熊": "xi2yong2", "穷": "qi2yong2",
    "窮": "qi2yong2", "琼": "qi2yong2", "瓊": "qi2yong2", "穹": "qi2yong2", "窘": "ji3yong3",
    "炯": "ji3yong3", "迥": "ji3yong3", "囧": "ji3yong3",
}  # fmt: skip
"""Syllables in -iong, which the Mandarin voice takes for English: said in two."""

_MANDARIN_WORDS = """
似的 shi4 de5|便宜 pian2 yi5|角色 jue2 se4|曝光 bao4 guang1|反弹 fan3 tan2|下调 xia4 tiao2
标识 biao1 shi2|东莞 dong1 guan3|旅行家 lv3 xing2 jia1|单行线 dan1 xing2 xian4|游说 you2 shui4
称职 chen4 zhi2|给予 ji3 yu3|给与 ji3 yu3|常熟 chang2 shu2|痴呆 chi1 dai1|标的 biao1 di4
钦差 qin1 chai1|农行 nong2 hang2|建行 jian4 hang2|洋行 yang2 hang2|还钱 huan2 qian2|士卒 shi4 zu2
还款 huan2 kuan3|还债 huan2 zhai4|还书 huan2 shu1|还给 huan2 gei3|朝霞 zhao1 xia2|都灵 du1 ling2
检察长 jian3 cha2 zhang3|区长 qu1 zhang3|处长 chu4 zhang3|乡长 xiang1 zhang3|营长 ying2 zhang3
连长 lian2 zhang3|馆长 guan3 zhang3|旅长 lv3 zhang3|署长 shu3 zhang3|教务长 jiao4 wu4 zhang3
台长 tai2 zhang3|护士长 hu4 shi4 zhang3|学长 xue2 zhang3|兄长 xi1yong1 zhang3|艇长 ting3 zhang3
占地 zhan4 di4|两地 liang3 di4|禁地 jin4 di4|地里 di4 li3|地委 di4 wei3|租地 zu1 di4|雪地 xue3 di4
极地 ji2 di4|绿地 lv4 di4|地铺 di4 pu4|割地 ge1 di4|地价 di4 jia4|地瓜 di4 gua1|地心 di4 xin1
地摊 di4 tan1|宝地 bao3 di4|地沟 di4 gou1|地头 di4 tou2|近地 jin4 di4|生地 sheng1 di4|该地 gai1 di4
发生地 fa1 sheng1 di4|诞生地 dan4 sheng1 di4|保护地 bao3 hu4 di4|水源地 shui3 yuan2 di4
用武之地 yong4 wu3 zhi1 di4|开天辟地 kai1 tian1 pi4 di4|天罗地网 tian1 luo2 di4 wang3
顶天立地 ding3 tian1 li4 di4|昏天黑地 hun1 tian1 hei1 di4|花天酒地 hua1 tian1 jiu3 di4
地广人稀 di4 guang3 ren2 xi1|商贾 shang1 gu3
"""
"""Words of which the Mandarin voice's own dictionary gets the reading wrong."""

_SUFFIX = re.compile("(?<=[\u4e00-\u9fff])(?<![女婴幼孤少胎健宠孩男嬰])[儿兒](?![子童女科媳])")
"""儿 where it only colours the syllable before it: 花儿, not 女儿."""

_CANTONESE_WORDS = {"聽日": "汀日", "听日": "汀日", "哋": "地", "呀": "亞"}
"""Words of which the Cantonese voice gets the tone wrong, by words that sound right."""

_FIRST_SYLLABLE, _LAST_SYLLABLE = 0xAC00, 0xD7A3
_FINALS = 28  # finals a Hangul syllable may have, none counted
_FINAL_T, _FINAL_S = 7, 19  # the places of ㄷ and ㅅ among them
_TENSE_S = ("싸", "앃")  # the first and the last syllable that begins with ㅆ


def _korean(said: Sequence[Said]) -> list[str]:
    """Pronounce words in one go up to each mark, since neighbours change each other."""
    sounds = pronounce(" ".join(f"{spoken}{',' if mark else ''}" for spoken, mark in said))
    heard = iter(_respelt_finals(sounds).replace(",", "").split())
    return [" ".join(next(heard) for _ in spoken.split()) for spoken, _ in said]


_BEFORE_SILENCE = "\0"


def _respelt_finals(sounds: str) -> str:
    following = [*sounds[1:], _BEFORE_SILENCE]
    return "".join(map(_respelt_final, sounds, following))


def _respelt_final(syllable: str, following: str) -> str:
    code = ord(syllable)
    if not _FIRST_SYLLABLE <= code <= _LAST_SYLLABLE:
        return syllable
    if (code - _FIRST_SYLLABLE) % _FINALS != _FINAL_T:
        return syllable
    heard = not _TENSE_S[0] <= following <= _TENSE_S[1]
    return chr(code - _FINAL_T + (_FINAL_S if heard else 0))


def _chinese(said: Sequence[Said], language: str) -> list[str]:
    respelt: list[str] = []
    characters: list[str] = []
    for spoken, mark in said:
        characters.append(spoken)
        if mark:
            respelt += _respelt_characters(characters, language)
            characters = []
    return respelt + _respelt_characters(characters, language)


def _respelt_characters(characters: list[str], language: str) -> list[str]:
    respelt = list(characters)
    text = "".join(character if len(character) == 1 else " " for character in characters)
    pattern, table = _table(language)
    for match in pattern.finditer(text):
        respelt[match.start() : match.end()] = table[match.group()]
    if language == "zh":
        for match in _SUFFIX.finditer(text):
            respelt[match.start()] = "er5"
    return respelt


@cache
def _table(language: str) -> tuple[re.Pattern[str], dict[str, list[str]]]:
    table = {word: list(said) for word, said in _CANTONESE_WORDS.items()}
    if language == "zh":
        entries = (
            entry.split() for line in _MANDARIN_WORDS.split("\n") for entry in line.split("|")
        )
        table = {word: syllables for word, *syllables in filter(None, entries)}
        table |= {character: [spelling] for character, spelling in _IONG.items()}
        table |= {"贾": ["jia3"], "賈": ["jia3"]}
    return re.compile("|".join(sorted(table, key=len, reverse=True))), table
