"""Real servers for tests of storage: PostgreSQL on a socket of its own, and one that speaks S3."""

import os
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from myna.storage.bucket import BucketAddress

NOBODY = "postgres"  # as root the server has to run as somebody else: Debian's package makes them


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest of those installed."""
    on_path = shutil.which("initdb")
    if on_path and shutil.which("pg_ctl"):
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def postgres() -> Iterator[str]:
    """Run a cluster in a temporary folder and yield its URL; skip where there is no PostgreSQL."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL's initdb is not installed (Debian: postgresql)")
    as_user = _as_somebody()
    folder = Path(tempfile.mkdtemp(prefix="myna-postgres-"))  # a socket's path has to be short
    try:
        if as_user:
            shutil.chown(folder, NOBODY)
        data = folder / "data"
        _run([*as_user, f"{programs}/initdb", "-D", f"{data}", "-U", "myna", "-A", "trust", "-N"])
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=50"
        control = [*as_user, f"{programs}/pg_ctl", "-D", f"{data}", "-w"]
        _run([*control, "-o", options, "-l", f"{folder}/log", "start"])
        try:
            yield f"postgresql://myna@/postgres?host={folder}"
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_somebody() -> list[str]:
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL does not run as root, and there is no setpriv (util-linux)")
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def s3() -> Iterator[BucketAddress]:
    """Run moto's server and yield the address of a bucket on it.

    It speaks the protocol over a socket but checks no signature.
    """
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = BucketAddress("voices", f"http://{host}:{port}", "us-east-1", "key", "secret")
        make = urllib.request.Request(f"{address.endpoint}/{address.bucket}", method="PUT")
        urllib.request.urlopen(make).close()
        yield address
    finally:
        server.stop()
