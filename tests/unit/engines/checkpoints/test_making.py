from pathlib import Path

import pytest

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.making import making

FILE = Path("a folder/weights.pth")


def test_files_are_blamed_by_name_for_what_goes_wrong_with_them() -> None:
    with (
        pytest.raises(WeightsMissing, match=r"'a folder/weights\.pth'.*sizes differ"),
        making(FILE),
    ):
        raise RuntimeError("sizes differ")


@pytest.mark.parametrize("error", [MemoryError("no room"), ImportError("no onnxruntime")])
def test_files_are_not_blamed_for_what_the_machine_lacks(error: Exception) -> None:
    with pytest.raises(type(error), match="no "), making(FILE):
        raise error
