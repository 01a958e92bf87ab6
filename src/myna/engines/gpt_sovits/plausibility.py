"""Whether semantic tokens can be the words they are drawn for, by their number and their loops.

Published decoders sometimes drop words, never end, or say the same over and over.
"""

from collections.abc import Sequence

FEWEST_PER_PHONE = 0.6  # tokens: 40 phones per second; nobody speaks faster
MOST_PER_PHONE = 8.0  # tokens: 3 phones per second; slower is stretched or repeated
ALLOWANCE = 75  # tokens, 3 s: pauses, breath, a long last syllable
TYPICAL_PER_PHONE = 2.2
FEWEST_PHONES_JUDGED = 8  # below, a lengthened word explains any number
LOOP_PERIOD = 12  # tokens at most that repeat exactly
LOOP_LENGTH = 75  # tokens, 3 s of the same


def most_tokens(phones: int) -> int:
    """Return after how many tokens a sentence of so many phones has certainly run away."""
    return round(phones * MOST_PER_PHONE) + ALLOWANCE


def fault(tokens: Sequence[int], phones: int) -> str | None:
    """Return what is wrong with the tokens of a sentence, or None."""
    if phones >= FEWEST_PHONES_JUDGED and len(tokens) < phones * FEWEST_PER_PHONE:
        return "words are missing"
    if len(tokens) >= most_tokens(phones):
        return "it does not end"
    if _loops(tokens):
        return "it repeats itself"
    return None


def strangeness(tokens: Sequence[int], phones: int) -> float:
    """Return how far the number of tokens is from a usual pace: 0 is usual."""
    usual = max(1.0, phones * TYPICAL_PER_PHONE)
    pace = max(1, len(tokens)) / usual
    return max(pace, 1 / pace) - 1


def _loops(tokens: Sequence[int]) -> bool:
    return any(_longest_run(tokens, period) >= LOOP_LENGTH for period in range(1, LOOP_PERIOD + 1))


def _longest_run(tokens: Sequence[int], period: int) -> int:
    longest = run = 0
    for before, after in zip(tokens, tokens[period:], strict=False):
        run = run + 1 if before == after else 0
        longest = max(longest, run)
    return longest
