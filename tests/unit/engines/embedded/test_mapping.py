"""Learning a difference that is known."""

import numpy as np

from myna.dsp.envelope import ORDERS
from myna.engines.embedded.analysis import CLASSES, PAUSE, Labels
from myna.engines.embedded.mapping import CONTEXT, Pairs, learn_mapping, learn_means
from myna.espeak.phones import PhoneClass

SYMBOLS = ("", "a", "i", "n", "s")
KINDS = np.array(
    [PAUSE, 0, 0, CLASSES.index(PhoneClass.NASAL), CLASSES.index(PhoneClass.FRICATIVE)]
)


def labels(frames: int) -> Labels:
    phones = np.repeat(np.arange(frames // 40 + 1) % len(SYMBOLS), 40)[:frames]
    return Labels(SYMBOLS, phones, KINDS[phones])


def world(frames: int = 800) -> tuple[np.ndarray, Labels, np.ndarray]:
    """Source frames and a true difference that depends on the phone and the frame."""
    draw = np.random.default_rng(9)
    named = labels(frames)
    of_phone = draw.standard_normal((len(SYMBOLS), ORDERS))
    source = draw.standard_normal((len(SYMBOLS), ORDERS))[named.phones]
    source = (source + 0.3 * draw.standard_normal((frames, ORDERS))).astype(np.float32)
    truth = (of_phone[named.phones] - 0.4 * source).astype(np.float32)
    return source, named, truth


def pairs_of(truth: np.ndarray, named: Labels) -> Pairs:
    speech = np.flatnonzero(named.kinds != PAUSE)
    return Pairs(speech, truth[speech])


def test_means_come_close_to_the_difference_of_each_phone() -> None:
    _, named, truth = world()
    means = learn_means(pairs_of(truth, named), named)
    frames = np.flatnonzero(named.phones == 2)
    found = means.at(named, frames)[0]
    assert np.abs(found - truth[frames].mean(axis=0)).mean() < 0.15


def test_the_mapping_leaves_less_than_the_means() -> None:
    source, named, truth = world()
    pairs = pairs_of(truth, named)
    inner = np.flatnonzero((named.kinds != PAUSE) & (np.arange(len(source)) % 40 > 12))
    inner = inner[inner % 40 < 28]
    mapping = learn_mapping(pairs, named, source)
    left = np.abs(mapping.difference(source, named)[inner] - truth[inner]).mean()
    assert left < 0.75 * np.abs(truth[inner]).mean()


def test_an_unknown_phone_backs_off_to_its_class() -> None:
    _, named, truth = world()
    means = learn_means(pairs_of(truth, named), named)
    foreign = Labels(("", "ø"), np.array([1]), np.array([0]))
    expected = means.voice + means.classes[0]
    np.testing.assert_allclose(means.at(foreign, np.array([0]))[0], expected, rtol=1e-6)


def test_the_difference_is_local_so_blocks_equal_the_whole() -> None:
    source, named, truth = world()
    mapping = learn_mapping(pairs_of(truth, named), named, source)
    whole = mapping.difference(source, named)
    first, last = 317, 423
    near = slice(first - CONTEXT, last + CONTEXT)
    block = Labels(named.symbols, named.phones[near], named.kinds[near])
    part = mapping.difference(source[near], block)[CONTEXT:-CONTEXT]
    np.testing.assert_allclose(part, whole[first:last], atol=1e-4)


def test_nothing_learned_changes_nothing() -> None:
    source, named, _ = world(80)
    nothing = Pairs(np.zeros(0, np.intp), np.zeros((0, ORDERS), np.float32))
    assert not learn_mapping(nothing, named, source).difference(source, named).any()
