"""Settings into parts: which engines, which library, which cache."""

from collections.abc import Iterable
from contextlib import suppress
from importlib import resources

from myna.core.engine import Engine
from myna.core.errors import VoiceExists
from myna.core.voice import Voice
from myna.dsp.codec import decode
from myna.engines.cached import CachedEngine
from myna.engines.catalog import (
    EngineNotFound,
    EngineStatus,
    cosyvoice_status,
    embedded_status,
    gpt_sovits_status,
)
from myna.engines.fallback import FallbackEngine
from myna.settings import Settings
from myna.storage.blobs import BlobFolder
from myna.storage.counts import CountBook
from myna.storage.database import open_database
from myna.storage.keys import KeyBook
from myna.storage.results import ResultFolder
from myna.storage.voices import NewVoice, VoiceLibrary
from myna.studio.engine_builders import (
    BUILDERS,
    cosyvoice_files,
    gpt_sovits_files,
    remote_engine,
)

DATABASE = "myna.db"
SAMPLE_NAME = "sample"
SAMPLE_TRANSCRIPT = (
    "A few seconds of clear speech are all that I need. Whatever you write, I will read it aloud "
    "in this voice, calmly and without hurry, by day or by night."
)


def build_engines(settings: Settings) -> dict[str, Engine]:
    """Build every engine the settings name, each behind the cache, in their order."""
    return {name: build_engine(name, settings) for name in settings.engines}


def build_engine(name: str, settings: Settings) -> Engine:
    """Build one engine, behind the cache. Raises `EngineNotFound`, or what it lacks."""
    if name in settings.remotes:
        engine: Engine = remote_engine(settings, name)
    elif name in BUILDERS:
        engine = BUILDERS[name](settings)
    else:
        raise EngineNotFound(name, settings.remotes)
    if not settings.cache.enabled:
        return engine
    return CachedEngine(engine, open_results(settings))


def open_results(settings: Settings) -> ResultFolder:
    """Open the cache of finished sentences."""
    return ResultFolder(settings.home / "results", settings.cache.max_bytes)


def chain(engines: Iterable[Engine]) -> Engine:
    """Return the engines as one that falls back from each to the next."""
    return FallbackEngine(tuple(engines))


def statuses(settings: Settings) -> list[EngineStatus]:
    """Look at every engine there is."""
    return [
        embedded_status(),
        gpt_sovits_status(gpt_sovits_files(settings).missing),
        cosyvoice_status(cosyvoice_files(settings).missing),
    ]


def open_library(settings: Settings) -> VoiceLibrary:
    """Open the voice library; a new one starts with the bundled sample voice."""
    path = settings.home / DATABASE
    is_new = not path.exists()
    library = VoiceLibrary(open_database(path), BlobFolder(settings.home / "blobs"))
    if is_new:
        given = (resources.files("myna.studio") / "sample" / "sample.flac").read_bytes()
        voice = Voice(decode(given), SAMPLE_TRANSCRIPT, "en")
        new = NewVoice(voice, given, ".flac", "synthetic (flite slt)", "free for any use")
        with suppress(VoiceExists):  # another process opened the new library too
            library.add(SAMPLE_NAME, new)
    return library


def open_keys(settings: Settings) -> KeyBook:
    """Open the server's API keys."""
    open_library(settings)  # whoever opens the database first also leaves the sample voice in it
    return KeyBook(open_database(settings.home / DATABASE))


def open_counts(settings: Settings) -> CountBook:
    """Open the counts behind `myna stats`."""
    open_library(settings)  # likewise
    return CountBook(open_database(settings.home / DATABASE))
