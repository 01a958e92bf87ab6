import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.engines.gpt_sovits.tokens.sequence_rows import SequenceRows

LAYERS, HEADS, WIDTH = 2, 3, 4
EVENTS = st.lists(
    st.tuples(st.sampled_from(["enter", "leave", "grow"]), st.integers(0, 5), st.integers(1, 90)),
    max_size=30,
)


def _written(rows: SequenceRows, slot: int, first: int, values: torch.Tensor) -> None:
    """Write positions (layers, 2, heads, positions, width) of a sequence."""
    row = rows.slots.index(slot)
    for layer, pair in enumerate(rows.layers):
        for kind, tensor in enumerate(pair):
            tensor[row, :, first : first + values.shape[3]] = values[layer, kind].numpy()


@settings(max_examples=60, deadline=None)
@given(EVENTS)
def test_every_sequence_keeps_what_was_written_and_nothing_else_whatever_the_others_do(
    events: list[tuple[str, int, int]],
) -> None:
    rows, expected = SequenceRows(LAYERS, HEADS, WIDTH), dict[int, torch.Tensor]()
    for what, slot, count in events:
        if what == "enter" and slot not in expected:
            rows.enter(slot, count, 0, count + 7)
            expected[slot] = torch.rand(LAYERS, 2, HEADS, count, WIDTH)
            _written(rows, slot, 0, expected[slot])
        elif what == "leave":
            rows.leave(slot)
            expected.pop(slot, None)
        elif slot in expected:
            for _ in range(count):
                rows.make_room()
                new = torch.rand(LAYERS, 2, HEADS, 1, WIDTH)
                _written(rows, slot, expected[slot].shape[3], new)
                expected[slot] = torch.cat([expected[slot], new], dim=3)
                rows.lengths[rows.slots.index(slot)] += 1
        assert sorted(rows.slots) == sorted(expected)
        for held, written in expected.items():
            row, length = rows.slots.index(held), written.shape[3]
            assert rows.lengths[row] == length
            found = [
                [torch.from_numpy(part[row, :, :length]) for part in pair] for pair in rows.layers
            ]
            assert torch.equal(torch.stack([torch.stack(pair) for pair in found]), written)
            assert not any(part[row, :, length:].any() for pair in rows.layers for part in pair)


def test_rows_lie_close_together_and_are_given_back() -> None:
    rows = SequenceRows(LAYERS, HEADS, WIDTH)
    rows.enter(0, 300, 0, 2000)
    rows.enter(1, 20, 0, 100)
    assert rows.layers[0][0].shape == (2, HEADS, 320, WIDTH)
    rows.leave(0)
    assert rows.layers[0][0].shape == (2, HEADS, 32, WIDTH)
    rows.leave(1)
    assert not rows.layers
