"""Mandarin's 儿 that colours the syllable before it."""

_BEFORE_CHILD = "女男孤婴幼患少侄孙妻聋乞我俺血有一为护救"  # 女儿, 混血儿, 为儿: 儿 is a child
_BEFORE_PET_NAME = "花鸟马虫猫狗猪"  # as verse names them: 儿 is a syllable of its own
_OWN_SYLLABLE = frozenset(_BEFORE_CHILD + _BEFORE_PET_NAME)
_NOT_COLOURED = ("a", "j", "nr")  # adjectives, abbreviations, names
_NO_NAMES = frozenset(("小院儿", "胡同儿", "范儿", "老汉儿", "媳妇儿"))  # jieba takes some for one


def coloured(word: str, tag: str, finals: list[str]) -> list[str]:
    """Return a word's finals with 儿 at its end in the tone of the syllable it colours."""
    if len(finals) != len(word) or word[-1] != "儿" or not finals[-1].startswith("er"):
        return finals
    last = "er2" if finals[-1] == "er1" else finals[-1]
    alone = len(word) == 1 or word[-2] in _OWN_SYLLABLE
    alone = alone or (tag in _NOT_COLOURED and word not in _NO_NAMES)
    if not alone and last in ("er2", "er5"):
        last = "er" + finals[-2][-1]
    return [*finals[:-1], last]
