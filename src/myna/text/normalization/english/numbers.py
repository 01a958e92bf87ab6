"""English numerals in words, without hyphens."""

_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]  # fmt: skip
_TENS = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
]  # fmt: skip
_SCALES = [
    "", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion",
    "sextillion", "septillion", "octillion", "nonillion", "decillion",
]  # fmt: skip
_LONGEST = 3 * len(_SCALES)  # digits of the largest number with a name
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip


def cardinal(written: str) -> str:
    """Say a whole number given in digits: 1042 is one thousand forty two.

    A number that begins with 0, or has no name, is said digit by digit.
    """
    if len(written) > _LONGEST or (len(written) > 1 and written[0] == "0"):
        return digits(written)
    number = int(written)
    if number == 0:
        return "zero"
    words: list[str] = []
    for scale in _SCALES:
        number, group = divmod(number, 1000)
        if group:
            words[:0] = [*_below_thousand(group), *scale.split()]
        if not number:
            break
    return " ".join(words)


def _below_thousand(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = [_ONES[hundreds], "hundred"] if hundreds else []
    if rest >= 20:
        words.append(_TENS[rest // 10])
        rest %= 10
    return [*words, _ONES[rest]] if rest else words


def ordinal(written: str) -> str:
    """Say a number as a place in a row: 21 is twenty first."""
    *before, last = cardinal(written).split()
    if last in _ORDINALS:
        last = _ORDINALS[last]
    else:
        last = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return " ".join([*before, last])


def digits(written: str) -> str:
    """Say each digit: 07 is zero seven."""
    return " ".join(_ONES[int(digit)] for digit in written)


def decimal(written: str) -> str:
    """Say a number that may have a fraction: 3.05 is three point zero five."""
    whole, point, fraction = written.replace(",", "").partition(".")
    said = cardinal(whole) if whole else ""
    return f"{said} point {digits(fraction)}".strip() if point else said


def year(written: str) -> str:
    """Say a year of three or four digits: 1905 is nineteen oh five, 2004 two thousand four."""
    century, rest = written[:-2], written[-2:]
    if len(written) < 4 or written[1:3] == "00":
        return cardinal(written)
    if rest == "00":
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {f'oh {cardinal(rest[1])}' if rest[0] == '0' else cardinal(rest)}"


def plural(words: str) -> str:
    """Return the plural of a numeral: twenty is twenties, six sixes."""
    if words.endswith("y"):
        return f"{words[:-1]}ies"
    return f"{words}es" if words.endswith("x") else f"{words}s"
