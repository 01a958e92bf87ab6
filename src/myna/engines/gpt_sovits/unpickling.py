"""Files written by `torch.save`: read where every neural engine finds it."""

from myna.engines.checkpoints.unpickling import (
    plain,
    read_header,
    read_pickled,
    tensors_among,
)

__all__ = ["plain", "read_header", "read_pickled", "tensors_among"]
