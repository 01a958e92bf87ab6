"""How large the extra `edge` is, and what it costs to start.

    python -m benchmarks.edge_install [--for aarch64]

Makes a virtual environment, installs `myna[edge]` from this folder with binary packages only, and
measures it: bytes on disk without pip, seconds and resident memory of processes that import, open a
Studio, and say a sentence. `--for` asks the package index, without downloading, whether every
package has a binary for Linux on another machine.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 7
PYTHONS = ("3.11", "3.13")  # of Raspberry Pi OS on Debian 12 and 13
GLIBCS = ("manylinux2014", "manylinux_2_17", "manylinux_2_27", "manylinux_2_28", "manylinux_2_31")

MEASURED = """
import json, resource, time
started = time.perf_counter()
{statement}
seconds = time.perf_counter() - started
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
SAY = """
from myna import SpeechRequest, Studio
studio = Studio.open()
list(studio.stream(SpeechRequest({text!r}, "sample")))
"""
STATEMENTS = {
    "an empty process": "pass",
    "import myna": "import myna",
    "from myna import Speaker, Studio": "from myna import Speaker, Studio",
    "Studio.open()": "from myna import Studio; Studio.open()",
    "one sentence, the voice learned before": SAY,
}


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--for", dest="machine", help="such as aarch64")
    machine = arguments.parse_args().machine
    if machine:
        for python in PYTHONS:
            tell_binaries(machine, python)
        return
    with tempfile.TemporaryDirectory() as folder:
        python_path = install(Path(folder) / "edge")
        tell_size(Path(folder) / "edge")
        print(f"medians of {RUNS} processes")
        for number, (name, statement) in enumerate(STATEMENTS.items()):
            if statement is SAY:
                measure(python_path, SAY.format(text="Once."), folder)
            runs = [
                measure(python_path, statement.format(text=f"This is sentence {run}."), folder)
                for run in range(RUNS)
            ]
            seconds, memory = (statistics.median(column) for column in zip(*runs, strict=True))
            print(f"  {number} {name:42s} {seconds * 1000:7.0f} ms {memory:6.0f} MB resident")


def install(folder: Path) -> Path:
    """Install the extra into a new environment and return its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    wheel = ["--only-binary", ":all:", "--quiet", "--disable-pip-version-check"]
    subprocess.run([python, "-m", "pip", "install", *wheel, f"{ROOT}[edge]"], check=True)
    return python


def tell_size(folder: Path) -> None:
    """Print how large an environment is without pip and setuptools."""
    (packages,) = folder.glob("lib/*/site-packages")
    sizes: dict[str, int] = {}
    for path in packages.rglob("*"):
        if path.is_file() and not path.is_symlink():
            top = path.relative_to(packages).parts[0]
            sizes[top] = sizes.get(top, 0) + path.stat().st_size
    kept = {
        name: size
        for name, size in sizes.items()
        if name.split("-")[0] not in ("pip", "setuptools", "_distutils_hack")
    }
    count = sum(name.endswith(".dist-info") for name in kept)
    print(f"{sum(kept.values()) / 1e6:.0f} MB in {count} packages, torch: {'torch' in sizes}")
    for name, size in sorted(kept.items(), key=lambda item: -item[1])[:8]:
        print(f"  {size / 1e6:6.1f} MB {name}")


def measure(python: Path, statement: str, home: str) -> tuple[float, float]:
    """Return seconds and megabytes of a process that runs a statement."""
    code = MEASURED.format(statement=statement)
    environment = {"MYNA_HOME": f"{home}/home", "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [python, "-c", code], env=environment, cwd=home, capture_output=True, text=True, check=True
    )
    seconds, memory = json.loads(done.stdout)
    return seconds, memory


def tell_binaries(machine: str, python: str) -> None:
    """Print whether every package of the extra has a binary for a machine."""
    platforms = [part for glibc in GLIBCS for part in ("--platform", f"{glibc}_{machine}")]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--dry-run", "--quiet", "--only-binary", ":all:", "--target", folder]
        command = [sys.executable, "-m", "pip", "install", *options, *platforms]
        asked = requirements()
        done = subprocess.run(
            [*command, "--python-version", python, "--report", report, *asked],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(f"Python {python}, {machine}: {done.stderr.strip().splitlines()[-1]}")
            return
        found = json.loads(report.read_text())["install"]
    print(f"Python {python}, {machine}: a binary for each of {len(found)} packages")


def requirements() -> list[str]:
    """Return what myna and its extra `edge` ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked: list[str] = project["dependencies"] + project["optional-dependencies"]["edge"]
    return asked


if __name__ == "__main__":
    main()
