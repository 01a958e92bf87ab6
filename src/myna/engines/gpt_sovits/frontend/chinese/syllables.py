"""The two phones of a Mandarin syllable."""

from myna.engines.gpt_sovits.frontend.symbols import UNKNOWN

_TONES = "12345"
_SHORTENED = {"uei": "ui", "iou": "iu", "uen": "un"}  # behind an initial
_RETROFLEX = ("zh", "ch", "sh", "r")
_SIBILANTS = ("z", "c", "s")
_AFTER_Y = {"i": "i", "in": "in", "ing": "ing", "ian": "En", "ie": "E"}  # not the rest of it
_VOWEL_INITIALS = {"a": "AA", "e": "EE", "o": "OO"}


def phones(initial: str, final: str) -> tuple[str, str]:
    """Return the phones of a syllable: "zh" and "i1" are ("zh", "ir1").

    Initial and final are strict pinyin ("" and "uei4" for wèi), the tone 1 to 5 behind the
    final. A final without a tone is no syllable: its phones are unknown.
    """
    vowel, tone = final[:-1], final[-1:]
    if not vowel or tone not in _TONES:
        return UNKNOWN, UNKNOWN
    consonant, rest = _after(initial, vowel) if initial else _opening(vowel)
    return consonant, rest + tone


def _after(initial: str, vowel: str) -> tuple[str, str]:
    if vowel == "i" and initial in _RETROFLEX:
        return initial, "ir"
    if vowel == "i" and initial in _SIBILANTS:
        return initial, "i0"
    return initial, _SHORTENED.get(vowel, vowel)


def _opening(vowel: str) -> tuple[str, str]:
    """Split a syllable that has no initial."""
    if vowel[0] == "i":
        return "y", _AFTER_Y.get(vowel, vowel[1:])
    if vowel[0] == "u":
        return "w", vowel[1:] or "u"
    if vowel[0] == "v":
        return "y", vowel
    return _VOWEL_INITIALS.get(vowel[0], UNKNOWN), vowel
