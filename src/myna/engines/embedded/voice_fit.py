"""What the embedded engine knows of a voice."""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.dsp.envelope import Cepstra
from myna.engines.embedded.mapping import Mapping, Means, Neighbours
from myna.espeak.render import SourceVoice


@dataclass(frozen=True, slots=True)
class VoiceFit:
    """A source voice, and how to turn its sound into the reference's."""

    source: SourceVoice
    source_pitch: npt.NDArray[np.float32]  # quantiles, log Hz
    target_pitch: npt.NDArray[np.float32]
    mapping: Mapping
    equalizer: Cepstra
    """Real cepstrum of the filter that brings the long-term spectrum to the reference's."""

    def to_bytes(self) -> bytes:
        """Pack for a cache; `from_bytes` undoes it."""
        means, near = self.mapping.means, self.mapping.neighbours
        buffer = io.BytesIO()
        np.savez(
            buffer,
            source=np.array([self.source.pitch_low, self.source.pitch_high, self.source.rate]),
            equalizer=self.equalizer,
            source_pitch=self.source_pitch,
            target_pitch=self.target_pitch,
            voice=means.voice,
            classes=means.classes,
            phones=means.phones,
            symbols=np.array(means.symbols, dtype=np.str_),
            centre=self.mapping.centre,
            spread=self.mapping.spread,
            regression=self.mapping.regression,
            contexts=near.contexts,
            residuals=near.residuals,
            near_phones=near.phones,
            near_kinds=near.kinds,
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, packed: bytes) -> "VoiceFit":
        """Unpack what `to_bytes` packed. Raises `ValueError` or `KeyError` for anything else."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
            low, high, rate = stored["source"]
            means = Means(
                stored["voice"],
                stored["classes"],
                stored["phones"],
                tuple(map(str, stored["symbols"])),
            )
            near = Neighbours(
                stored["contexts"], stored["residuals"], stored["near_phones"], stored["near_kinds"]
            )
            mapping = Mapping(means, stored["centre"], stored["spread"], stored["regression"], near)
            source = SourceVoice(float(low), float(high), int(rate))
            return cls(
                source,
                stored["source_pitch"],
                stored["target_pitch"],
                mapping,
                stored["equalizer"],
            )
