"""New words for a part of a recording, and what became of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Say `new_text` in place of the characters from `start` to `end` of a transcript.

    Offsets count Unicode code points. An empty span inserts, an empty new text deletes.
    """

    start: int
    end: int
    new_text: str


@dataclass(frozen=True, slots=True)
class EditedSpan:
    """Which samples an edit replaced, and by which.

    Samples before `start_sample` and from `end_sample` on are those of the input, bit for bit.
    The first and the last `margin_samples` of the span fade from the old sound to the new and
    back; only at the very ends of a recording there may be less to fade.
    """

    start_sample: int
    """In the input."""
    end_sample: int
    new_start_sample: int
    """In the output."""
    new_end_sample: int
    margin_samples: int
    old_text: str
    """Whole words: what the edit touched."""
    new_text: str
    take_scores: tuple[float, ...] = ()
    """How well each take fitted in, less being better; the best was used. None for a deletion."""


@dataclass(frozen=True, slots=True)
class EditReport:
    """Everything that was replaced in a recording, in order."""

    edits: tuple[EditedSpan, ...]
    sample_rate: int  # Hz, of the input and of the output
    engine: str
    """Who spoke the new words; empty where nothing had to be spoken."""
