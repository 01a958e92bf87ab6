"""Japanese: text to phones with the rises and falls of its pitch accent."""

import re
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from myna.core.errors import PackageMissing
from myna.engines.gpt_sovits.frontend.symbols import collapse_punctuation

_READABLE = r"A-Za-z\d々\u3040-\u30ff\u4e00-\u9fff１-９Ａ-Ｚａ-ｚ\uff66-\uff9d"
_STRETCH = re.compile(f"([{_READABLE}]+)|[^{_READABLE}]")
_MARKS = {**dict.fromkeys("：；，·、", ","), "。": ".", "\n": ".", "！": "!", "？": "?"}
_UNVOICED = frozenset("AEIOU")
_MORA_ENDS = frozenset("aeiouAEIOUN") | {"cl"}
_PHONE = re.compile(r"-(.*?)\+")
_ACCENT = re.compile(r"/A:(-?\d+)\+(\d+)\+(\d+)/")
_MORAE = re.compile(r"/F:(\d+)_")
_UNSET = -50  # the value of a feature a label lacks
_engine = threading.Lock()


def normalize(text: str) -> str:
    """Return `text` with only the first of marks that follow each other."""
    return collapse_punctuation(text)


def read(text: str, words: Path | None = None) -> tuple[str, ...]:
    """Return the phones of `text`; "[" is a rise, "]" a fall, "#" an accent phrase's border.

    `words` are a user's own, a MeCab user dictionary or the table it is made of: OpenJTalk then
    knows them for the rest of the process.

    Raises:
        PackageMissing: pyopenjtalk is not installed.
    """
    said: list[str] = []
    for stretch in _STRETCH.finditer(text.replace("％", "パーセント").lower()):
        if stretch[1]:
            said += _phones(_labels(stretch[1], words))
        elif stretch[0] != " ":
            said.append(_MARKS.get(stretch[0], stretch[0]))
    return tuple(said)


def _phones(labels: Sequence[str]) -> list[str]:
    """Turn full-context labels into phones and pitch marks (Kurihara et al., 2021)."""
    said: list[str] = []
    for index in range(1, len(labels) - 1):  # without the silence at both ends
        phone = _feature(_PHONE, labels[index])
        if phone == "pau":
            said.append("_")
            continue
        said.append(phone.lower() if phone in _UNVOICED else phone)
        mark = _pitch_mark(phone, labels[index], labels[index + 1])
        if mark:
            said.append(mark)
    return said


def _pitch_mark(phone: str, label: str, following: str) -> str:
    """Return what the pitch does behind a phone: "#", "[", "]" or nothing."""
    from_accent, forward, backward = _accent(label)
    next_forward = _accent(following)[1]
    if backward == 1 and next_forward == 1 and phone in _MORA_ENDS:
        return "#"
    morae = _MORAE.search(label)
    if (
        from_accent == 0
        and next_forward == forward + 1
        and forward != (int(morae[1]) if morae else _UNSET)
    ):
        return "]"
    return "[" if forward == 1 and next_forward == 2 else ""


def _accent(label: str) -> tuple[int, int, int]:
    """Return a mora's distance from the accent, and its place from both ends of its phrase."""
    found = _ACCENT.search(label)
    return (int(found[1]), int(found[2]), int(found[3])) if found else (_UNSET,) * 3


def _feature(pattern: re.Pattern[str], label: str) -> str:
    found = pattern.search(label)
    return found[1] if found else ""


def _labels(text: str, words: Path | None) -> list[str]:
    with _engine:  # OpenJTalk keeps its state in one place
        openjtalk = _openjtalk()
        if words is not None:
            _learn(words)
        found: list[str] = openjtalk.make_label(openjtalk.run_frontend(text))
        return found


@cache
def _learn(words: Path) -> None:
    openjtalk = _openjtalk()
    if words.suffix != ".csv":
        openjtalk.update_global_jtalk_with_user_dict(str(words))
        return
    with TemporaryDirectory() as folder:
        compiled = str(Path(folder) / "user.dict")
        openjtalk.mecab_dict_index(str(words), compiled)
        openjtalk.update_global_jtalk_with_user_dict(compiled)


@cache
def _openjtalk() -> ModuleType:
    try:
        import pyopenjtalk
    except ImportError as error:
        raise PackageMissing("Reading Japanese with GPT-SoVITS", "ja") from error
    module: ModuleType = pyopenjtalk
    return module
