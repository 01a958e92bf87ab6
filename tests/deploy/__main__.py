"""Build and run the images of deploy/ on this machine, without Docker.

    python3 -m tests.deploy deploy/Dockerfile [deploy/Dockerfile.cuda]

Carries out every step of each file, in order, below a temporary folder; packages come from where
pip finds them, torch in whatever build that is. Then, as the image's user and with everything but
its volume read-only, makes a key, starts the server, asks its health check, and has it speak.
Needs root, for the other user; the Python that the files name, where other users can run it; and
nothing but its standard library.
"""

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.deploy.dockerfile import read
from tests.deploy.image import IS_ROOT, Image, Machine

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
OF_PIP = ("PIP_", "SSL_CERT_FILE", "http_proxy", "https_proxy")


def main() -> None:
    """Build and run each image that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dockerfiles", nargs="+", type=Path)
    given = parser.parse_args()
    if not IS_ROOT:
        parser.error("run it as root: the image's user is somebody else")
    for path in given.dockerfiles:
        with prefix() as root:
            try_out(path, root)


@contextlib.contextmanager
def prefix() -> Iterator[Path]:
    """Yield a folder for an image, which everybody may enter; not in /tmp, images have theirs."""
    folder = Path(tempfile.mkdtemp(prefix="myna-image-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def try_out(path: Path, root: Path) -> None:
    """Build an image and use it as the guide does. Raises where a step fails."""
    variables = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - for pip
        if name.startswith(OF_PIP)
    }
    port = free_port()
    variables["MYNA_HTTP__PORT"] = str(port)
    image = Image(Machine(root, ROOT, port, variables, is_read_only=True))
    began = time.monotonic()
    image.carry_out(read(path))
    size = sum(each.stat().st_size for each in (root / "opt").rglob("*") if each.is_file())
    tell(f"{path.name}: built in {time.monotonic() - began:.0f} s, {size / 1e6:.0f} MB in /opt")
    with image.start("keys", "add", "laptop", "--scope", "speak") as making:
        key, told = making.communicate()
    if making.returncode != 0:
        raise ValueError(f"no key was made: {told}")
    with serving(image):
        if not image.is_well(START_SECONDS):
            raise ValueError("the health check never said yes")
        tell(f"{path.name}: well; {spoken_bytes(port, key.strip())} bytes of speech")


@contextlib.contextmanager
def serving(image: Image) -> Iterator[subprocess.Popen[str]]:
    """Run the image's own command; show what it said where something fails."""
    with image.start() as server:
        try:
            yield server
        except BaseException:
            server.terminate()
            sys.stderr.write(server.communicate()[1])
            raise
        server.terminate()
        server.communicate()


def spoken_bytes(port: int, key: str) -> int:
    """Have the server say a sentence and return how long the answer is."""
    body = json.dumps({"text": "The kettle is on.", "voice": "sample"}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    asking = urllib.request.Request(f"http://127.0.0.1:{port}/v1/speech", body, headers)
    with urllib.request.urlopen(asking, timeout=60) as answer:
        return len(answer.read())


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def tell(line: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
