"""The tensors of a checkpoint: kept where every neural engine finds them."""

from myna.engines.checkpoints.tensors import Tensors, fold_weight_norm

__all__ = ["Tensors", "fold_weight_norm"]
