"""A convolution over the next few tokens, so that all that follows can do without them."""

import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.past import EncoderPast
from myna.engines.cosyvoice.acoustic.request import (
    FRAMES_PER_TOKEN,
    LOOK_AHEAD_TOKENS,
    Span,
)

_REACH = 2  # tokens the second convolution looks back


class LookAhead:
    """Adds to every token what the next three and the two before tell of it."""

    def __init__(self, tensors: Tensors) -> None:
        self._ahead = (tensors["conv1.weight"], tensors["conv1.bias"])
        self._back = (tensors["conv2.weight"], tensors["conv2.bias"])

    def __call__(self, embedded: Tensor, span: Span) -> Tensor:
        """Map tokens (1, N, channels), all there are, to those of a span: (1, n, channels).

        Where fewer than three tokens follow the span, nothing does.
        """
        start = max(0, span.first - _REACH)
        behind = embedded[:, start : span.end + LOOK_AHEAD_TOKENS].transpose(1, 2)
        missing = max(0, span.end + LOOK_AHEAD_TOKENS - embedded.shape[1])
        hidden = F.leaky_relu(F.conv1d(F.pad(behind, (0, missing)), *self._ahead))
        hidden = F.pad(hidden, (_REACH - (span.first - start), 0))
        back = F.conv1d(hidden, *self._back).transpose(1, 2)
        return embedded[:, span.first : span.end] + back


class RepeatingEncoder:
    """CosyVoice3's: nothing but the look ahead, every token's outcome twice; read-only."""

    def __init__(self, tensors: Tensors) -> None:
        """`tensors` are those under `pre_lookahead_layer`."""
        self._look_ahead = LookAhead(tensors)

    def past(self) -> EncoderPast | None:
        """Return the past of a call that has not begun: nothing is remembered."""
        return None

    def __call__(self, embedded: Tensor, span: Span, past: EncoderPast | None) -> Tensor:
        """Map tokens (1, N, n_mels), all there are, to the span's conditions (1, n_mels, F)."""
        conditions = self._look_ahead(embedded, span).transpose(1, 2)
        return conditions.repeat_interleave(FRAMES_PER_TOKEN, dim=2)
