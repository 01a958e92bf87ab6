from pathlib import Path

import pytest

from myna.engines.graphs.onnx_outline import read_inputs
from tests.unit.engines.cosyvoice.onnx_files import write_speaker_network, write_speech_tokenizer


def test_inputs_are_found_in_their_order(tmp_path: Path) -> None:
    write_speech_tokenizer(tmp_path / "tokenizer.onnx")
    assert read_inputs(tmp_path / "tokenizer.onnx") == ["mel", "length"]
    write_speaker_network(tmp_path / "speaker.onnx")
    assert read_inputs(tmp_path / "speaker.onnx") == ["bands"]


@pytest.mark.parametrize("length", [0, 1, 10, 100, -100, -1])
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "speaker.onnx"
    write_speaker_network(path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"beyond the end|within a number|0 graphs"):
        read_inputs(path)


@pytest.mark.parametrize("content", [b"<!DOCTYPE html>", b"version https://git", b"\xff" * 40])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"no field|no end|beyond the end|graphs"):
        read_inputs(path)
