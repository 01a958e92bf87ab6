"""Whose voice it is."""

import hashlib
from dataclasses import dataclass, field

from myna.core.audio import Audio

HIGHEST_RATE = 48000  # Hz of a reference: no engine uses more


@dataclass(frozen=True, slots=True)
class Voice:
    """A few seconds of someone speaking, and the words they said.

    The id is a digest of the content, so a voice never changes behind its id: caches keyed by
    it need no invalidation. Names live in the voice library and may be pointed elsewhere.
    An empty transcript means that nobody wrote down what is said.
    """

    reference: Audio
    transcript: str
    language: str
    auxiliary: tuple[Audio, ...] = ()
    """More recordings, of this speaker or others: engines that can do it speak with the mean of
    all timbres, and with the pace and manner of the reference."""
    id: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.reference.pcm16())
        said = f"{self.reference.sample_rate}\0{self.language}\0{self.transcript}"
        digest.update(said.encode(errors="surrogatepass"))  # half a character is read by nobody
        for recording in self.auxiliary:
            digest.update(f"\0{recording.sample_rate}\0".encode() + recording.pcm16())
        object.__setattr__(self, "id", digest.hexdigest()[:32])


NO_VOICE = Voice(Audio.silence(0.0, 24000), "", "en")
"""Stands where a speaker of the engine's own speaks (`Options.speaker`)."""
