"""Chinese numerals, which Mandarin and Cantonese share but for the script."""

from dataclasses import dataclass

_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_GROUP = 4  # digits between 万, 亿 and 兆


@dataclass(frozen=True, slots=True)
class Numerals:
    """The numerals of one script."""

    two: str
    """Two of something: 两 or 兩."""
    myriads: tuple[str, ...]
    point: str

    def cardinal(self, written: str) -> str:
        """Say a whole number: 20105 is 两万零一百零五.

        A number that begins with 0, or has no name, is said digit by digit.
        """
        if len(written) > _GROUP * len(self.myriads) or (len(written) > 1 and written[0] == "0"):
            return digits(written)
        if not int(written):
            return _DIGITS[0]
        width = -(-len(written) // _GROUP) * _GROUP
        padded = written.zfill(width)
        said = ""
        skipped = False
        for start in range(0, width, _GROUP):
            group = int(padded[start : start + _GROUP])
            if not group:
                skipped = bool(said)
                continue
            if said and (skipped or group < 1000):
                said += _DIGITS[0]
            said += self._group(group, first=not said, last=start + _GROUP == width)
            said += self.myriads[(width - start) // _GROUP - 1]
            skipped = False
        return said

    def _group(self, number: int, *, first: bool, last: bool) -> str:
        """Say a number below 10000: `first` with nothing before it, `last` with nothing behind."""
        if number == 2 and not last:
            return self.two
        said = ""
        zero = False
        for position, digit in zip((3, 2, 1, 0), f"{number:04}", strict=True):
            if digit == "0":
                zero = bool(said)
                continue
            said += _DIGITS[0] if zero else ""
            said += self.two if digit == "2" and position == 3 else _DIGITS[int(digit)]
            said += _UNITS[position]
            zero = False
        return said.removeprefix("一") if first and said.startswith("一十") else said

    def decimal(self, written: str) -> str:
        """Say a number that may have a fraction: 3.05 is 三点零五."""
        whole, point, fraction = written.replace(",", "").partition(".")
        said = self.cardinal(whole or "0")
        return f"{said}{self.point}{digits(fraction)}" if point else said

    def amount(self, written: str) -> str:
        """Say how much or how many of something: two is 两."""
        return self.two if written == "2" else self.decimal(written)


MANDARIN = Numerals("两", ("", "万", "亿", "万亿"), "点")
CANTONESE = Numerals("兩", ("", "萬", "億", "萬億"), "點")


def digits(written: str) -> str:
    """Say each digit: 2026 is 二零二六."""
    return "".join(_DIGITS[int(digit)] for digit in written)
