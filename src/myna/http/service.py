"""Everything one server is made of."""

import hashlib
from pathlib import Path

from myna.core.engine import redrawn
from myna.core.voice import Voice
from myna.http.auth import Access
from myna.http.metrics import Metrics
from myna.http.rates import Rates
from myna.http.stage import Stage
from myna.settings import HttpSettings
from myna.storage.keys import KeyBook
from myna.storage.recent import Recent
from myna.studio.studio import Studio
from myna.studio.voices import CheckedVoice, Recording, check_recording

VOICES_KEPT = 64


class Service:
    """The parts that requests share."""

    def __init__(self, studio: Studio, settings: HttpSettings, keys: KeyBook | None) -> None:
        self.studio = studio
        self.settings = settings
        self.access = Access(settings, keys)
        self.rates = Rates(settings.rate)
        self.stage = Stage(settings)
        self.metrics = Metrics(self.stage, lambda: redrawn(studio.engine))
        self._checked: Recent[CheckedVoice] = Recent(VOICES_KEPT)
        self._sent: Recent[Voice] = Recent(VOICES_KEPT)

    def voice(self, owner: str, name: str) -> Voice:
        """Return a voice of the owner's library."""
        return self.studio.voices.of(owner).get(name)

    def clone(self, recording: Recording) -> CheckedVoice:
        """Make a voice of a recording, judged once for many requests."""
        source = recording.source
        content = source.read_bytes() if isinstance(source, Path) else source
        digest = hashlib.sha256(content)
        digest.update(repr((recording.transcript, recording.language)).encode())
        checked = self._checked.get(digest.hexdigest())
        if checked is None:
            checked = check_recording(self.studio, recording)
            self._checked.put(digest.hexdigest(), checked)
        return checked

    def keep(self, caller: str, voice: Voice) -> None:
        """Keep a voice a caller sent, for its next sentences; nobody else can name it."""
        self._sent.put(f"{caller} {voice.id}", voice)

    def kept(self, caller: str, voice_id: str) -> Voice | None:
        """Return a voice the caller sent, if it is still kept."""
        return self._sent.get(f"{caller} {voice_id}")
