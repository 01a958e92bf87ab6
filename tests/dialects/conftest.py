"""A server that speaks every language in tones, with the recordings that records name."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from myna.core.engine import Capabilities, Engine
from myna.core.languages import LANGUAGES
from myna.settings import HttpSettings, Settings
from myna.studio.studio import Studio
from myna.studio.wiring import open_library
from tests.dialects.records import Record, load
from tests.dialects.serving import make_references
from tests.http.conftest import Running, running
from tests.unit.engines.doubles import HeedfulEngine

DATA = Path(__file__).parent / "data"
RECORDS = [
    record for name in ("gpt_sovits_v2", "gpt_sovits_v1") for record in load(DATA / f"{name}.json")
]
CLIENTS: dict[str, Any] = {
    client["id"]: client for client in json.loads((DATA / "clients.json").read_text("utf-8"))
}


class Polyglot(HeedfulEngine):
    """Says each character as a tone, in any language."""

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = Capabilities(frozenset(LANGUAGES), 16000)


@pytest.fixture
def references(tmp_path: Path) -> Path:
    """A directory with every recording that the records name."""
    folder = tmp_path / "references"
    folder.mkdir()
    make_references(folder, {path for record in RECORDS for path in record.reference_paths})
    return folder


@pytest.fixture
def sovits(settings: Settings, references: Path) -> Iterator[Callable[..., Running]]:
    """Return what starts a server that finds the recordings, with `http` settings by keyword."""
    with ExitStack() as stack:

        def start(engine: Engine | None = None, **http: object) -> Running:
            known = {"reference_directory": references, "rate": "1000000/minute"}
            chosen = HttpSettings.model_validate(known | http)
            studio = Studio(engine or Polyglot(), open_library(settings))
            return stack.enter_context(running(studio, chosen, settings))

        yield start


def records_of(prefix: str) -> list[Record]:
    """Return the records whose ids begin so."""
    return [record for record in RECORDS if record.id.startswith(prefix)]
