"""How long `import myna` takes and how large the core is on disk.

    python -m benchmarks.footprint

Import times are medians over fresh processes, beside that of numpy alone; the size is that of every
file of myna's dependencies, as installed, with and without the extra `embedded`.
"""

import re
import statistics
import subprocess
import sys
import time
from importlib import metadata

RUNS = 11
STATEMENTS = ("pass", "import numpy", "import myna", "from myna import Studio")


def main() -> None:
    """Measure and print both."""
    print("median of", RUNS, "fresh processes")
    times = {statement: seconds_of(statement) for statement in STATEMENTS}
    for statement, seconds in times.items():
        above = (seconds - times["pass"]) * 1000
        print(f"  {statement:26s} {above:7.0f} ms above an empty process")
    for extras in ((), ("embedded",)):
        names = requirements("myna", frozenset(extras))
        total = sum(size_of(name) for name in names)
        label = f"myna[{','.join(extras)}]" if extras else "myna"
        print(f"  {label:26s} {total / 1e6:7.0f} MB in {len(names)} packages")


def seconds_of(statement: str) -> float:
    """Return the median wall time of a process that runs one statement."""
    taken = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def requirements(name: str, extras: frozenset[str]) -> set[str]:
    """Return the packages a package needs, itself included, following only those installed."""
    found: set[str] = set()
    waiting = [(name, extras)]
    while waiting:
        package, wanted = waiting.pop()
        canonical = re.sub(r"[-_.]+", "-", package).lower()
        if canonical in found:
            continue
        found.add(canonical)
        for line in metadata.requires(package) or ():
            needed, _, marker = line.partition(";")
            of_extra = re.search(r"extra == ['\"]([\w-]+)['\"]", marker)
            if of_extra and of_extra[1] not in wanted:
                continue
            bare = re.match(r"[\w.-]+", needed.strip())
            if bare and is_installed(bare[0]):
                waiting.append((bare[0], frozenset()))
    return found


def is_installed(name: str) -> bool:
    """Whether a package is there: one for another platform or Python is not."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def size_of(name: str) -> int:
    """Return the bytes of a package's files."""
    total = 0
    for file in metadata.files(name) or ():
        path = file.locate()
        if path.is_file():  # type: ignore[attr-defined]  # a Path wherever packages are folders
            total += path.stat().st_size  # type: ignore[attr-defined]  # likewise
    return total


if __name__ == "__main__":
    main()
