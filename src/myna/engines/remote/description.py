"""What another Myna says of itself: what it speaks, and what would make it sound different."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from myna.core.engine import Capabilities
from myna.core.languages import LANGUAGES

USUAL_RATE = 24000  # Hz, until the server has told its own


@dataclass(frozen=True, slots=True)
class Description:
    """The chain of engines behind a server."""

    fingerprint: str = ""
    """Empty: the server was never reached, or is too old to tell."""
    languages: tuple[str, ...] = LANGUAGES
    sample_rate: int = USUAL_RATE
    clones: bool = True
    times_words: bool = False
    speakers: tuple[str, ...] = ()

    @property
    def capabilities(self) -> Capabilities:
        """What it promises."""
        return Capabilities(
            frozenset(self.languages),
            self.sample_rate,
            self.clones,
            self.times_words,
            speakers=frozenset(self.speakers),
        )

    def packed(self) -> bytes:
        """Pack for storage."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def unpacked(cls, content: bytes) -> "Description":
        """Read what was packed, or what a server sent. Raises `ValueError`."""
        try:
            told: Any = json.loads(content)  # Any: this is the wire
            chain = told.get("chain", told)
            rate = int(chain.get("sample_rate", USUAL_RATE))
            if rate <= 0:
                raise ValueError(f"not a sample rate: {rate}")
            return cls(
                str(chain.get("fingerprint", "")),
                tuple(code for code in chain.get("languages", LANGUAGES) if code in LANGUAGES),
                rate,
                bool(chain.get("clones", True)),
                bool(chain.get("times_words", False)),
                tuple(str(name) for name in chain.get("speakers", ())),
            )
        except (AttributeError, TypeError, OverflowError, RecursionError):
            raise ValueError("not a description") from None
