"""Settings of the engines, one section each."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from myna.settings.section import Section


class GptSovitsSettings(Section):
    """The engine `gpt-sovits`: where its files are and how it runs."""

    folder: Path | None = None
    """Published files, or an installation of GPT-SoVITS. Unset: `models/gpt-sovits` in `home`."""
    semantic_weights: Path | None = None
    """Your own GPT weights (.ckpt). Unset: the published ones."""
    vits_weights: Path | None = None
    """Your own SoVITS weights (.pth). Unset: the published ones."""
    version: Literal["v1", "v2", "v2Pro", "v2ProPlus", "v3", "v4"] | None = None
    """Which published model to speak with. Unset: the best whose files are there."""
    slots: int = Field(default=8, gt=0)
    """How many sentences are drawn at the same moment."""
    queue_length: int = Field(default=64, ge=0)
    """How many more may wait for a slot."""
    runtime: Literal["fast", "exact"] = "fast"
    """Networks as fast as the processor can, or exactly as published."""
    threads: int | None = Field(default=None, gt=0)
    """Processors for one computation. Unset: all but one."""
    windows: int = Field(default=1, gt=0)
    """v3 and v4: windows of different sentences made together. 1: the same bits in any company."""
