"""How the tones of Mandarin change in words."""

from myna.engines.gpt_sovits.frontend.chinese.neutral_tones import ends_neutral, keeps_tones
from myna.engines.gpt_sovits.frontend.chinese.words import Word, halves

_NEUTRAL = "5"
_PARTICLES = "的地得吧呢啊呐嘛吖嗨哈哦喔哟喽啰耶诶哒滴哩额噻"
_ASPECT = ("ul", "uz", "ug")
_BEFORE_CLASSIFIER = "几两半多各整每做有是"
_PAUSES = ",.!?"


def spoken_tones(word: Word, read: str) -> str:
    """Return the tones of a word as it is said, given those of its characters ("33" -> "23")."""
    if len(read) != len(word.text):
        return read
    tones = list(read)
    _change_bu(word.text, tones)
    _change_yi(word.text, tones)
    _make_neutral(word, tones)
    _change_third(word.text, tones)
    return "".join(tones)


def _change_bu(text: str, tones: list[str]) -> None:
    """不 is neutral within a word (看不懂) and second before a fourth tone (不怕)."""
    if len(text) == 3 and text[1] == "不":
        tones[1] = _NEUTRAL
        return
    for index in range(len(text) - 1):
        if text[index] == "不" and tones[index + 1] == "4":
            tones[index] = "2"


def _change_yi(text: str, tones: list[str]) -> None:
    """一 is second before a fourth tone (一段) and fourth before the others (一天)."""
    if all(character.isnumeric() for character in text):
        return
    if len(text) == 3 and text[1] == "一" and text[0] == text[2]:
        tones[1] = _NEUTRAL
        return
    if text.startswith("第一"):
        tones[1] = "1"
        return
    for index in range(len(text) - 1):
        if text[index] != "一":
            continue
        if tones[index + 1] == "4":
            tones[index] = "2"
        elif text[index + 1] not in _PAUSES:
            tones[index] = "4"


def _make_neutral(word: Word, tones: list[str]) -> None:
    text = word.text
    if word.tag[0] in "nva" and not keeps_tones(text):
        for index in range(1, len(text)):
            if text[index] == text[index - 1]:
                tones[index] = _NEUTRAL
    neutral = _neutral_character(word)
    if neutral is not None:
        tones[neutral] = _NEUTRAL
    first, second = halves(text)
    for part, end in ((first, len(first)), (second, len(text))):
        if ends_neutral(part):
            tones[end - 1] = _NEUTRAL


def _neutral_character(word: Word) -> int | None:
    """Return which character a rule makes neutral."""
    text = word.text
    last = len(text) - 1
    if text[-1] in _PARTICLES or _is_neutral_suffix(word):
        return last
    classifier = text.find("个")
    if text == "个" or (
        classifier > 0
        and (text[classifier - 1].isnumeric() or text[classifier - 1] in _BEFORE_CLASSIFIER)
    ):
        return classifier
    return last if ends_neutral(text) else None


def _is_neutral_suffix(word: Word) -> bool:
    text, tag = word.text, word.tag
    if len(text) == 1:
        return text in "了着过" and tag in _ASPECT
    return (
        (text[-1] in "们子" and tag in ("r", "n") and not keeps_tones(text))
        or (text[-1] in "上下里" and tag in ("s", "l", "f"))
        or (text[-1] in "来去" and text[-2] in "上下进出回过起开")
    )


def _change_third(text: str, tones: list[str]) -> None:
    """Of third tones that meet the first is second."""
    if len(text) == 2 and tones == ["3", "3"]:
        tones[0] = "2"
    elif len(text) == 3:
        _change_third_of_three(text, tones)
    elif len(text) == 4:
        for start in (0, 2):
            if tones[start : start + 2] == ["3", "3"]:
                tones[start] = "2"


def _change_third_of_three(text: str, tones: list[str]) -> None:
    cut = len(halves(text)[0])
    if tones == ["3", "3", "3"]:
        if cut == 2:  # 蒙古/包
            tones[:2] = "22"
        elif cut == 1:  # 纸/老虎
            tones[1] = "2"
        return
    for start, end in ((0, cut), (cut, 3)):
        if tones[start:end] == ["3", "3"]:  # 所有/人
            tones[start] = "2"
        elif start and tones[cut - 1 : cut + 1] == ["3", "3"] and tones[cut:] != ["3"]:  # 好/喜欢
            tones[cut - 1] = "2"
