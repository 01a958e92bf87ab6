"""The two published networks that listen to a reference: what is said, and who says it."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from myna.core.audio import Samples
from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.unpickling import read_header
from myna.engines.cosyvoice.spectrograms import speaker_bands, token_mel

TOKENS_PER_SECOND = 25


class SpeechTokenizer:
    """Sound to speech tokens, 25 a second (finite scalar quantisation, Mentzer et al. 2023)."""

    def __init__(self, path: Path) -> None:
        """Raises `WeightsMissing`."""
        self._network = _session(path, inputs=2)

    def __call__(self, samples: Samples) -> npt.NDArray[np.int64]:
        """Return the tokens of sound at 16 kHz: (tokens,), 0 to 6560."""
        features, length = (given.name for given in self._network.get_inputs())
        mel = token_mel(samples)[None]
        fed = {features: mel, length: np.array([mel.shape[2]], np.int32)}
        return np.asarray(self._network.run(None, fed)[0], np.int64).reshape(-1)


class SpeakerNetwork:
    """Sound to a vector of who speaks: CAM++ (Wang et al. 2023)."""

    def __init__(self, path: Path) -> None:
        """Raises `WeightsMissing`."""
        self._network = _session(path, inputs=1)

    def __call__(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Return the speaker vector of sound at 16 kHz: (192,)."""
        bands = self._network.get_inputs()[0].name
        fed = {bands: speaker_bands(samples)[None]}
        return np.asarray(self._network.run(None, fed)[0], np.float32).reshape(-1)


def _session(path: Path, inputs: int) -> onnxruntime.InferenceSession:
    read_header(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # errors only
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise WeightsMissing(
            f"{str(path)!r} is cut short, damaged or no ONNX network "
            f"({str(error).splitlines()[0][:200]}). Get the file again."
        ) from error
    if len(session.get_inputs()) != inputs:
        names = [given.name for given in session.get_inputs()]
        raise WeightsMissing(
            f"{str(path)!r} takes {names!r}, not {inputs} inputs: it is another network. Get the "
            "published file."
        )
    return session
