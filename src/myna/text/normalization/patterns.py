"""How figures are written in several languages alike: pieces of verbose patterns for `rule`."""

from myna.text.normalization.rules import alternatives
from myna.text.normalization.units import CURRENCIES, LOOSE_UNITS, TIGHT_UNITS

NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
SIGNS_OF_MONEY = alternatives(symbol for symbol in CURRENCIES if not symbol.isalpha())
CODES_OF_MONEY = alternatives(symbol for symbol in CURRENCIES if symbol.isalpha())
UNIT = rf"(?:\ ?(?P<unit>{alternatives(LOOSE_UNITS)})|(?P<tight>{alternatives(TIGHT_UNITS)}))"

DATE = (
    r"(?<![\d.-])(?P<year>\d{4})(?P<mark>[-./])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)"
    r"(?![\d-]|[./]\d)"
)
"""2026-11-21, 2026.11.21, 2026/11/21."""

TIME = (
    r"(?<![\d:.])(?P<hour>\d\d?)[:：](?P<minute>\d\d)(?:[:：](?P<second>\d\d))?"
    r"(?:\ ?(?P<half>[AaPp]\.?[Mm]\.?(?![A-Za-z])))?(?![\d:]|\.\d)"
)
"""8:15, 08:15:30, 8:15 p.m."""

FRACTION = r"(?<![0-9A-Za-z/.])(?P<above>\d{1,3})/(?P<below>\d{1,3})(?![0-9A-Za-z/]|\.\d)"
RATIO = r"(?<![\d.:])(?P<above>\d+)\ ?[:：]\ ?(?P<below>\d+)(?![\d:：])"
VERSION = r"(?<![\d.])\d+(?:\.\d+){2,}(?!\d)"
