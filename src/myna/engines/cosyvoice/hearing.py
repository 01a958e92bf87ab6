"""The two published networks that listen to a reference: what is said, and who says it.

They are large, and only new voices need them: see `WhenNeeded`.
"""

from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from myna.core.audio import Samples
from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.unpickling import read_header
from myna.engines.checkpoints.when_needed import KEPT_SECONDS, WhenNeeded
from myna.engines.cosyvoice.spectrograms import speaker_bands, token_mel
from myna.engines.graphs.onnx_outline import read_inputs

TOKENS_PER_SECOND = 25


class SpeechTokenizer:
    """Sound to speech tokens, 25 a second (finite scalar quantisation, Mentzer et al. 2023)."""

    def __init__(self, path: Path, kept_seconds: float | None = KEPT_SECONDS) -> None:
        """Raises `WeightsMissing`."""
        self._network = _network(path, 2, kept_seconds)

    def __call__(self, samples: Samples) -> npt.NDArray[np.int64]:
        """Return the tokens of sound at 16 kHz: (tokens,), 0 to 6560."""
        mel = token_mel(samples)[None]
        with self._network.held() as network:
            features, length = (given.name for given in network.get_inputs())
            fed = {features: mel, length: np.array([mel.shape[2]], np.int32)}
            return np.asarray(network.run(None, fed)[0], np.int64).reshape(-1)


class SpeakerNetwork:
    """Sound to a vector of who speaks: CAM++ (Wang et al. 2023)."""

    def __init__(self, path: Path, kept_seconds: float | None = KEPT_SECONDS) -> None:
        """Raises `WeightsMissing`."""
        self._network = _network(path, 1, kept_seconds)

    def __call__(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Return the speaker vector of sound at 16 kHz: (192,)."""
        bands = speaker_bands(samples)[None]
        with self._network.held() as network:
            fed = {network.get_inputs()[0].name: bands}
            return np.asarray(network.run(None, fed)[0], np.float32).reshape(-1)


def _network(
    path: Path, inputs: int, kept_seconds: float | None
) -> WhenNeeded[onnxruntime.InferenceSession]:
    """Return a network, of which only the outline is read now."""
    read_header(path)
    try:
        names = read_inputs(path)
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error
    if len(names) != inputs:
        raise WeightsMissing(
            f"{str(path)!r} takes {names!r}, not {inputs} inputs: it is another network. Get the "
            "published file."
        )
    return WhenNeeded(partial(_session, path), kept_seconds)


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # errors only
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> WeightsMissing:
    return WeightsMissing(
        f"{str(path)!r} is cut short, damaged or no ONNX network "
        f"({str(error).splitlines()[0][:200]}). Get the file again."
    )
