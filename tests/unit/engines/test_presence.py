"""Folders that this process cannot look into."""

from pathlib import Path

from myna.engines.cosyvoice import files as cosyvoice
from myna.engines.gpt_sovits import files as gpt_sovits

UNSEEN = Path("x" * 300)  # no disk takes such a name: to look for it fails, as in a locked folder


def test_what_cannot_be_looked_for_is_missing() -> None:
    assert len(gpt_sovits.find_files(UNSEEN).missing) >= 3
    assert len(cosyvoice.find_files(UNSEEN).missing) >= 6
