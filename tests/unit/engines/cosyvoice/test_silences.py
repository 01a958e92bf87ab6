from myna.engines.cosyvoice.silences import Silences
from myna.engines.cosyvoice.version import Version

DRAWN = [7, *[1, 2, 28] * 4, 9, 2241, 8]


def test_a_long_silence_of_version_3_is_cut_short() -> None:
    silences = Silences(Version.COSYVOICE3)
    assert list(silences.shortened(DRAWN)) == [7, 1, 2, 28, 1, 2, 9, 2241, 8]


def test_other_versions_are_heard_as_drawn() -> None:
    assert list(Silences(Version.COSYVOICE2).shortened(DRAWN)) == DRAWN
