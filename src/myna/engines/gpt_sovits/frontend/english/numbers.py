"""Numbers as English writes them out."""

_ONES = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_THOUSANDS = (
    "",
    " thousand",
    " million",
    " billion",
    " trillion",
    " quadrillion",
    " quintillion",
    " sextillion",
    " septillion",
    " octillion",
    " nonillion",
    " decillion",
)
_IRREGULAR = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def cardinal(number: int, *, joined_by: str = " and ") -> str:
    """Write a whole number out: 1234 is "one thousand, two hundred and thirty-four".

    Numbers of more than 36 digits are written digit by digit.
    """
    if number >= 1000 ** len(_THOUSANDS):
        return ", ".join(_ONES[int(digit)] for digit in str(number))
    if number == 0:
        return _ONES[0]
    groups: list[str] = []
    rest, power = number, 0
    while rest:
        rest, group = divmod(rest, 1000)
        if group:
            groups.insert(0, _hundreds(group, joined_by) + _THOUSANDS[power])
        power += 1
    if len(groups) > 1 and 0 < number % 1000 < 100:
        last = groups.pop()
        groups[-1] += joined_by + last
    return ", ".join(groups)


def ordinal(cardinal_words: str) -> str:
    """Make a number in words an ordinal: "twenty-one" is "twenty-first"."""
    cut = max(cardinal_words.rfind(" "), cardinal_words.rfind("-")) + 1
    last = cardinal_words[cut:]
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    else:
        last = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return cardinal_words[:cut] + last


def year(number: int) -> str:
    """Write a number from 1001 to 2999 out as a year: 1905 is "nineteen oh five"."""
    century, rest = divmod(number, 100)
    if number == 2000:
        return "two thousand"
    if 2000 < number < 2010:
        return f"two thousand {_ONES[rest]}"
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def ordinal_suffix(number: int) -> str:
    """Return "st", "nd", "rd" or "th"."""
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _hundreds(group: int, joined_by: str) -> str:
    hundreds, rest = divmod(group, 100)
    words = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if 0 < rest < 20:
        words.append(_ONES[rest])
    elif rest:
        tens, ones = divmod(rest, 10)
        words.append(_TENS[tens] + (f"-{_ONES[ones]}" if ones else ""))
    return joined_by.join(words)
