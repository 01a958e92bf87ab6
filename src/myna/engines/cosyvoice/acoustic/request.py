"""What a stretch of speech is made of, and how."""

from dataclasses import dataclass, field

from torch import Tensor

from myna.core.errors import BadReference, InvalidOption
from myna.core.playback import Playback

FRAMES_PER_TOKEN = 2
LOOK_AHEAD_TOKENS = 3
"""Tokens that must follow a token before its frames can be made."""
CHUNK_TOKENS = 25
"""Tokens that see each other, and all before, where sound is made while tokens arrive."""
CHUNK_FRAMES = FRAMES_PER_TOKEN * CHUNK_TOKENS
SAMPLES_PER_FRAME = 480
SAMPLE_RATE = 24_000


@dataclass(frozen=True, slots=True, eq=False)
class SpeechPrompt:
    """What is told of a voice; read-only, so calls may share it.

    A voice known by its vector alone has no tokens and no frames: shapes (0,) and (n_mels, 0).
    """

    tokens: Tensor  # (P,) int64: the reference's speech tokens
    mel: Tensor  # (n_mels, 2 P) float32: its log mel
    speaker_vector: Tensor  # (192,) float32, of any length: it is normalised

    def __post_init__(self) -> None:
        frames = FRAMES_PER_TOKEN * self.tokens.shape[0]
        if self.mel.shape[1] != frames:
            raise BadReference(
                f"The reference has {self.mel.shape[1]} frames for {self.tokens.shape[0]} speech "
                f"tokens, not {frames}: cut both to the shorter one."
            )


@dataclass(frozen=True, slots=True)
class Span:
    """The tokens an evaluation is about: those from `first` to `end` of all there are.

    `first` begins a chunk. Those of chunks that are complete will never be computed again.
    """

    first: int
    end: int

    @property
    def settling(self) -> int:
        """How many tokens belong to complete chunks."""
        return self.end // CHUNK_TOKENS * CHUNK_TOKENS - self.first

    @property
    def frames(self) -> slice:
        """Where their frames are among all."""
        return slice(FRAMES_PER_TOKEN * self.first, FRAMES_PER_TOKEN * self.end)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When sound is made while tokens still arrive: a property of a call, never of a model.

    The first chunk is made after `hop_tokens` new tokens and the three to look ahead; every next
    hop is `growth` times as long, up to `longest_hop_tokens`. The sound of the last
    `overlap_frames` of a chunk waits for the next, into which it is faded.
    """

    hop_tokens: int  # 25 a second
    overlap_frames: int  # 50 a second
    growth: float = 2.0
    longest_hop_tokens: int = 100

    def __post_init__(self) -> None:
        if self.hop_tokens < 1:
            raise InvalidOption("token_hop_len", self.hop_tokens, "choose 1 or more")
        if not 0 <= self.overlap_frames < FRAMES_PER_TOKEN * self.hop_tokens:
            remedy = f"choose 0 to {FRAMES_PER_TOKEN * self.hop_tokens - 1}, less than a chunk"
            raise InvalidOption("mel_cache_len", self.overlap_frames, remedy)
        if self.growth < 1:
            raise InvalidOption("growth", self.growth, "choose 1 or more")

    def hop_after(self, hop: int) -> int:
        """Return how many tokens the hop after one of `hop` tokens has."""
        return max(self.hop_tokens, min(self.longest_hop_tokens, int(hop * self.growth)))


SCHEDULES = {
    "realtime": Schedule(8, 4),
    "balanced": Schedule(15, 6),
    "quality": Schedule(25, 8),
}


@dataclass(frozen=True, slots=True)
class FlowOptions:
    """How the path from noise to mel is followed.

    What a chunk leaves behind for the next takes steps x (2 with guidance, else 1) rows of keys
    and values: at full size 0.22 MiB per frame and row, i.e. 4.4 MiB a frame with the defaults.
    `history_frames` bounds that: beside the prompt, only so many of the last frames are looked
    at. None looks at all of them, as the networks were trained.
    """

    steps: int = 10
    guidance: float = 0.7  # 0 makes it twice as fast
    history_frames: int | None = None

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InvalidOption("steps", self.steps, "choose 1 or more; 10 is usual")
        if self.guidance < 0:
            raise InvalidOption("guidance", self.guidance, "choose 0 or more; 0.7 is usual")


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """How a call is spoken."""

    flow: FlowOptions = FlowOptions()
    schedule: Schedule | None = None
    """None: nothing is made before the last token is there; every frame then sees all others."""
    speed: float = 1.0
    seed: int | None = None
    """None: the noise the published models were tried with; the source's is that of seed 0."""
    playback: Playback = field(default_factory=Playback, compare=False, repr=False)
    """How urgent it is."""

    def __post_init__(self) -> None:
        if not 0.25 <= self.speed <= 4:
            raise InvalidOption("speed", self.speed, "choose 0.25 to 4")
