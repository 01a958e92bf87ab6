"""The database and its numbered migrations: SQLite in a file, or PostgreSQL."""

import atexit
import threading
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import sqlalchemy as sa

from myna.core.errors import PackageMissing, SettingsError, StorageError

MIGRATIONS = "migrations"
"""The table of the numbers of those that a database has seen."""
_APPLIED = f"CREATE TABLE IF NOT EXISTS {MIGRATIONS} (number INTEGER PRIMARY KEY)"
_UNFILLED = 0
"""Stands among the numbers until a new database has been filled."""
_SEE = sa.text(f"INSERT INTO {MIGRATIONS} VALUES (:n)")
_SEE_FILLED = sa.text(f"DELETE FROM {MIGRATIONS} WHERE number = {_UNFILLED}")
_filling = threading.Lock()  # in other processes it may be filled twice, which does no harm
BUSY_TIMEOUT = 30.0  # seconds to wait for another process's write
CONNECT_TIMEOUT = 5  # seconds for a connection to PostgreSQL
POSTGRES = "postgresql"

_LOCK = 0x6D796E61  # PostgreSQL's advisory locks are numbers; this one is ours


def open_database(
    place: Path | str, fill: Callable[[sa.Engine], None] = lambda _: None
) -> sa.Engine:
    """Open the SQLite database at a path or PostgreSQL at a URL, made and migrated if need be.

    Several processes may open it at once; one migrates, the others wait for it. `fill` is called
    when the tables are new, and again by the next who opens it where it failed or was cut short.
    """
    try:
        engine = _sqlite(place) if isinstance(place, Path) else _postgres(place)
        migrate(engine)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise StorageError(
            f"The database {_shown(place)!r} cannot be opened: {_reason(error)}. {_remedy(place)}"
        ) from error
    sa.event.listen(engine, "handle_error", _tell)
    with _filling:
        if _UNFILLED in _read_seen(engine):
            fill(engine)
            with engine.begin() as connection:
                connection.execute(_SEE_FILLED)
    return engine


def migrate(engine: sa.Engine) -> None:
    """Apply every migration the database has not seen, each once; mark a new one as not filled."""
    with engine.begin() as connection:
        lock(connection)
        connection.exec_driver_sql(_APPLIED)
        seen = _seen(connection)
        if not seen:
            connection.execute(_SEE, {"n": _UNFILLED})
        for number, script in _migrations():
            if number not in seen:
                for statement in script.split(";\n"):
                    if statement.strip():
                        connection.exec_driver_sql(statement)
                connection.execute(_SEE, {"n": number})


def migrations_seen(engine: sa.Engine) -> set[int]:
    """Return the numbers of all migrations that were applied, also those of newer versions."""
    return _read_seen(engine) - {_UNFILLED}


def own_tables() -> set[str]:
    """Return the names of the tables that the migrations make."""
    blank = sa.create_engine("sqlite://")
    try:
        migrate(blank)
        return set(sa.inspect(blank).get_table_names())
    finally:
        blank.dispose()


def lock(connection: sa.Connection) -> None:
    """Let no other process past its own call until this transaction ends.

    On SQLite every transaction already keeps the others out.
    """
    if connection.dialect.name == POSTGRES:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def _sqlite(path: Path) -> sa.Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    url = sa.URL.create("sqlite", database=str(path))  # a path may hold what a URL may not
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT})
    sa.event.listen(engine, "connect", _prepare_connection)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _postgres(url: str) -> sa.Engine:
    if not url.startswith(("postgresql://", "postgres://")):
        raise SettingsError(
            "The setting `database_url` begins with postgresql://. Without it SQLite is used."
        )
    with _pools_lock:
        if url not in _pools:
            try:
                _pools[url] = sa.create_engine(
                    sa.make_url(url).set(drivername="postgresql+psycopg"),
                    pool_pre_ping=True,
                    connect_args={"connect_timeout": CONNECT_TIMEOUT},
                )
            except ImportError:
                raise PackageMissing("PostgreSQL", "postgres") from None
        return _pools[url]


_pools: dict[str, sa.Engine] = {}
"""Connections to each PostgreSQL: those of a process, whoever in it opens the database."""
_pools_lock = threading.Lock()


@atexit.register
def close_connections() -> None:
    """Close every idle connection to PostgreSQL. Later use opens new ones."""
    with _pools_lock:
        while _pools:
            _pools.popitem()[1].dispose()


def _read_seen(engine: sa.Engine) -> set[int]:
    with engine.connect() as connection:
        return _seen(connection)


def _seen(connection: sa.Connection) -> set[int]:
    return set(connection.execute(sa.text(f"SELECT number FROM {MIGRATIONS}")).scalars())


def _migrations() -> list[tuple[int, str]]:
    folder = resources.files("myna.storage") / "migrations"
    scripts = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda e: e.name
    )
    return [(int(entry.name.split("_")[0]), entry.read_text("utf-8")) for entry in scripts]


def _prepare_connection(connection: sa.engine.interfaces.DBAPIConnection, _: object) -> None:
    connection.isolation_level = None  # `_begin` says when a transaction begins
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    # Take the write lock at once: a reader that turns writer half-way cannot wait, only fail.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


_OF_THE_MACHINE = (sa.exc.OperationalError, sa.exc.InterfaceError)


def _tell(context: sa.engine.ExceptionContext) -> None:
    """Raise what only the machine can be blamed for as a `StorageError`."""
    error = context.sqlalchemy_exception
    if isinstance(error, _OF_THE_MACHINE) or type(error) is sa.exc.DatabaseError:  # a damaged file
        raise StorageError(
            f"The database failed: {_reason(error)}. Check that it runs and that its disk has room."
        ) from error


def _shown(place: Path | str) -> str:
    """Return where a database is, without its password."""
    return str(place) if isinstance(place, Path) else repr(sa.make_url(place))


def _remedy(place: Path | str) -> str:
    if isinstance(place, Path):
        return (
            "Check that the directory can be written and its disk has room, or set MYNA_HOME to "
            "another one."
        )
    return "Check that the server runs, and the setting `database_url`."


def _reason(error: BaseException) -> str:
    original = getattr(error, "orig", None) or error
    return " ".join(str(original).split()).rstrip(".") or type(original).__name__
