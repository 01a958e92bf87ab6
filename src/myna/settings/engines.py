"""Settings of the engines, one section each."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from myna.settings.section import Section

DEVICE = r"^(auto|cpu|cuda(:[0-9]+)?)$"


class CosyVoiceSettings(Section):
    """The engine `cosyvoice`: where its files are and how it runs."""

    folder: Path | None = None
    """Published files of CosyVoice2 or Fun-CosyVoice3. Unset: `models/cosyvoice2` in `home`, or
    `models/cosyvoice3` where only that is there."""
    preset: Literal["realtime", "balanced", "quality"] = "balanced"
    """When sound is made while text arrives: after 8, 15 or 25 speech tokens, 25 a second."""
    runtime: Literal["fast", "exact"] = "fast"
    """Networks as fast as the processor can, or exactly as published."""
    device: str = Field(default="auto", pattern=DEVICE)
    """Where the networks are: `cpu`, `cuda`, `cuda:1`, …; `auto` is the first GPU, if any."""
    steps: int = Field(default=10, ge=1, le=128)
    """Steps from noise to speech, where a request does not say: time grows with them."""
    guidance: float | None = Field(default=None, ge=0, le=10)
    """How far flow matching goes beyond what it is told; 0 halves its time. Unset: the model's."""
    history_seconds: float = Field(default=5.0, gt=0)
    """How much of what was said a stream looks back on, beside the reference. A second takes 220
    megabytes for each stream, half of that in bfloat16."""
    prompt_megabytes: int = Field(default=2000, ge=0)
    """Memory for what was computed of the voices spoken with last."""
    slots: int = Field(default=8, gt=0)
    """How many texts are drawn at the same moment. One that waits to be written leaves its slot
    to another."""
    queue_length: int = Field(default=64, ge=0)
    """How many more may wait for a slot."""
    threads: int | None = Field(default=None, gt=0)
    """Processors for one computation. Unset: torch decides."""
    chunks: int = Field(default=1, gt=0)
    """Chunks of different streams that flow matching makes together. 1: the same bits in any
    company."""
    compatible: bool = False
    """Decode and stream as CosyVoice's own code does, with its defects."""
    keep_all: bool = False
    """Keep in memory what only new voices need. Else it is read for the first, and let go five
    minutes after the last."""


class GptSovitsSettings(Section):
    """The engine `gpt-sovits`: where its files are and how it runs."""

    folder: Path | None = None
    """Published files, or an installation of GPT-SoVITS. Unset: `models/gpt-sovits` in `home`."""
    semantic_weights: Path | None = None
    """Your own GPT weights (.ckpt), also as a path below `folder`. Unset: the published ones."""
    vits_weights: Path | None = None
    """Your own SoVITS weights (.pth), also as a path below `folder`. Unset: the published ones."""
    version: Literal["v1", "v2", "v2Pro", "v2ProPlus", "v3", "v4"] | None = None
    """Which published model to speak with. Unset: the best whose files are there."""
    slots: int = Field(default=8, gt=0)
    """How many sentences are drawn at the same moment."""
    queue_length: int = Field(default=64, ge=0)
    """How many more may wait for a slot."""
    runtime: Literal["fast", "exact"] = "fast"
    """Networks as fast as the processor can, or exactly as published."""
    device: str = Field(default="auto", pattern=DEVICE)
    """Where the networks are: `cpu`, `cuda`, `cuda:1`, …; `auto` is the first GPU, if any."""
    threads: int | None = Field(default=None, gt=0)
    """Processors for one computation. Unset: all but one."""
    windows: int = Field(default=1, gt=0)
    """Windows of different sentences made together, in v3 and v4, on a GPU also in v1 to v2ProPlus.

    1: the same bits in any company."""
    keep_all: bool = False
    """Keep in memory what only new voices and Chinese need. Else it is read for the first, and let
    go five minutes after the last. On a GPU it is kept anyway."""
