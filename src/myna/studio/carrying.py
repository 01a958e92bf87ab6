"""The cache of one machine, taken to another that may never have seen its servers."""

import logging
from typing import IO

from myna.core.errors import StorageError
from myna.engines.remote.description import Description
from myna.engines.remote.fingerprints import description_key, hearsay_key
from myna.settings import Settings
from myna.storage.archives import Carried, export_results, import_results
from myna.studio.engine_builders import open_memory
from myna.studio.wiring import open_results

logger = logging.getLogger(__name__)


def export_cache(settings: Settings, file: IO[bytes]) -> Carried:
    """Write every cached sentence, and what each remote Myna last said of itself, to one file."""
    memory = open_memory(settings)
    servers = [own.identity or own.url for own in settings.remotes.values() if own.kind == "myna"]
    keys = [description_key(each) for each in servers if each]
    told = {key: memory.get(key) or memory.get(hearsay_key(key)) for key in keys}
    remembered = {key: content for key, content in told.items() if content}
    return export_results(open_results(settings), file, remembered)


def import_cache(settings: Settings, file: IO[bytes]) -> Carried:
    """Take over what another machine exported; all of it or, if damaged, nothing.

    What it says of a server counts only while that server has said nothing to this machine; what is
    no description of one is left out. Raises `BadArchive`, `StorageError`.
    """
    carried = import_results(open_results(settings), file)
    memory = open_memory(settings)
    for key, content in carried.remembered.items():
        try:
            Description.unpacked(content)
        except ValueError as error:
            logger.warning("what the archive says of a server is left out (%s): %s", key, error)
            continue
        memory[hearsay_key(key)] = content
        if memory.get(hearsay_key(key)) != content:
            raise StorageError(
                "The sentences were imported, but not what their servers said of themselves. Free "
                "some space and import the archive again."
            )
    return carried
