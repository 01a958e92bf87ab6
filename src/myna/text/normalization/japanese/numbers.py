"""Japanese numerals in kana, and how they fuse with what is counted."""

_ONES = ("", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう")
_DIGITS = ("ゼロ", *_ONES[1:])
_SCALES = ("", "まん", "おく", "ちょう", "けい")
_LONGEST = 4 * len(_SCALES)  # digits of the largest number with a name
_SHORT = {"いち": "いっ", "ろく": "ろっ", "はち": "はっ", "じゅう": "じゅっ", "ひゃく": "ひゃっ"}


def cardinal(written: str) -> str:
    """Say a whole number: 3680 is さんぜんろっぴゃくはちじゅう.

    A number that begins with 0, or has no name, is said digit by digit.
    """
    if len(written) > _LONGEST or (len(written) > 1 and written[0] == "0"):
        return digits(written)
    number = int(written)
    if number == 0:
        return "ゼロ"
    said = ""
    for scale in _SCALES:
        number, group = divmod(number, 10000)
        if group:
            said = _scaled(_below_myriad(group), scale) + said
        if not number:
            break
    return said


def _scaled(said: str, scale: str) -> str:
    if scale and said == "せん":
        said = "いっせん"
    return (shortened(said, "いち はち じゅう") if scale == "ちょう" else said) + scale


def _below_myriad(number: int) -> str:
    thousands, hundreds, tens, ones = (int(digit) for digit in f"{number:04}")
    said = {0: "", 1: "せん", 3: "さんぜん", 8: "はっせん"}.get(
        thousands, f"{_ONES[thousands]}せん"
    )
    said += {0: "", 1: "ひゃく", 3: "さんびゃく", 6: "ろっぴゃく", 8: "はっぴゃく"}.get(
        hundreds, f"{_ONES[hundreds]}ひゃく"
    )
    said += {0: "", 1: "じゅう"}.get(tens, f"{_ONES[tens]}じゅう")
    return said + _ONES[ones]


def shortened(said: str, endings: str) -> str:
    """Shorten a numeral that ends in one of `endings`: はち is はっ before 個."""
    for ending in endings.split():
        if said.endswith(ending):
            return said.removesuffix(ending) + _SHORT[ending]
    return said


def digits(written: str) -> str:
    """Say each digit: 305 is さんゼロご."""
    return "".join(_DIGITS[int(digit)] for digit in written)


def decimal(written: str) -> str:
    """Say a number that may have a fraction: 1.05 is いってんれいご."""
    whole, point, fraction = written.replace(",", "").partition(".")
    if not point:
        return cardinal(whole)
    said = shortened(cardinal(whole), "いち はち じゅう") if int(whole or "0") else "れい"
    return f"{said}てん{digits(fraction).replace('ゼロ', 'れい')}"
