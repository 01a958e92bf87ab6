import subprocess
import sys

import myna


def test_every_public_name_is_there_and_documented():
    assert myna.__all__ == sorted(myna.__all__)
    for name in myna.__all__:
        assert getattr(myna, name).__doc__, name


def test_nothing_else_is_offered():
    assert dir(myna) == sorted(myna.__all__)


def test_importing_myna_loads_nothing_heavy():
    heavy = ["torch", "fastapi", "ray", "sqlalchemy", "av", "pydantic", "typer", "espeakng_loader"]
    code = f"import sys, myna; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
