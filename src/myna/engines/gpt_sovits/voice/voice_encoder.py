"""The voice a SoVITS decoder speaks in, as one vector."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.errors import BadReference
from myna.engines.checkpoints.layers import Linear
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.voice.reference_encoder import ReferenceEncoder


class VoiceEncoder:
    """Makes one voice of reference spectrograms and, for the Pro versions, speaker vectors."""

    def __init__(self, tensors: Tensors) -> None:
        """`tensors` are a whole SoVITS checkpoint's."""
        self._reference = ReferenceEncoder(tensors.scope("ref_enc"))
        self._speaker: Linear | None = None
        if "sv_emb.weight" in tensors:
            self._speaker = Linear.of(tensors.scope("sv_emb"))
            self._slope = tensors["prelu.weight"]
            self._reduce = Linear.of(tensors.scope("ge_to512"))

    @property
    def hears_speaker(self) -> bool:
        """Whether a speaker vector belongs to every reference."""
        return self._speaker is not None

    def __call__(
        self, spectrograms: Sequence[Tensor], speaker_vectors: Sequence[Tensor] = ()
    ) -> Tensor:
        """Average the voices of the references: (1, gin, 1).

        spectrograms: (1, 1025, frames) each. speaker_vectors: (1, 20480) each, one per reference,
        for the Pro versions.
        """
        if not spectrograms:
            raise BadReference("A voice needs at least one reference recording.")
        voices = [self.heard(spectrogram) for spectrogram in spectrograms]
        if self._speaker is not None:
            voices = [
                F.prelu(voice + self._speaker(vector)[..., None], self._slope)
                for voice, vector in zip(voices, speaker_vectors, strict=True)
            ]
        return torch.stack(voices).mean(dim=0)

    def heard(self, spectrogram: Tensor) -> Tensor:
        """Return what the spectrogram alone says of a voice: (1, gin, 1)."""
        return self._reference(spectrogram)

    def for_text(self, voice: Tensor) -> Tensor:
        """Return the voice at the width the phonetic encoder takes: (1, 512, 1)."""
        if self._speaker is None:
            return voice
        return self._reduce(voice.transpose(1, 2)).transpose(1, 2)
