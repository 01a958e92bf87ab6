import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from myna.core.errors import SettingsError, StorageError
from myna.settings import Settings
from myna.storage.bucket import BucketAddress
from myna.storage.database import migrations_seen, open_database
from myna.studio.wiring import open_counts, open_keys, open_library


def applied(engine: sa.Engine) -> list[int]:
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT number FROM migrations ORDER BY number"))
        return [number for (number,) in found]


def test_migrations_run_once_and_a_new_database_is_filled_once(place: Path | str):
    filled: list[sa.Engine] = []
    for _ in range(2):
        engine = open_database(place, filled.append)
        assert applied(engine) == [1, 2, 3]
        assert {"voices", "api_keys", "counts"} <= set(sa.inspect(engine).get_table_names())
        engine.dispose()
    assert len(filled) == 1


def test_many_open_a_new_database_at_once_and_one_fills_it(place: Path | str):
    filled: list[sa.Engine] = []
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(lambda _: open_database(place, filled.append), range(4)))
    assert [applied(engine) for engine in engines] == [[1, 2, 3]] * 4
    assert len(filled) == 1
    for engine in engines:
        engine.dispose()


def test_a_database_that_could_not_be_filled_is_filled_by_the_next(place: Path | str):
    """As on a disk that was full the first time, or after Ctrl-C."""
    filled: list[sa.Engine] = []

    def fail(_: sa.Engine) -> None:
        raise StorageError("no room")

    with pytest.raises(StorageError, match="no room"):
        open_database(place, fail)
    for _ in range(2):
        engine = open_database(place, filled.append)
        engine.dispose()
    assert len(filled) == 1
    assert migrations_seen(engine) == {1, 2, 3}


def test_a_file_that_is_no_database_says_where_and_what_to_do(tmp_path: Path):
    (tmp_path / "myna.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StorageError, match="MYNA_HOME"):
        open_database(tmp_path / "myna.db")


@pytest.mark.parametrize("name", ["what?", "a%20b", "c#d", "할머니 e&f"])
def test_a_database_may_lie_in_any_folder(tmp_path: Path, name: str):
    open_database(tmp_path / name / "myna.db").dispose()
    assert (tmp_path / name / "myna.db").is_file()


def test_a_database_that_is_damaged_meanwhile_is_a_storage_error(tmp_path: Path):
    engine = open_database(tmp_path / "myna.db")
    engine.dispose()
    (tmp_path / "myna.db-wal").unlink(missing_ok=True)
    (tmp_path / "myna.db").write_bytes(b"this is not a database" * 1000)
    with pytest.raises(StorageError, match="database failed"), engine.connect():
        pass


def test_a_server_that_is_not_there_is_named_without_the_password():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(StorageError, match=rf"{port}.*database_url") as raised:
        open_database(f"postgresql://myna:hush@127.0.0.1:{port}/myna")
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize("url", ["mysql://host/myna", "myna.db", "postgresql"])
def test_a_url_of_something_else_is_refused_without_showing_it(url: str):
    with pytest.raises(SettingsError, match="postgresql://"):
        open_database(url)


def test_a_server_that_went_away_is_a_storage_error(new_postgres: str):
    engine = open_database(new_postgres)
    with pytest.raises(StorageError, match="database failed"), engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    with engine.connect() as connection:  # and comes back by itself
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1
    engine.dispose()


def test_servers_share_voices_keys_and_counts(
    new_postgres: str, new_bucket: BucketAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MYNA_DATABASE_URL", new_postgres)
    for name in ("bucket", "endpoint", "region", "access_key_id", "secret_access_key", "prefix"):
        monkeypatch.setenv(f"MYNA_S3__{name.upper()}", str(getattr(new_bucket, name)))
    one, other = (Settings(home=tmp_path / name) for name in ("one", "other"))
    key, _ = open_keys(one).add("laptop", [])
    open_library(one).rename("sample", "우리")
    open_counts(one).add({"served": 2})
    said = subprocess.run(
        [sys.executable, "-m", "myna", "say", "Tea is ready.", "--voice", "우리", "-o", "tea.wav"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert [record.name for record in open_library(other).list()] == ["우리"]
    assert open_library(other).get("우리").id == open_library(one).get("우리").id
    assert [found.id for found in open_keys(other).list()] == [key.id]
    assert open_counts(other).of_last(1)["served"] == 3
    assert not list((tmp_path / "home").glob("myna.db"))
    assert not (tmp_path / "home" / "blobs").exists()
