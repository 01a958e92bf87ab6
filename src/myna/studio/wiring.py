"""Settings into parts: which engines, which library, which cache."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from importlib import resources
from pathlib import Path

import sqlalchemy as sa

from myna.core.engine import Engine
from myna.core.errors import EngineError, SettingsError, VoiceExists
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
from myna.engines.remote.place import place_of
from myna.engines.resting import Probe
from myna.engines.resuming import ResumingEngine
from myna.settings import Settings
from myna.settings.engines import CosyVoiceSettings, GptSovitsSettings
from myna.storage.blobs import BlobFolder, BlobStore
from myna.storage.bucket import BlobBucket, BucketAddress
from myna.storage.counts import CountBook
from myna.storage.database import open_database
from myna.storage.keys import KeyBook
from myna.storage.moving import Place
from myna.storage.results import ResultFolder
from myna.storage.voices import NewVoice, VoiceLibrary
from myna.studio.engine_builders import (
    BUILDERS,
    cosyvoice_files,
    gpt_sovits_files,
    how_it_runs,
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


def chain(engines: Iterable[Engine], probes: Mapping[str, Probe] | None = None) -> Engine:
    """Return the engines as one that falls back from each to the next, in mid-sentence too."""
    made = tuple(engines)
    recalls = {engine.name: engine.recall for engine in made if isinstance(engine, CachedEngine)}
    return ResumingEngine(FallbackEngine(made, probes=probes, recalls=recalls))


def probes(settings: Settings) -> dict[str, Probe]:
    """Return what asks each server that is to speak how it is."""
    remotes = [name for name in settings.engines if name in settings.remotes]
    return {name: remote_engine(settings, name).check for name in remotes}


def statuses(settings: Settings) -> Iterator[EngineStatus]:
    """Look at every engine there is: those of this machine first, then all servers at once."""
    yield embedded_status()
    own = settings.gpt_sovits
    status = gpt_sovits_status(gpt_sovits_files(settings).missing, own.version)
    yield _with_device(status, settings, own)
    status = cosyvoice_status(cosyvoice_files(settings).missing)
    yield _with_device(status, settings, settings.cosyvoice)
    if settings.remotes:
        with ThreadPoolExecutor(len(settings.remotes)) as looking:
            yield from looking.map(lambda name: _remote_status(settings, name), settings.remotes)


def _with_device(
    status: EngineStatus, settings: Settings, own: GptSovitsSettings | CosyVoiceSettings
) -> EngineStatus:
    """Add what the networks would run on; torch is asked only where a setting names the engine."""
    if not status.ready or status.name not in settings.engines:
        return status
    try:
        return replace(status, runs=how_it_runs(own, status.name.replace("-", "_")))
    except SettingsError as error:
        remedy = str(error)
    except (ImportError, OSError, RuntimeError) as error:  # torch is damaged, or a GPU's driver
        remedy = f"torch cannot be used: {' '.join(str(error).split())}"
    return replace(status, ready=False, remedy=remedy)


def _remote_status(settings: Settings, name: str) -> EngineStatus:
    own = settings.remotes[name]
    summary = f"{own.kind} at {place_of(own.url)}" if own.url else own.kind
    try:
        remote_engine(settings, name).check()
    except (EngineError, SettingsError) as error:
        return EngineStatus(name, summary, False, str(error))
    return EngineStatus(name, summary, True)


def open_library(settings: Settings) -> VoiceLibrary:
    """Open the voice library; a new one starts with the bundled sample voice."""
    return VoiceLibrary(_database(settings), _blobs(settings))


def open_keys(settings: Settings) -> KeyBook:
    """Open the server's API keys."""
    return KeyBook(_database(settings))


def open_counts(settings: Settings) -> CountBook:
    """Open the counts behind `myna stats`."""
    return CountBook(_database(settings))


def open_place(settings: Settings) -> Place:
    """Open where all that must not be lost is; a new one is made, without the sample voice."""
    return Place(open_database(_location(settings)), _blobs(settings))


def is_same_place(one: Settings, other: Settings) -> bool:
    """Whether both name the same database and the same recordings."""
    ours, theirs = (
        (_location(each), each.s3, None if each.s3.bucket else each.home) for each in (one, other)
    )
    return ours == theirs


def _database(settings: Settings) -> sa.Engine:
    return open_database(
        _location(settings), lambda new: _add_sample(VoiceLibrary(new, _blobs(settings)))
    )


def _location(settings: Settings) -> Path | str:
    url = settings.database_url
    return settings.home / DATABASE if url is None else url.get_secret_value()


def _blobs(settings: Settings) -> BlobStore:
    own = settings.s3
    if own.bucket is None:
        return BlobFolder(settings.home / "blobs")
    secret = own.secret_access_key
    return BlobBucket(
        BucketAddress(
            bucket=own.bucket,
            endpoint=own.endpoint,
            region=own.region,
            access_key_id=own.access_key_id,
            secret_access_key=None if secret is None else secret.get_secret_value(),
            prefix=own.prefix,
        )
    )


def _add_sample(library: VoiceLibrary) -> None:
    given = (resources.files("myna.studio") / "sample" / "sample.flac").read_bytes()
    voice = Voice(decode(given), SAMPLE_TRANSCRIPT, "en")
    new = NewVoice(voice, given, ".flac", "synthetic (flite slt)", "free for any use")
    with suppress(VoiceExists):  # somebody has named a voice of theirs so in the meantime
        library.add(SAMPLE_NAME, new)
