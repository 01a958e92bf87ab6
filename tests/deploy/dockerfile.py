"""A Dockerfile, read into instructions."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, its continued lines joined."""

    name: str
    value: str


def read(path: Path) -> list[Instruction]:
    """Read every instruction; comments are left out."""
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    text = re.sub(r"\\\n\s*", "", "\n".join(lines))
    pairs = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return [Instruction(name.upper(), value) for name, value in pairs]


def last_stage(instructions: list[Instruction]) -> list[Instruction]:
    """Return what the image itself is made by."""
    starts = [i for i, instruction in enumerate(instructions) if instruction.name == "FROM"]
    return instructions[starts[-1] :]
