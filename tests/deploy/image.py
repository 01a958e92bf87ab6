"""What a Dockerfile says, carried out on this machine without Docker.

A folder of the image, such as `/data`, is `ROOT/data` here. All stages share it, so what is copied
from one stage to the next is there already. The base image is this machine: its Python must be of
the version asked for. As root, commands run as the image's user; otherwise all is one user's.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.dockerfile import Instruction

IS_ROOT = os.geteuid() == 0
STEP_SECONDS = 3600
_READ_ONLY = """
set -e; mount --bind "$1" "$1"; mount -o remount,bind,ro /; mount -t tmpfs none /tmp
shift; exec "$@"
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where an image is carried out, and what that adds."""

    root: Path
    """The image's folders are below it."""
    context: Path
    """What is copied from, as in `docker build`."""
    port: int
    """Stands for the port the image exposes."""
    variables: Mapping[str, str] = field(default_factory=dict)
    is_read_only: bool = False
    """Whether nothing but volumes and /tmp can be written, as with `docker run --read-only`."""
    keeps_user: bool = False
    """Whether commands run as whoever runs this, not as the image's user."""


class Image:
    """An image as far as its instructions have been carried out."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._folders: list[str] = []
        self._variables: dict[str, str] = {}
        self._folder = str(machine.root)
        self._owner = ""
        self._volume = ""
        self._exposed = ""
        self._entry: list[str] = []
        self._command: list[str] = []
        self._check: list[str] = []

    def carry_out(self, instructions: Sequence[Instruction]) -> None:
        """Carry out instructions one by one, in order. Raises `ValueError` where one fails."""
        self._folders = _folders(instructions)
        steps: dict[str, Callable[[str], None]] = {
            "FROM": self._begin,
            "ARG": self._take_argument,
            "ENV": self._set_variables,
            "WORKDIR": self._go_to,
            "COPY": self._copy,
            "RUN": self._run,
            "USER": self._become,
            "VOLUME": self._keep_volume,
            "EXPOSE": self._keep_port,
            "HEALTHCHECK": self._keep_check,
            "ENTRYPOINT": self._keep_entry,
            "CMD": self._keep_command,
        }
        for instruction in instructions:
            steps[instruction.name](instruction.value)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start what the image starts, or its entry point with other arguments."""
        command = [*self._entry, *(arguments or self._command)]
        words = self._as_owner(command)
        if self._machine.is_read_only:
            words = ["unshare", "--mount", "sh", "-c", _READ_ONLY, "sh", self._volume, *words]
        return self._started(words)

    def is_well(self, seconds: float) -> bool:
        """Ask as the image is asked, again and again, until it is well or time is up."""
        check = [
            word.replace(f":{self._exposed}/", f":{self._machine.port}/") for word in self._check
        ]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with self._started(self._as_owner(check)) as asking:
                asking.communicate()
            if asking.returncode == 0:
                return True
            time.sleep(0.1)
        return False

    # ---- instructions ---------------------------------------------------------------------------

    def _begin(self, base: str) -> None:
        found = re.match(r"python:(\d+)\.(\d+)", base)
        if found is None or (int(found[1]), int(found[2])) != sys.version_info[:2]:
            raise ValueError(f"this machine is not {base}: use the Python named there")
        path = self._machine.root / "base"
        path.mkdir(exist_ok=True)
        if not (path / "python").exists():  # as the base image calls it
            (path / "python").symlink_to(Path(sys.base_prefix, "bin", "python3"))
        self._variables = {"PATH": f"{path}:{os.defpath}"}
        self._owner = ""

    def _take_argument(self, value: str) -> None:
        name, _, default = value.partition("=")
        self._variables[name] = default

    def _set_variables(self, value: str) -> None:
        for pair in shlex.split(value):
            name, _, given = pair.partition("=")
            self._variables[name] = self._here(given).replace("$PATH", self._variables["PATH"])

    def _go_to(self, folder: str) -> None:
        self._folder = self._here(folder)
        Path(self._folder).mkdir(parents=True, exist_ok=True)

    def _copy(self, value: str) -> None:
        if value.startswith("--from="):
            _, source, target = value.split()
            if source != target or not Path(self._here(source)).exists():
                raise ValueError(f"{source} was not made, or is to be called {target}")
            return
        *sources, target = value.split()
        for source in (self._machine.context / name for name in sources):
            there = Path(self._folder, target)
            if source.is_dir():
                shutil.copytree(
                    source, there, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
                )
            else:
                shutil.copy2(source, there)

    def _run(self, command: str) -> None:
        words = ["sh", "-e", "-c", self._here(command)]
        if not IS_ROOT:
            words = [re.sub(r" --(owner|group)=\d+", "", word) for word in words]
        with self._started(words) as running:
            _, told = running.communicate(timeout=STEP_SECONDS)
        if running.returncode != 0:
            raise ValueError(f"{command}\n{told}")

    def _become(self, owner: str) -> None:
        self._owner = owner

    def _keep_volume(self, folder: str) -> None:
        self._volume = self._here(folder)
        if not Path(self._volume).is_dir():
            raise ValueError(f"the volume {folder} has no folder")

    def _keep_port(self, port: str) -> None:
        self._exposed = port

    def _keep_check(self, value: str) -> None:
        self._check = json.loads(value.split("CMD ", 1)[1])

    def _keep_entry(self, value: str) -> None:
        self._entry = json.loads(value)

    def _keep_command(self, value: str) -> None:
        self._command = json.loads(value)

    # ---- processes ------------------------------------------------------------------------------

    def _here(self, text: str) -> str:
        """Return a text with the image's folders replaced by those of this machine."""
        for folder in self._folders:
            text = re.sub(rf"(?<![\w/.-]){folder}(?![\w-])", f"{self._machine.root}{folder}", text)
        return text

    def _as_owner(self, command: Sequence[str]) -> list[str]:
        if not IS_ROOT or self._machine.keeps_user:
            return list(command)
        user, group = self._owner.split(":")
        return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *command]

    def _started(self, command: Sequence[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self._folder,
            env={**self._variables, **self._machine.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def _folders(instructions: Sequence[Instruction]) -> list[str]:
    """Return the folders an image has of its own."""
    named = {i.value.split()[-1] for i in instructions if i.name in ("WORKDIR", "VOLUME", "COPY")}
    return sorted(folder for folder in named if folder.startswith("/"))
