"""Korean numerals: Sino-Korean for amounts and dates, native for counting things."""

_DIGITS = "영일이삼사오육칠팔구"
_PHONE_DIGITS = "공일이삼사오육칠팔구"
_UNITS = ("", "십", "백", "천")
_MYRIADS = ("", "만", "억", "조", "경", "해", "자", "양")
_LONGEST = 4 * len(_MYRIADS)  # digits of the largest number with a name

_NATIVE_ONES = ("", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉")
_NATIVE_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_BEFORE_COUNTER = {"하나": "한", "둘": "두", "셋": "세", "넷": "네", "스물": "스무"}
_ENGLISH_DIGITS = ("제로", "원", "투", "쓰리", "포", "파이브", "식스", "세븐", "에이트", "나인")


def sino(written: str) -> str:
    """Say a whole number in Sino-Korean: 12345 is 만 이천삼백사십오.

    A number that begins with 0, or has no name, is said digit by digit.
    """
    if len(written) > _LONGEST or (len(written) > 1 and written[0] == "0"):
        return digits(written)
    number = int(written)
    if number == 0:
        return "영"
    groups: list[str] = []
    for myriad in _MYRIADS:
        number, group = divmod(number, 10000)
        if group:
            said = "" if (group, number, myriad) == (1, 0, "만") else _below_myriad(group)
            groups.insert(0, said + myriad)
        if not number:
            break
    return " ".join(groups)


def _below_myriad(number: int) -> str:
    said = ""
    for unit, digit in zip(reversed(_UNITS), f"{number:04}", strict=True):
        if digit != "0":
            said += ("" if digit == "1" and unit else _DIGITS[int(digit)]) + unit
    return said


def digits(written: str) -> str:
    """Say each digit: 305 is 삼영오."""
    return "".join(_DIGITS[int(digit)] for digit in written)


def phone_digits(written: str) -> str:
    """Say the digits of a telephone number: 010 is 공일공."""
    return "".join(_PHONE_DIGITS[int(digit)] for digit in written)


def english_digit(digit: str) -> str:
    """Say one digit the English way, as in 파이브지 for 5G."""
    return _ENGLISH_DIGITS[int(digit)]


def decimal(written: str) -> str:
    """Say a number that may have a fraction: 3.14 is 삼점 일사."""
    whole, point, fraction = written.replace(",", "").partition(".")
    said = sino(whole or "0")
    return f"{said}점 {digits(fraction)}" if point else said


def native(number: int) -> str:
    """Say a number from 1 to 99 in native Korean: 21 is 스물하나."""
    return _NATIVE_TENS[number // 10] + _NATIVE_ONES[number % 10]


def counting(written: str) -> str:
    """Say how many things there are, before a counter: 20 is 스무, 103 백세.

    From a hundred on, what is over the hundreds is Sino-Korean too, unless it is below ten.
    """
    number = int(written)
    if number == 0 or (written[0] == "0" and number > 0):
        return sino(str(number))
    above, rest = divmod(number, 100)
    if above and (rest == 0 or rest >= 10):
        return sino(written)
    said = native(rest)
    for alone, before in _BEFORE_COUNTER.items():
        if said.endswith(alone):
            said = said.removesuffix(alone) + before
            break
    return (sino(str(above * 100)) if above else "") + said
