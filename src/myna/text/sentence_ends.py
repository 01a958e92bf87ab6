"""Whether a mark in a text ends the sentence."""

import re
from dataclasses import dataclass

from myna.text.scripts import HAN, HANGUL, KANA

LOOKAHEAD = 40  # characters behind a mark that may be looked at before it is decided

MARKS = re.compile(rf"[.!?。！？．｡…‥]{{1,{LOOKAHEAD}}}|\n")
"""What may end a sentence: a run of marks, or the end of a line."""

GOES_ON = -1
"""The mark does not end the sentence."""
UNDECIDED = -2
"""The answer hangs on characters that have not arrived."""


def sentence_end(text: str, start: int, mark: re.Match[str], *, final: bool) -> int:
    """Return the offset behind the sentence that began at `start`, `GOES_ON` or `UNDECIDED`.

    The character behind the mark and its closing quotes always counts; after an abbreviation,
    an initial, a numeral or an ellipsis, so do up to `LOOKAHEAD` more. `final`: nothing more
    arrives.
    """
    if mark.group() == "\n":
        return mark.end()
    try:
        end = _behind_closers(text, start, mark, final=final)
        return end if _ends(text, start, mark, end, final=final) else GOES_ON
    except _NotYet:
        return UNDECIDED


class _NotYet(Exception):
    """The characters that decide have not arrived."""


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What stands behind the mark."""

    text: str
    complete: bool
    """Whether `text` is all that may be looked at."""

    def visible(self) -> str:
        """Return the next character that is not a blank; nothing at the end."""
        rest = self.text.lstrip(" \t\u00a0\u3000")
        if not rest and not self.complete:
            raise _NotYet
        return rest[:1]

    def word(self) -> re.Match[str] | None:
        """Match the next word: group 1 the quotes before it, 2 the word, 3 what follows it."""
        found = _NEXT_WORD.match(self.text)
        open_ended = found.end() == len(self.text) if found else _NO_WORD_YET.fullmatch(self.text)
        if open_ended and not self.complete:
            raise _NotYet
        return found


_CLOSERS = re.compile(rf"[”’»」』）)\]】》〉〕}}]{{0,{LOOKAHEAD}}}")
_OPENERS = "“‘«「『（([【《〈〔{\"'"
_INSIDE = "，、,;；:：—–-~～"  # what follows an end mark only inside a sentence
_AFTER_QUOTE = "とってはがのをもにでなだ的地"  # what ties a quotation to the words behind it
_QUOTING = re.compile("이?라[고며는]|하[고며는]")  # what does so in Korean, behind a blank
_CJK = re.compile(f"[{HANGUL}{KANA}{HAN}]")
_HANGUL = re.compile(f"[{HANGUL}]")
_NEXT_WORD = re.compile(r"\s*([“‘\"'«(\[]*)([^\W\d_]+(?:['’][^\W\d_]+)?)(.|\Z)", re.DOTALL)
_NO_WORD_YET = re.compile(r"\s*[“‘\"'«(\[]*")
_DIGITS_AROUND = re.compile(r"\d[.．]\d")


def _behind_closers(text: str, start: int, mark: re.Match[str], *, final: bool) -> int:
    """Return the offset behind the quotes and brackets that close with the mark."""
    closers = _CLOSERS.match(text, mark.end())
    end = closers.end() if closers else mark.end()
    if text[end : end + 1] in ('"', "'"):
        opened = text[end] == '"' and text.count('"', start, end) % 2 == 1
        behind = text[end + 1 : end + 2]
        if not (opened or behind or final):
            raise _NotYet
        if opened or not behind or behind.isspace():
            end += 1
    if end == len(text) and not final:
        raise _NotYet
    return end


def _ends(text: str, start: int, mark: re.Match[str], end: int, *, final: bool) -> bool:
    ahead = _Ahead(text[end : end + LOOKAHEAD], final or len(text) >= end + LOOKAHEAD)
    if not ahead.text:
        return True
    closed = end > mark.end()
    if _goes_on_directly(text, mark, ahead.text[0], closed=closed):
        return False
    marks = mark.group()
    if any(wide in marks for wide in "。！？｡．") or ahead.text[0] == "\n":
        return True
    if "!" in marks or "?" in marks:
        return _after_exclamation(ahead, closed=closed)
    before = text[start : mark.start()]
    if marks != ".":
        return _after_ellipsis(before[-1:], ahead, closed=closed)
    return _after_period(before, ahead, closed=closed)


def _goes_on_directly(text: str, mark: re.Match[str], behind: str, *, closed: bool) -> bool:
    if behind in _INSIDE or _DIGITS_AROUND.match(text, max(0, mark.start() - 1)):
        return True
    return closed and (behind in _AFTER_QUOTE or bool(_HANGUL.match(behind)))


def _after_exclamation(ahead: _Ahead, *, closed: bool) -> bool:
    if ahead.text[0].isspace():
        return not closed or _after_quotation(ahead)
    return not ahead.text[0].isascii() or ahead.text[0] in _OPENERS


def _after_quotation(ahead: _Ahead) -> bool:
    """Whether a new sentence begins behind `"Why?"` and a blank: not in `"Why?" she said`."""
    if _HANGUL.match(ahead.visible()):
        rest = ahead.text.lstrip()
        if len(rest) < 3 and not ahead.complete:
            raise _NotYet
        return not _QUOTING.match(rest)
    return not ahead.visible().islower()


def _after_ellipsis(before: str, ahead: _Ahead, *, closed: bool) -> bool:
    if not ahead.text[0].isspace():
        return closed and bool(_CJK.match(ahead.text[0]))
    following = ahead.visible()
    if _HANGUL.match(following):
        return before in _KOREAN_ENDINGS
    word = ahead.word()
    if word is None or not word.group(2).isascii():
        return not following.isdigit()
    return word.group(2)[0].isupper() and word.group(2)[:2] not in ("I", "I'", "I’")


def _after_period(before: str, ahead: _Ahead, *, closed: bool) -> bool:
    behind = ahead.text[0]
    if not behind.isspace():
        if _CJK.match(behind) or behind in _OPENERS:
            return bool(_CJK.match(before[-1:]))
        return not behind.isalnum() and not behind.isascii()
    if closed:
        return _after_quotation(ahead)
    word = _LAST_WORD.search(before)
    written = word.group() if word else ""
    first = not before[: len(before) - len(written)].strip()
    if _DATE.search(before):
        return not _HANGUL.match(ahead.visible())
    if written.isdigit():
        return not (first and len(written) <= _LIST_DIGITS) and _after_numeral(before, ahead)
    return _after_word(written, ahead, first=first)


_LAST_WORD = re.compile(r"[^\s/(\[“‘«\"'’-]*\Z")
_LIST_DIGITS = 3  # of a list number: "12. item"
_DATE_SO_FAR = re.compile(r"(?:^|\D)\d{4}(?:\. ?\d{1,2})?\Z")
_DATE = re.compile(r"(?:^|\D)\d{4}\. ?\d{1,2}\. ?\d{1,2}\Z")
_DATE_PART = re.compile(r"\s*(?:\d{1,2}(\D)|\d{3})")


def _after_numeral(before: str, ahead: _Ahead) -> bool:
    """Whether a new sentence begins behind a number: not inside the Korean date 2026. 11. 21."""
    if not (ahead.visible().isdigit() and _DATE_SO_FAR.search(before)):
        return True
    part = _DATE_PART.match(ahead.text)
    if part is None and not ahead.complete:
        raise _NotYet
    return part is None or part.group(1) != "."


def _after_word(written: str, ahead: _Ahead, *, first: bool) -> bool:
    word = written.lower()
    if not word or word in _NEVER_LAST or (word in _TITLES and written[0].isupper()):
        return False
    if word in _BEFORE_NUMBER:
        return not ahead.visible().isdigit()
    if len(word) == 1 and word.isascii():
        return _usual_start(ahead) if written.isupper() and not first else not first
    if word in _MAYBE_LAST or (word in _CALENDAR and written[0].isupper()):
        return _usual_start(ahead)
    return not _DOTTED.fullmatch(word) or _usual_start(ahead)


def _usual_start(ahead: _Ahead) -> bool:
    """Whether what follows an abbreviation is a usual first word: p.m. The, not p.m. Monday."""
    word = ahead.word()
    if word is None:
        return not ahead.visible()
    quotes, written, behind = word.groups()
    if written[0].islower() or _CJK.match(written):
        return False
    is_initial = len(written) == 1 and behind == "."
    return bool(quotes) or (written.lower().replace("’", "'") in _FIRST_WORDS and not is_initial)


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_NEVER_LAST = _words(
    "dr mr mrs ms mx prof messrs mme mlle e.g i.e cf viz vs approx incl excl eg ie"
)
"""Abbreviations always followed by what they belong to."""
_TITLES = _words(
    "rev hon gen col maj capt lt sgt cpl pvt adm cmdr gov sen rep pres supt insp fr mt ft"
)
"""The same, with a capital; words otherwise."""
_BEFORE_NUMBER = _words(
    "no nos nr fig figs vol vols p pp ch sec art eq eqs ref para op ver v ed app par pt"
)
"""Abbreviations before a number; words or ends otherwise."""
_MAYBE_LAST = _words(
    "etc inc ltd co corp llc plc bros jr sr esq st ave blvd rd dept univ assn al ext hr hrs"
)
"""Abbreviations that end a sentence only where a usual first word follows."""
_CALENDAR = _words(
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun"
)
"""The same, with a capital."""
_DOTTED = re.compile(r"(?:[a-z]{1,2}\.)+[a-z]{1,2}")
_FIRST_WORDS = _words(
    "a after all also although an and another any are as at because before both but by can could "
    "did do does during each even every finally first for from get had has have he her here his "
    "how however i i'm if in instead is it it's its just last later let let's many maybe meanwhile "
    "more most my never next no not nothing now of on once one only or other our over perhaps "
    "please several she should since so some soon still such than that that's the their then there "
    "there's therefore these they they're this those though through thus to today tomorrow under "
    "unfortunately until use was we we're were what when where whether which while who why will "
    "with without would yes yesterday yet you you're your"
)
_KOREAN_ENDINGS = frozenset("요다까죠네지라자군걸냐니어아해야")
