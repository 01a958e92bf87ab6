import numpy as np

from myna.engines.gpt_sovits.similarity_splice import spliced


def _speech(length: int) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(length)
    return np.convolve(noise, np.hanning(40), "same").astype(np.float32) * 0.05


def test_pieces_cut_from_one_sound_become_it_again() -> None:
    whole = _speech(5000)
    pieces = [whole[:2000], whole[1700 - 120 : 3600], whole[3300 - 7 :]]
    np.testing.assert_allclose(spliced(pieces, 300, 320), whole, atol=1e-5)


def test_one_piece_is_left_as_it_is() -> None:
    whole = _speech(1000)
    np.testing.assert_array_equal(spliced([whole], 200, 100), whole)


def test_silence_is_joined_without_a_fault() -> None:
    silence = np.zeros(1000, np.float32)
    assert not spliced([silence, silence], 200, 100).any()
