"""What the flow computed of the voices spoken with last, so that their next call begins sooner."""

import hashlib
import threading
from collections import OrderedDict

from myna.engines.cosyvoice.acoustic.flow import Flow
from myna.engines.cosyvoice.acoustic.mel_stream import MelStream
from myna.engines.cosyvoice.acoustic.request import FlowOptions, SpeechPrompt


class PreparedPrompts:
    """Keeps prompts' frames as `SpeechStream` can begin with them; threads may share it.

    What is kept is bounded: a second of a prompt takes 220 MB at full size with the usual
    options, half of that in bfloat16. The sound is the same with it and without.
    """

    def __init__(self, flow: Flow, most_bytes: int) -> None:
        """`most_bytes` are kept of all prompts together; those used longest ago go first."""
        self._flow = flow
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[bytes, FlowOptions], MelStream] = OrderedDict()
        self._lock = threading.Lock()

    def begun(self, prompt: SpeechPrompt, options: FlowOptions) -> MelStream:
        """Return a stream that prepared the prompt; a copy of it may be advanced, not itself."""
        key = (_digest(prompt), options)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        stream = MelStream(self._flow, prompt, options)
        stream.prepare()
        if self._flow.device.type == "cpu":
            stream = stream.copy(None)  # without the room that it had to grow: more than half
        with self._lock:
            if stream.bytes <= self._most_bytes:
                self._kept[key] = stream
            while sum(kept.bytes for kept in self._kept.values()) > self._most_bytes:
                self._kept.popitem(last=False)
        return stream


def _digest(prompt: SpeechPrompt) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for tensor in (prompt.tokens, prompt.mel, prompt.speaker_vector):
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.digest()
