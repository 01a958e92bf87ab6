from collections.abc import Callable, Iterable

import pytest
import torch

from myna.core.errors import SynthesisFailed
from myna.engines.cosyvoice.text.text_feed import TextFeed
from myna.engines.cosyvoice.tokens.interleaving import END_OF_PROMPT
from myna.engines.cosyvoice.tokens.language_slots import turns_of
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.tokens.turns import Turn
from tests.unit.engines.cosyvoice.tiny_language_model import language_model

MARKS = language_model().marks
END, FILL = MARKS.end, MARKS.fill
TALK = 6000  # what is said: 6000, 6001, ...


def _written(turn: Turn) -> list[str]:
    """Write what a turn reads, one word per token: kind and number."""
    return [f"{part.table.value[0]}{token}" for part in turn.reads for token in part.tokens]


def _request(
    text: TextFeed | Iterable[int],
    prompt_text: Iterable[int] = (),
    prompt_speech: Iterable[int] = (),
    *,
    compatible: bool = False,
) -> SpeechTokenRequest:
    return SpeechTokenRequest(
        text if isinstance(text, TextFeed) else torch.tensor(list(text), dtype=torch.int64),
        torch.tensor(list(prompt_text), dtype=torch.int64),
        torch.tensor(list(prompt_speech), dtype=torch.int64),
        seed=0,
        compatible=compatible,
    )


def _feed(n_text: int) -> TextFeed:
    feed = TextFeed()
    feed.push(range(n_text))
    feed.end()
    return feed


def _played(
    request: SpeechTokenRequest, say: Callable[[int, Turn], int]
) -> tuple[list[str], list[int]]:
    """Return all that was read and all that was said; `say` answers the nth draw."""
    turns, read, said = turns_of(request, MARKS), list[str](), list[int]()
    token: int | None = None
    while True:
        try:
            turn = turns.send(token)
        except StopIteration:
            return read, said
        read += _written(turn)
        token = None
        if turn.draws:
            token = say(len(said), turn)
            assert request.compatible or token not in turn.forbidden
            said.append(token)


def _talk(count: int, turn: Turn) -> int:
    """Say what is allowed, and the end as soon as it is."""
    return TALK + count if END in turn.forbidden else END


def _speech(start: int, count: int) -> list[str]:
    return [f"s{TALK + index}" for index in range(start, start + count)]


def _text(start: int, count: int) -> list[str]:
    return [f"t{token}" for token in range(start, start + count)]


def test_whole_text_stands_before_the_task_and_the_prompts_speech_after_it() -> None:
    read, said = _played(_request([1, 2], [7], [40, 41]), _talk)
    assert read[:7] == ["m0", "t7", "t1", "t2", "m1", "s40", "s41"]
    assert read[7:] == _speech(0, 4)
    assert said == [6000, 6001, 6002, 6003, END]  # twice as many tokens at least


def test_speech_of_whole_text_is_bounded_and_only_the_end_ends_it() -> None:
    def never(count: int, turn: Turn) -> int:
        assert {6562, FILL} <= set(turn.forbidden)
        return TALK + count

    assert len(_played(_request([1, 2, 3]), never)[1]) == 60


def test_arriving_text_alternates_with_speech() -> None:
    read, said = _played(_request(_feed(12)), _talk)
    assert read == [
        *["m0", *_text(0, 5), *_speech(0, 15)],
        *[*_text(5, 5), *_speech(15, 15)],
        *[*_text(10, 2), "m1"],
    ]
    assert said == [*range(TALK, TALK + 30), END]


def test_the_prompt_is_laid_out_as_what_follows_it() -> None:
    prompt = range(100, 107), range(40)
    read, _ = _played(_request(_feed(12), *prompt), _talk)
    assert read[:57] == [
        *["m0", *_text(100, 5), *[f"s{token}" for token in range(15)]],
        *["t105", "t106", *_text(0, 3), *[f"s{token}" for token in range(15, 30)]],
        *[*_text(3, 5), *[f"s{token}" for token in range(30, 40)]],
        "s6000",
    ]
    assert read[57:] == [*_speech(1, 4), *_text(8, 4), "m1", *_speech(5, 19)]


