"""Matching frames of two sayings."""

import numpy as np

from myna.engines.embedded.warping import matched_frames


def test_a_stretched_saying_is_matched_with_the_original() -> None:
    draw = np.random.default_rng(6)
    anchors = draw.standard_normal((20, 36)).astype(np.float32)
    slow, fast = np.repeat(anchors, 20, axis=0), np.repeat(anchors, 12, axis=0)
    of_slow, of_fast = matched_frames(slow, fast)
    assert np.mean(np.abs(of_slow // 20 - of_fast // 12)) < 0.1


def test_the_path_is_monotone_and_runs_from_end_to_end() -> None:
    draw = np.random.default_rng(7)
    one, two = (draw.standard_normal((length, 36)).astype(np.float32) for length in (90, 140))
    first, second = matched_frames(one, two)
    assert np.all(np.diff(first[::2]) >= 0)
    assert np.all(np.diff(second[::2]) >= 0)
    assert (first[0], second[0]) == (0, 0)
    assert (first[-1], second[-1]) == (89, 139)


def test_the_level_and_tilt_of_a_recording_do_not_matter() -> None:
    draw = np.random.default_rng(8)
    frames = np.repeat(draw.standard_normal((15, 36)), 10, axis=0).astype(np.float32)
    other = frames + draw.standard_normal(36).astype(np.float32)
    first, second = matched_frames(frames, other)
    assert np.array_equal(first, second)


def test_a_single_frame_is_matched_with_a_single_frame() -> None:
    one = np.zeros((1, 36), np.float32)
    first, second = matched_frames(one, one)
    assert (list(first), list(second)) == ([0], [0])
