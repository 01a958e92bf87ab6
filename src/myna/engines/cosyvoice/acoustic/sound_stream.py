"""The sound of one call, made while its mel arrives."""

import torch
from torch import Tensor

from myna.engines.cosyvoice.acoustic.request import SAMPLES_PER_FRAME
from myna.engines.cosyvoice.acoustic.source import Place, cycles_after
from myna.engines.cosyvoice.acoustic.vocoder import Vocoder


class SoundStream:
    """Runs the vocoder on windows of a few frames, so that no chunk costs more than another.

    A window begins so far before its first new frame that nothing before could be heard in it,
    and its excitation goes on where the last one's stood: what comes out is what a single window
    over everything gives, but near the end of a chunk. There a causal vocoder's last frames wait
    for those they depend on. The other kind's last `overlap` frames are made twice, first without
    what follows, then with it, and the first is faded into the second.
    """

    def __init__(self, vocoder: Vocoder, overlap: int, seed: int) -> None:
        self._vocoder, self._seed = vocoder, seed
        self._overlap = vocoder.ahead if vocoder.causal else overlap
        self._place = Place()
        self._mel: Tensor | None = None  # frames from the place on
        self._pitch = torch.zeros(1, 0)  # of the first of these, decided once and for all
        self._given = 0  # frames whose sound was given
        self._early = torch.zeros(0)  # sound of the overlap, made without what follows
        self.frames_computed = 0
        """How many frames went through the vocoder so far."""

    @torch.inference_mode()
    def push(self, mel: Tensor, *, last: bool) -> Tensor:
        """Take frames (1, n_mels, T), give the sound that can be made: (samples,)."""
        self._mel = mel if self._mel is None else torch.cat([self._mel, mel], dim=2)
        end = self._place.frame + self._mel.shape[2]
        until = end if last else max(end - self._overlap, self._given)
        if until == self._given:
            return mel.new_zeros(0)
        pitch = self._heard()
        wave = self._wave(pitch)
        first = end - wave.shape[0] // SAMPLES_PER_FRAME
        start = (self._given - first) * SAMPLES_PER_FRAME
        stop = (until - first) * SAMPLES_PER_FRAME
        sound = self._joined(wave[start:stop])
        if not self._vocoder.causal:
            self._early = wave[stop:]
        self._given = until
        self._move(pitch, end)
        return sound

    def _heard(self) -> Tensor:
        """Return the pitch of the frames there are, the decided part as it was decided."""
        assert self._mel is not None
        pitch = self._vocoder.pitch(self._mel).to(torch.float32)
        return torch.cat([self._pitch.to(pitch), pitch[:, self._pitch.shape[1] :]], dim=1)

    def _wave(self, pitch: Tensor) -> Tensor:
        """Return the sound of the last frames, of all that are not given and those behind."""
        assert self._mel is not None
        frames = pitch.shape[1]
        self.frames_computed += frames
        source = self._vocoder.source
        noise = source.noise(self._place, frames, self._seed)
        excitation = source(pitch, noise, self._place)
        windows = self._vocoder.windows
        if windows is not None:
            unheard = max(self._given - self._vocoder.behind - self._place.frame, 0)
            wave = windows(self._mel, excitation, frames - unheard)
            if wave is not None:
                return wave
        return self._vocoder(self._mel, excitation)

    def _joined(self, sound: Tensor) -> Tensor:
        """Fade the end of the last window into this one; the two windows sum to one."""
        # What was made early is best at its beginning: the fade is over by the middle.
        length = min(sound.shape[0], (self._early.shape[0] + 1) // 2)
        if length == 0:
            return sound
        rise = torch.linspace(0, torch.pi / 2, length, device=sound.device).sin().square()
        faded = self._early[:length] * (1 - rise) + sound[:length] * rise
        return torch.cat([faded, sound[length:]])

    def _move(self, pitch: Tensor, end: int) -> None:
        """Let go of what no later frame depends on."""
        assert self._mel is not None
        spare = 0 if self._vocoder.windows is None else self._vocoder.windows.spare
        surplus = max(0, self._given - self._vocoder.behind - spare - self._place.frame)
        decided = max(self._given, end - self._vocoder.pitch.ahead) - self._place.frame
        self._place = cycles_after(self._place, pitch[:, :surplus]) if surplus else self._place
        self._mel = self._mel[:, :, surplus:].clone()
        self._pitch = pitch[:, surplus:decided]
