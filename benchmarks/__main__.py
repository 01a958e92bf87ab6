"""What `docs/benchmarks.md` reports that needs neither weights nor a browser.

    python -m benchmarks FOLDER

FOLDER holds recordings and `transcripts.tsv`: file, language, transcript, separated by tabs.
"""

import subprocess
import sys

PARTS = ("footprint", "embedded", "alignment", "editing", "load", "faults", "replay")
NEED_NO_FOLDER = {"faults", "footprint", "load", "replay"}


def main() -> None:
    """Run each benchmark in a process of its own, one after another."""
    folder = sys.argv[1:2]
    for part in PARTS:
        if not folder and part not in NEED_NO_FOLDER:
            print(f"\n== {part}: left out, it needs FOLDER")
            continue
        print(f"\n== {part}", flush=True)
        arguments = [] if part in NEED_NO_FOLDER else folder
        subprocess.run([sys.executable, "-m", f"benchmarks.{part}", *arguments], check=True)


if __name__ == "__main__":
    main()
