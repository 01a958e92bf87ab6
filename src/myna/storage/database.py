"""The database and its numbered migrations."""

from importlib import resources
from pathlib import Path

import sqlalchemy as sa

from myna.core.errors import StorageError

_APPLIED = "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY)"
BUSY_TIMEOUT = 30.0  # seconds to wait for another process's write


def open_database(path: Path) -> sa.Engine:
    """Open the SQLite database at `path`, made and migrated if need be.

    Several processes may open it at once; one migrates, the others wait for it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT})
        sa.event.listen(engine, "connect", _prepare_connection)
        sa.event.listen(engine, "begin", _begin)
        migrate(engine)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise StorageError(
            f"The database {str(path)!r} cannot be opened: {_reason(error)}. Check that the "
            "directory can be written, or set MYNA_HOME to another one."
        ) from error
    return engine


def migrate(engine: sa.Engine) -> None:
    """Apply every migration the database has not seen, each once, in order."""
    with engine.begin() as connection:
        connection.exec_driver_sql(_APPLIED)
        seen = {
            number for (number,) in connection.execute(sa.text("SELECT number FROM migrations"))
        }
        for number, script in _migrations():
            if number not in seen:
                for statement in script.split(";\n"):
                    if statement.strip():
                        connection.exec_driver_sql(statement)
                connection.execute(sa.text("INSERT INTO migrations VALUES (:n)"), {"n": number})


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


def _reason(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    return str(original) or type(original).__name__
