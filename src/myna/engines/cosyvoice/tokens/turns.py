"""What a call wants of the language model, turn by turn.

A call is a generator of turns: it yields what is to be read, is sent the token that was drawn, and
ends when nothing is left to say. So all state of a call lies in a generator's frame.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from torch import Tensor

from myna.engines.cosyvoice.text.text_feed import MoreText
from myna.engines.cosyvoice.tokens.language_model import N_SPEECH_TOKENS, Marks, Segment
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """One thing to do for a call: wait, or read and then draw."""

    reads: Sequence[Segment] = ()
    draws: bool = True
    """Whether a token is drawn after reading; it is sent back."""
    forbidden: Sequence[int] = ()
    """What must not be drawn."""
    more: int = 0
    """How many more tokens are drawn in the same way, each after the one before it was read, as
    long as none is a mark. The turns in which they are can be foreseen, so a decoder may do so."""
    early: int = 0
    """For how many of all these draws `forbidden` holds, where it does not for all."""
    forbidden_later: Sequence[int] | None = None
    """What must not be drawn in the others; None: the same."""
    said: Sequence[int] = ()
    """What was drawn before, fills included."""
    waits_for: MoreText | None = None
    """Where nothing can be read before more text is there."""

    @property
    def n_reads(self) -> int:
        """How many tokens are read."""
        return sum(len(segment.tokens) for segment in self.reads)


Turns = Generator[Turn, int | None]


def is_speech(token: int) -> bool:
    """Whether a drawn token is part of the speech, not a mark."""
    return token < N_SPEECH_TOKENS


def whole_text(request: SpeechTokenRequest, text: Tensor, marks: Marks) -> Turns:
    """Read all text, say all of it: [start | prompt text, text | task | prompt speech | speech]."""
    reads: tuple[Segment, ...] = (
        marks.start,
        Segment.text([*request.prompt_text.tolist(), *text.tolist()]),
        marks.task,
        Segment.speech(request.prompt_speech.tolist()),
    )
    least, most = bounds(request, len(text))
    rules = [
        closing_marks(marks, may_end=may, compatible=request.compatible) for may in (False, True)
    ]
    said: list[int] = []
    while len(said) < most:
        token = yield last_turn(reads, said, (least - len(said), most - len(said)), rules)
        if token is None or not is_speech(token):
            return
        said.append(token)
        reads = (Segment.speech([token]),)


def last_turn(
    reads: Sequence[Segment],
    said: Sequence[int],
    left: tuple[int, int],
    rules: Sequence[Sequence[int]],
) -> Turn:
    """Return a turn once all text was read.

    left: how many tokens are said at least and at most from here on. rules: what must not be drawn
    before the least are said, and then.
    """
    least, most = max(0, left[0]), left[1]
    before, after = rules
    if not least:
        return Turn(reads, forbidden=after, said=said, more=most - 1)
    return Turn(reads, True, before, most - 1, least, after, said)


def bounds(request: SpeechTokenRequest, n_text: int) -> tuple[int, int]:
    """Return how many speech tokens so many tokens of text have at least and at most."""
    return int(request.least_ratio * n_text), int(request.most_ratio * n_text)


def closing_marks(marks: Marks, *, may_end: bool, compatible: bool) -> tuple[int, ...]:
    """Return what must not be drawn once all text was read.

    The published code lets every mark be drawn and takes it for the end, or fails.
    """
    if compatible:
        return () if may_end else (marks.masked_end,)
    forbidden = (*marks.unsayable, marks.fill)
    return forbidden if may_end else (*forbidden, marks.end)
