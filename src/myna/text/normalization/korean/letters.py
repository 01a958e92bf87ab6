"""Letters and signs inside Korean text, by their Korean names."""

import re
from collections.abc import Iterable

from myna.text.normalization.korean.words import CHAT, HANJA, JAMO, LETTERS, SIGNS
from myna.text.normalization.rules import Reading, alternatives, rule, whole

LONGEST_LAUGH = 4  # syllables


def _latin(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "".join(LETTERS.get(letter.upper(), "") for letter in match.group()))


def _laugh(match: re.Match[str]) -> Iterable[Reading]:
    syllable = {"ㅋ": "크", "ㅎ": "흐"}[match.group()[0]]
    return whole(match, syllable * min(len(match.group()), LONGEST_LAUGH))


def _tears(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "")


def _chat(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, CHAT[match.group()])


def _jamo(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "".join(JAMO.get(letter, "") for letter in match.group()))


def _hanja(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "".join(HANJA[character] for character in match.group()))


def _and(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, "앤")


def _sign(match: re.Match[str]) -> Iterable[Reading]:
    return whole(match, f" {SIGNS[match.group()]} ")


LETTERS_AND_SIGNS = (
    rule(rf"(?<![ㄱ-ㅣ])(?:{alternatives(CHAT)})(?![ㄱ-ㅣ])", _chat),
    rule("ㅋ+|ㅎ+", _laugh),
    rule("[ㅠㅜㅡㅗㅛㅑㅏ;]{2,}|[ㅠㅜ]", _tears),
    rule("[ㄱ-ㅣ]+", _jamo),
    rule(f"[{''.join(HANJA)}]+", _hanja),
    rule("(?<=[A-Za-z])&(?=[A-Za-z])", _and),
    rule("[A-Za-z]+", _latin),
    rule(f"[{re.escape(''.join(SIGNS))}]", _sign),
)
