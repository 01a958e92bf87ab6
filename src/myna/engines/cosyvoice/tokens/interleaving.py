"""Speech from text that is still arriving: five tokens of text, fifteen of speech, and so on.

One sequence holds the whole call: [start | 5 text | 15 speech | 5 text | 15 speech | ... | the
rest of the text | task | the rest of the speech] (Du et al. 2024, section 2.3). The model says
`fill` where the next text belongs. The prompt's text and speech are laid out in the same way
before, so speech begins when the text reaches as far as the prompt's speech does.

What the published code does otherwise is kept under `compatible`: it reads the last token twice
where text ends, loses prompt speech for which there was too little text, fails on marks that it
lets be drawn, has no bounds on the speech, and speaks instructions.
"""

from collections.abc import Generator, Sequence

from myna.core.errors import SynthesisFailed
from myna.engines.cosyvoice.text.text_feed import MoreText, TextFeed
from myna.engines.cosyvoice.tokens.language_model import Marks, Segment
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.tokens.turns import (
    Turn,
    Turns,
    bounds,
    closing_marks,
    is_speech,
    last_turn,
)

TEXT_IN_BLOCK = 5
SPEECH_IN_BLOCK = 15
END_OF_PROMPT = 151646  # <|endofprompt|>: between instructions and what is said


class _Interleaving:
    """The state of one call, used by its generator only."""

    def __init__(self, request: SpeechTokenRequest, feed: TextFeed, marks: Marks) -> None:
        self.request = request
        self.marks = marks
        self.feed = feed
        self.n_text = 0
        self.n_speech = 0
        prompt_text: list[int] = request.prompt_text.tolist()
        self.prompt_speech: list[int] = request.prompt_speech.tolist()
        instructions = _instructions(request, marks)
        self.text = prompt_text[instructions:]
        """What was not laid out yet."""
        self.reads = [marks.start]
        """What was laid out and not read yet."""
        if instructions:
            self.reads.append(Segment.text(prompt_text[:instructions]))
        self.said: list[int] = []
        begun = len(self.prompt_speech) % SPEECH_IN_BLOCK
        self.fill_at = SPEECH_IN_BLOCK - begun
        published_begun = len(self.reads) > 1 or len(self.prompt_speech) > 0
        self.at_border = not (published_begun if request.compatible else begun)
        """Whether a block of text comes next."""

    def turns(self) -> Turns:
        while (token := (yield from self.next_text())) is not None:
            self.text.append(token)
            self.lay_out_prompt()
            while self.can_speak():
                yield from self.block()
                if self.request.compatible:
                    break
        yield from self.rest()

    def next_text(self) -> Generator[Turn, int | None, int | None]:
        """Return the next token of the text, or None at its end."""
        while (token := self.feed.get(self.n_text)) is None:
            if self.feed.ended_at(self.n_text):
                return None
            yield Turn(waits_for=MoreText(self.feed, self.n_text))
        self.n_text += 1
        return token

    def lay_out_prompt(self) -> None:
        while self.prompt_speech and len(self.text) >= TEXT_IN_BLOCK:
            self.lay_out_text(TEXT_IN_BLOCK)
            self.reads.append(Segment.speech(self.prompt_speech[:SPEECH_IN_BLOCK]))
            del self.prompt_speech[:SPEECH_IN_BLOCK]

    def lay_out_text(self, count: int) -> None:
        self.reads.append(Segment.text(self.text[:count]))
        del self.text[:count]

    def can_speak(self) -> bool:
        return not self.prompt_speech and (not self.at_border or len(self.text) >= TEXT_IN_BLOCK)

    def block(self) -> Turns:
        """Say the speech up to the next fill."""
        if self.at_border:
            if self.request.compatible and self.said:
                self.reads.clear()  # read before, and kept only to be read again at the end
            self.lay_out_text(TEXT_IN_BLOCK)
        forbidden = self.marks_within()
        while len(self.said) < self.fill_at:
            more = self.fill_at - len(self.said) - 1
            token = yield Turn(self.reads, forbidden=forbidden, said=self.said, more=more)
            if token is None or token == self.marks.fill:
                self.border(read=True)
                return
            self.say(token)
        if self.request.compatible:
            yield Turn(self.reads, draws=False)
        self.border(read=False)

    def marks_within(self) -> Sequence[int]:
        if self.request.compatible:
            return (self.marks.masked_end,)
        return (*self.marks.unsayable, self.marks.end)

    def say(self, token: int) -> None:
        if not is_speech(token):
            raise SynthesisFailed(
                f"The model said the mark {token}, as the published code lets it. Speak without "
                "`compatible`."
            )
        self.said.append(token)
        self.n_speech += 1
        self.reads = [Segment.speech([token])]

    def border(self, *, read: bool) -> None:
        """Note that text comes next; `read` tells whether `reads` was read."""
        if read and not self.request.compatible:
            self.reads = []
        self.at_border = True
        self.said.append(self.marks.fill)
        self.fill_at = len(self.said) + SPEECH_IN_BLOCK

    def rest(self) -> Turns:
        """Read the rest of the text and say all that is left."""
        compatible = self.request.compatible
        least, most = bounds(self.request, self.n_text)
        self.reads += [Segment.text(self.text), self.marks.task]
        if not compatible:
            self.reads.append(Segment.speech(self.prompt_speech))
        rules = [
            closing_marks(self.marks, may_end=may, compatible=compatible) for may in (False, True)
        ]
        while compatible or self.n_speech < most:
            left = (0, 1) if compatible else (least - self.n_speech, most - self.n_speech)
            token = yield last_turn(self.reads, self.said, left, rules)
            if token is None or token == self.marks.end:
                return
            self.say(token)


def interleaved(request: SpeechTokenRequest, feed: TextFeed, marks: Marks) -> Turns:
    """Say text as it arrives. Text is taken token by token, so its pieces make no difference."""
    return _Interleaving(request, feed, marks).turns()


def _instructions(request: SpeechTokenRequest, marks: Marks) -> int:
    """Return how many tokens of the prompt's text are not said in the prompt's speech."""
    prompt_text: list[int] = request.prompt_text.tolist()
    if request.compatible and not marks.opens_with_instructions:
        return 0
    if not request.compatible and len(request.prompt_speech) == 0:
        return len(prompt_text)
    if END_OF_PROMPT in prompt_text:
        return prompt_text.index(END_OF_PROMPT) + 1
    return 0
