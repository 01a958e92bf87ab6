"""The language model as a scheduler steps it: one call per slot.

    scheduler = Scheduler(LanguageModelSlots(model, slots=8), slots=8, queue_length=64)
    with closing(scheduler.tokens(SpeechTokenRequest(...))) as tokens:
        for token in tokens: ...   # 0 to 6560, each as soon as it is drawn

A call whose text is a `TextFeed` holds its slot while it waits for text; nothing is computed then.
An error of the feed, or of this call alone, is raised from the generator; other calls go on.
"""

from collections.abc import Sequence

from myna.engines.cosyvoice.language_model import LanguageModel
from myna.engines.cosyvoice.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.text_feed import MoreText

CAPACITY = 4096  # positions of text and speech a call may fill: about two minutes


class LanguageModelSlots:
    """Holds the calls; the network itself is read-only."""

    def __init__(self, model: LanguageModel, *, slots: int = 8, capacity: int = CAPACITY) -> None:
        self._model = model

    def admit(self, slot: int, request: SpeechTokenRequest) -> None:
        """Take up a call. Raises `TextTooLong`."""
        raise NotImplementedError

    def step(self, slots: Sequence[int]) -> list[int | MoreText | Exception | None]:
        """Return each call's next token, what it waits for, its error, or None at its end."""
        raise NotImplementedError

    def release(self, slot: int) -> None:
        """Forget the call, if there is one."""
        raise NotImplementedError
