"""Every test of storage that asks for `database` or `blobs` runs with each kind there is."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from myna.storage.blobs import BlobFolder, BlobStore
from myna.storage.bucket import BlobBucket, BucketAddress
from myna.storage.database import close_connections
from tests.unit.storage.servers import postgres, s3

_numbers = count()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def s3_address() -> Iterator[BucketAddress]:
    with s3() as address:
        yield address


@pytest.fixture
def new_postgres(postgres_url: str) -> Iterator[str]:
    """Yield the URL of an empty schema."""
    name = f"test{next(_numbers)}"
    engine = sa.create_engine(sa.make_url(postgres_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    engine.dispose()
    yield f"{postgres_url}&options=-csearch_path%3D{name}"
    close_connections()


@pytest.fixture
def new_bucket(s3_address: BucketAddress) -> BucketAddress:
    """Return the address of an empty part of the bucket."""
    return replace(s3_address, prefix=f"test{next(_numbers)}")


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Return where to open a new database."""
    if request.param == "sqlite":
        return tmp_path / "myna.db"
    url: str = request.getfixturevalue("new_postgres")
    return url


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """Return an empty store of blobs."""
    if request.param == "folder":
        return BlobFolder(tmp_path / "blobs")
    return BlobBucket(request.getfixturevalue("new_bucket"))
