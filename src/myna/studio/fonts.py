"""Fonts that have a shape for every character of a text."""

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontManager

# Installed with the extra `plot`, for the fonts in them and nothing else. All are free: the SIL
# Open Font License (Nanum, Noto) and the IPA Font License.
FONT_PACKAGES = ("koreanize_matplotlib", "matplotlib_fontja", "zhplot")
LATIN = "DejaVu Sans"  # comes with matplotlib
PREFERRED = {
    "hangul": ("NanumGothic", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic"),
    "kana": ("IPAexGothic", "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic"),
    "han": ("Noto Sans SC", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei"),
}
LAST_RESORT = "Last Resort"  # a font of boxes with the names of blocks in them
UNDRAWN = "□"  # stands for a character that no font has


def fonts_for(text: str) -> tuple[list[str], str]:
    """Return font families that draw the text, best first, and the characters none of them has.

    Han characters look different in Korean, Japanese and Chinese fonts, so the text's other
    scripts decide which comes first. The families we know are tried before all others there are.
    """
    from matplotlib.font_manager import fontManager

    _register_packaged(fontManager)
    families: list[str] = []
    undrawn = {character for character in text if character.isprintable() and character != " "}
    for family in _candidates(text, fontManager):
        drawn = undrawn & _drawn_by(family, undrawn, fontManager)
        if drawn or family == LATIN:
            families.append(family)
            undrawn -= drawn
        if not undrawn:
            break
    return families, "".join(sorted(undrawn))


def drawable(text: str, undrawn: str) -> str:
    """Return the text with a box for each character that no font has, and without controls."""
    return "".join(
        UNDRAWN if character in undrawn else character
        for character in text
        if character.isprintable()
    )


def _candidates(text: str, manager: "FontManager") -> Iterable[str]:
    scripts = sorted(PREFERRED, key=lambda script: not _is_written_in(text, script))
    known = [LATIN, *(family for script in scripts for family in PREFERRED[script])]
    installed = {font.name for font in manager.ttflist}
    yield from (family for family in known if family in installed)
    others = installed.difference(known)
    yield from sorted(name for name in others if not name.startswith(LAST_RESORT))


def _is_written_in(text: str, script: str) -> bool:
    ranges = {"hangul": "\uac00-\ud7a3", "kana": "\u3041-\u30ff", "han": "\u4e00-\u9fff"}
    first, last = ranges[script].split("-")
    return any(first <= character <= last for character in text)


def _drawn_by(family: str, characters: set[str], manager: "FontManager") -> set[str]:
    from matplotlib.font_manager import FontProperties, get_font

    path = manager.findfont(FontProperties(family=[family]), fallback_to_default=False)
    try:
        font = get_font(path)
    except (RuntimeError, OSError):  # a file that only claims to be a font
        return set()
    return {character for character in characters if font.get_char_index(ord(character))}


def _register_packaged(manager: "FontManager") -> None:
    """Tell matplotlib of the packaged fonts; the packages themselves are never imported."""
    listed = {font.fname for font in manager.ttflist}
    for package in FONT_PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for file in sorted(Path(folder, "fonts").glob("*.ttf")):
                if str(file) not in listed:
                    manager.addfont(file)
