"""Traditional characters as the simplified ones that Mandarin models read."""

from functools import cache
from typing import Any

from myna.core.errors import PackageMissing

_FIRST, _LAST = "\u4e00", "\u9fa5"  # the characters the models know


def simplified(text: str) -> str:
    """Return `text` with each traditional character simplified, one for one.

    Raises:
        PackageMissing: OpenCC is not installed.
    """
    plain = _converted(text)
    if len(plain) != len(text):
        plain = "".join(map(_converted_alone, text))
    return "".join(
        new if _FIRST <= new <= _LAST else old for old, new in zip(text, plain, strict=True)
    )


def _converted(text: str) -> str:
    converted: str = opencc("t2s").convert(text)
    return converted


@cache
def _converted_alone(character: str) -> str:
    plain = _converted(character)
    return plain if len(plain) == 1 else character


@cache
def opencc(direction: str) -> Any:  # OpenCC has no types
    """Return OpenCC's converter ("t2s" or "s2tw").

    Raises:
        PackageMissing: OpenCC is not installed.
    """
    try:
        from opencc import OpenCC
    except ImportError as error:
        raise PackageMissing("Reading Chinese with GPT-SoVITS", "zh") from error
    return OpenCC(direction)
