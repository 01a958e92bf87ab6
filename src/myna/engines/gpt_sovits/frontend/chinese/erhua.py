"""Mandarin's 儿 that colours the syllable before it."""

_COLOURED = "小院儿 胡同儿 范儿 老汉儿 撒欢儿 寻老礼儿 妥妥儿 媳妇儿"
_CHILD_OR_NAME = (
    "虐儿 为儿 护儿 瞒儿 救儿 替儿 有儿 一儿 我儿 俺儿 妻儿 拐儿 聋儿 乞儿 患儿 幼儿 孤儿 婴儿 "
    "婴幼儿 连体儿 脑瘫儿 流浪儿 体弱儿 混血儿 蜜雪儿 舫儿 祖儿 美儿 应采儿 可儿 侄儿 孙儿 "
    "侄孙儿 女儿 男儿 红孩儿 花儿 虫儿 马儿 鸟儿 猪儿 猫儿 狗儿 少儿"
)  # 儿 is a child here, or a syllable of its own
_SPOKEN = frozenset(_COLOURED.split())
_NAMED = frozenset(_CHILD_OR_NAME.split())
_NOT_COLOURED = ("a", "j", "nr")  # adjectives, abbreviations, names


def coloured(word: str, tag: str, finals: list[str]) -> list[str]:
    """Return a word's finals with 儿 at its end in the tone of the syllable it colours."""
    if len(finals) != len(word) or word[-1] != "儿" or not finals[-1].startswith("er"):
        return finals
    last = "er2" if finals[-1] == "er1" else finals[-1]
    alone = word not in _SPOKEN and (word in _NAMED or tag in _NOT_COLOURED)
    if not alone and len(word) > 1 and last in ("er2", "er5") and word[-2:] not in _NAMED:
        last = "er" + finals[-2][-1]
    return [*finals[:-1], last]
