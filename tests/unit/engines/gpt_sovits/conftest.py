from pathlib import Path

import pytest

from myna.engines.gpt_sovits.sound.flow_matching import FlowMatching
from myna.engines.gpt_sovits.weights import read_sovits
from tests.unit.engines.gpt_sovits import tiny_checkpoints


@pytest.fixture(scope="session")
def matching(tmp_path_factory: pytest.TempPathFactory) -> FlowMatching:
    """The velocity field of a tiny v4 checkpoint; read-only."""
    path: Path = tmp_path_factory.mktemp("weights") / "s2.pth"
    tiny_checkpoints.write_sovits(path, "v4")
    return FlowMatching(read_sovits(path).tensors)
