"""Numbers as Mandarin says them."""

_DIGITS = "零一二三四五六七八九"
_UNITS = {8: "亿", 4: "万", 3: "千", 2: "百", 1: "十"}  # by power of ten


def digits(written: str, *, telephone: bool = False) -> str:
    """Say digits one by one; on the telephone 1 is 幺 so that it is not heard as 7."""
    said = "".join(_DIGITS[int(digit)] for digit in written)
    return said.replace("一", "幺") if telephone else said


def cardinal(written: str) -> str:
    """Say a whole number: 1050 is 一千零五十."""
    if not written:
        return ""
    said = _grouped(written.lstrip("0")) or _DIGITS[0]
    return said[1:] if said.startswith("一十") else said


def number(written: str) -> str:
    """Say a number that may have decimals: of closing zeros one is said (5.50 is 五点五零)."""
    whole, _, decimals = written.partition(".")
    kept = decimals.rstrip("0") + ("0" if decimals.endswith("0") else "")
    if not kept:
        return cardinal(whole)
    return f"{cardinal(whole) or _DIGITS[0]}点{digits(kept)}"


def _grouped(written: str) -> str:
    """Say digits by thousands and tens; a zero in front is said before a lone digit only."""
    significant = written.lstrip("0")
    if not significant:
        return ""
    if len(significant) == 1:
        return (_DIGITS[0] if len(written) > 1 else "") + digits(significant)
    power = next(power for power in _UNITS if power < len(significant))
    return _grouped(written[:-power]) + _UNITS[power] + _grouped(written[-power:])
