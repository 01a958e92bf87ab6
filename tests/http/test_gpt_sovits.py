"""The neural engine behind the server."""

import io
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.http.conftest import Running
from tests.unit.engines.gpt_sovits.tiny_engine import tiny_engine


@pytest.mark.parametrize("version", ["v1", "v2", "v2Pro", "v2ProPlus"])
def test_the_server_speaks_with_every_version(
    tmp_path: Path, serve: Callable[..., Running], version: str
) -> None:
    server = serve(tiny_engine(tmp_path / "weights", version))
    answer = server.speak("Tea is ready, come along.", language="en", format="wav")
    assert answer.status_code == 200, answer.text
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert sound.getframerate() == 32000
    assert len(answer.content) > 20000
