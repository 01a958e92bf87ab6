"""Numbers as Korean says them before a counter."""

_DIGITS = "영일이삼사오육칠팔구"
_PLACES = ("", "십", "백", "천")
_MYRIADS = ("", "만", "억", "조")
_NATIVE_ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_NATIVE_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_LONGEST = 16  # digits; longer numbers are said digit by digit


def digits(written: str) -> str:
    """Say digits one by one."""
    return "".join(_DIGITS[int(digit)] for digit in written)


def sino_korean(written: str) -> str:
    """Say a whole number in Sino-Korean: 2024 is 이천이십사."""
    written = written.lstrip("0")
    if not written or len(written) > _LONGEST:
        return digits(written or "0")
    said = ""
    for power in range((len(written) - 1) // 4, -1, -1):
        group = written[: len(written) - 4 * power][-4:].lstrip("0")
        alone = said == "" and power == 1 and group == "1"  # 만, not 일만
        said += ("" if alone else _below_myriad(group)) + (_MYRIADS[power] if group else "")
    return said


def native(written: str) -> str:
    """Say a whole number before a counter of its own kind: 3 is 세, 21 is 스물한, 20 is 스무."""
    written = written.lstrip("0")
    if written == "20":
        return "스무"
    if not written:
        return digits("0")
    hundreds = written[:-2]
    tens, ones = divmod(int(written[-2:]), 10)
    said = sino_korean(hundreds + "00") if hundreds else ""
    return said + _NATIVE_TENS[tens] + _NATIVE_ONES[ones]


def _below_myriad(group: str) -> str:
    said = ""
    for place, digit in zip(range(len(group) - 1, -1, -1), group, strict=True):
        if digit != "0":
            said += ("" if digit == "1" and place else digits(digit)) + _PLACES[place]
    return said
