"""What every section of the settings is."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, field_validator

Value = TypeVar("Value")


class Section(BaseModel):
    """Unknown keys are refused; the docstring below a field is its documentation."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @field_validator("*")
    @classmethod
    def _at_home(cls, value: Value) -> Value | Path:
        return expanded(value)


def expanded(value: Value) -> Value | Path:
    """Return a path with `~` put into words; anything else as it is."""
    if not isinstance(value, Path):
        return value
    try:
        return value.expanduser()
    except RuntimeError:
        raise ValueError("nobody here is called so: write the folder out") from None
