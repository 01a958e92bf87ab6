"""The neural engine behind the server."""

import io
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.http.conftest import Running
from tests.unit.engines.gpt_sovits.tiny_engine import tiny_engine


@pytest.mark.parametrize(
    ("version", "rate"),
    [
        ("v1", 32000),
        ("v2", 32000),
        ("v2Pro", 32000),
        ("v2ProPlus", 32000),
        ("v3", 24000),
        ("v4", 48000),
    ],
)
def test_the_server_speaks_with_every_version(
    tmp_path: Path, serve: Callable[..., Running], version: str, rate: int
) -> None:
    server = serve(tiny_engine(tmp_path / "weights", version))
    answer = server.speak("Tea is ready, come along.", language="en", format="wav")
    assert answer.status_code == 200, answer.text
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert sound.getframerate() == rate
    assert len(answer.content) > 20000
