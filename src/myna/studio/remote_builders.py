"""Each kind of remote engine from its settings."""

from collections.abc import Callable, MutableMapping
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from myna.core.errors import SettingsError
from myna.engines.remote import clova
from myna.engines.remote.clova import ClovaEngine
from myna.engines.remote.gpt_sovits import API_V1, API_V2, GptSovitsServerEngine, Interface
from myna.engines.remote.myna import MynaEngine
from myna.engines.remote.openai import OpenAiEngine, OpenAiOptions
from myna.engines.remote.references import Share
from myna.engines.remote.transport import Address, Patience, Transport
from myna.engines.remote.voices import VoiceNames
from myna.settings import RemoteSettings
from myna.storage.blobs import BlobFolder
from myna.studio.engine_builders import RemoteEngine

Memory = MutableMapping[str, bytes]

READABLE = 0o644  # the server is somebody else


def build(name: str, own: RemoteSettings, memory: Memory) -> RemoteEngine:
    """Make the engine `name`. `memory` keeps what a server says of itself."""
    if own.url is None and own.kind != "clova":
        raise SettingsError(
            f"`remotes.{name}.url` is missing: set it to the server's address, such as "
            "http://server:8000."
        )
    transport = Transport(_address(name, own), _patience(own))
    return _BUILDERS[own.kind](transport, own, memory)


def _address(name: str, own: RemoteSettings) -> Address:
    url = own.url or clova.URL
    return Address(name, url, _headers(name, own), own.ca_file, own.proxy, own.identity)


def _headers(name: str, own: RemoteSettings) -> dict[str, str]:
    if own.kind == "clova":
        if own.key is None or own.key_id is None:
            raise SettingsError(
                f"`remotes.{name}` lacks `key_id` and `key`: Clova's client id and client secret."
            )
        return {clova.ID_HEADER: _plain(own.key_id), clova.KEY_HEADER: _plain(own.key)}
    return {"Authorization": f"Bearer {_plain(own.key)}"} if own.key else {}


def _plain(secret: SecretStr) -> str:
    return secret.get_secret_value()


def _patience(own: RemoteSettings) -> Patience:
    return Patience(own.connect_seconds, own.first_sound_seconds, own.stall_seconds, own.retries)


def _names(own: RemoteSettings) -> VoiceNames:
    return VoiceNames.of(own.voices, own.voice)


def _myna(transport: Transport, own: RemoteSettings, memory: Memory) -> RemoteEngine:
    return MynaEngine(transport, memory, own.revision)


def _gpt_sovits(
    interface: Interface, transport: Transport, own: RemoteSettings, _: Memory
) -> RemoteEngine:
    return GptSovitsServerEngine(transport, interface, _names(own), _share(own), own.revision)


def _openai(transport: Transport, own: RemoteSettings, _: Memory) -> RemoteEngine:
    return OpenAiEngine(transport, OpenAiOptions(own.model, _names(own), own.clones, own.revision))


def _clova(transport: Transport, own: RemoteSettings, _: Memory) -> RemoteEngine:
    return ClovaEngine(transport, _names(own), own.revision)


_BUILDERS: dict[str, Callable[[Transport, RemoteSettings, Memory], RemoteEngine]] = {
    "myna": _myna,
    "gpt-sovits-v2": partial(_gpt_sovits, API_V2),
    "gpt-sovits-v1": partial(_gpt_sovits, API_V1),
    "openai": _openai,
    "clova": _clova,
}


def _share(own: RemoteSettings) -> Share | None:
    """Return what puts recordings into the folder shared with the server, if there is one."""
    folder = own.reference_folder
    if folder is None:
        return None
    there = own.reference_path or str(folder)
    return partial(_put, folder, there.rstrip("/"))


def _put(folder: Path, there: str, content: bytes) -> str:
    key = BlobFolder(folder).put(content, prefix="myna", suffix=".wav")
    (folder / key).chmod(READABLE)
    return f"{there}/{key}"
