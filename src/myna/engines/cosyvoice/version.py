"""The published generations of the model."""

from enum import StrEnum


class Version(StrEnum):
    """Which generation a checkpoint is of."""

    COSYVOICE2 = "cosyvoice2"
    COSYVOICE3 = "cosyvoice3"
