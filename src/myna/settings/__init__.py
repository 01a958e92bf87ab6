"""The one place that reads the environment and myna.toml."""

from myna.settings.http import HttpSettings
from myna.settings.load import FILE_NAME, PREFIX, Settings, default_home
from myna.settings.playback import PlaybackSettings
from myna.settings.remotes import RemoteSettings
from myna.settings.storage import CacheSettings, LimitSettings, S3Settings

__all__ = [
    "FILE_NAME",
    "PREFIX",
    "CacheSettings",
    "HttpSettings",
    "LimitSettings",
    "PlaybackSettings",
    "RemoteSettings",
    "S3Settings",
    "Settings",
    "default_home",
]