def test_a_prompt_that_fills_its_blocks_is_followed_by_text() -> None:
    read, _ = _played(_request(_feed(9), range(100, 105), range(15)), _talk)
    assert read[20:32] == ["s14", *_text(0, 5), *_speech(0, 6)]


def test_no_prompt_speech_is_lost_where_there_is_little_text() -> None:
    read, _ = _played(_request(_feed(3), range(100, 104), range(40)), _talk)
    task = read.index("m1")
    assert read[task - 2 : task] == ["t1", "t2"]
    assert read[task + 1 : task + 26] == [f"s{token}" for token in range(15, 40)]
    assert read[6:21] == [f"s{token}" for token in range(15)]


@pytest.mark.parametrize("n_text", [1, 4, 5, 10, 11, 18])
def test_every_token_is_read_once_and_in_order(n_text: int) -> None:
    read, said = _played(_request(_feed(n_text)), _talk)
    spoken = [f"s{token}" for token in said if token not in (END, FILL)]
    assert [word for word in read if word.startswith("s")] == spoken
    assert [word for word in read if word.startswith("t")] == _text(0, n_text)


def test_a_fill_said_early_ends_its_block() -> None:
    def early(count: int, turn: Turn) -> int:
        return FILL if count == 4 else _talk(count, turn)

    read, said = _played(_request(_feed(10)), early)
    assert read[:11] == ["m0", *_text(0, 5), *_speech(0, 4), "t5"]
    assert said.index(END) == 4 + 1 + 15 + 1


def test_arriving_text_has_at_least_and_at_most_so_much_speech_over_the_whole_call() -> None:
    for n_text in (1, 2, 9, 13):
        assert len(_played(_request(_feed(n_text)), _talk)[1]) - 1 >= 2 * n_text
        endless = _played(_request(_feed(n_text)), lambda count, turn: TALK)[1]
        assert len(endless) == 20 * n_text


def test_no_text_says_nothing() -> None:
    assert _played(_request(_feed(0), [1, 2, 3], range(20)), _talk) == ([], [])


def test_instructions_stand_before_everything_that_is_said() -> None:
    prompt = [5, END_OF_PROMPT, 8, 9, 10]
    read, _ = _played(_request(_feed(6), prompt, range(10)), _talk)
    assert read[:8] == ["m0", "t5", f"t{END_OF_PROMPT}", "t8", "t9", "t10", "t0", "t1"]
    read, _ = _played(
        _request(_feed(6), [5, 6, 7]), _talk
    )  # nobody said it: not paired with speech
    assert read[:5] == ["m0", "t5", "t6", "t7", "t0"]
    assert read[9] == "s6000"


def test_a_call_waits_where_text_is_missing_and_only_there() -> None:
    feed = TextFeed()
    turns = turns_of(_request(feed), MARKS)
    assert turns.send(None).waits_for is not None
    feed.push([1, 2, 3])
    assert turns.send(None).waits_for is not None
    feed.push([4, 5, 6])
    assert _written(turns.send(None)) == ["m0", "t1", "t2", "t3", "t4", "t5"]
    for count in range(14):
        assert turns.send(TALK + count).waits_for is None
    assert turns.send(TALK + 14).waits_for is not None
    feed.end()
    assert _written(turns.send(None)) == ["s6014", "t6", "m1"]


def test_the_published_decoding_reads_a_token_twice_and_loses_prompt_speech() -> None:
    def fifteen(count: int, turn: Turn) -> int:
        return TALK + count if count < 15 else END

    read, _ = _played(_request(_feed(6), compatible=True), fifteen)
    assert read[20:24] == ["s6014", "s6014", "t5", "m1"]
    read, _ = _played(_request(_feed(3), [], range(40), compatible=True), lambda count, turn: END)
    assert read == ["m0", "t0", "t1", "t2", "m1"]


def test_the_published_decoding_fails_on_marks() -> None:
    with pytest.raises(SynthesisFailed, match="6562"):
        _played(_request(_feed(6), compatible=True), lambda count, turn: 6562)
