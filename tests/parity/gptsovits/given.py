"""What a case was fed: an array of its own, else what its notes say, else what is usual.

Notes say `refer=abs(normal('input.refer',(1,1025,40)))*0.5`, or only name what differs from the
usual: `refer2 same with 'input.refer2', 33 frames`.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.parity import recipe
from tests.parity.case import Array, Case, NotThere

Drawn = Callable[[str, tuple[int, ...]], Array]

_FORMULA = r"(?:\w+\()?\w+\('[^']*'(?:[^()]|\([^()]*\))*\)\)?(?:\s*[-*/+]\s*[\d.]+)*"
_CALLS: Mapping[str, Callable[..., Array]] = {
    "abs": np.abs,
    "ints": recipe.integers,
    "normal": recipe.normal,
    "u": recipe.uniform,
    "u01": recipe.uniform01,
}
_OPERATIONS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _as_drawn(array: Array) -> Array:
    return array


@dataclass(frozen=True)
class Usual:
    """What an input is where the case says nothing else."""

    tag: str
    shape: Sequence[int]
    draw: Drawn = recipe.normal
    then: Callable[[Array], Array] = _as_drawn


def given(case: Case, name: str, usual: Usual) -> Array:
    """Return an input of a case. Raises `NotThere` for a formula nothing here can compute."""
    for stored in (name, f"input_{name}", f"in_{name}"):
        if stored in case.arrays:
            return case.arrays[stored]
    if found := re.search(rf"(?<![\w.']){re.escape(name)}\s*=\s*({_FORMULA})", case.notes):
        return _computed(found[1], case.config)
    tag = _tag(case, name) or usual.tag
    return usual.then(usual.draw(tag, case.shape(tag, usual.shape)))


def _tag(case: Case, name: str) -> str | None:
    """Return the tag that notes give to an input, where they write no formula."""
    plain = re.search(rf"(?<![\w.']){re.escape(name)}(?:\s*=| same with)?\s*'([^']+)'", case.notes)
    return plain[1] if plain else None


def noise(case: Case, usual: Usual) -> Array:
    """Return the noise of a case, of the shape that is asked for: notes may give another tag."""
    told = re.search(r"noise of [^;=]*=\s*normal\('([^']+)'", case.notes)
    stored = case.arrays.get("noise")
    if stored is not None and stored.shape == tuple(usual.shape):
        return stored
    return recipe.normal(told[1] if told else usual.tag, usual.shape)


def _computed(formula: str, names: Mapping[str, Any]) -> Array:
    try:
        return np.asarray(_value(ast.parse(formula, mode="eval").body, names))
    except (KeyError, SyntaxError, TypeError, ValueError) as error:
        raise NotThere(f"nothing here can compute {formula!r}: {error!r}") from error


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:  # a number, a name, a shape, an array
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return names[node.id]
        case ast.Tuple() | ast.List():
            return tuple(_value(part, names) for part in node.elts)
        case ast.BinOp():
            sides = (_value(node.left, names), _value(node.right, names))
            return _OPERATIONS[type(node.op)](*sides)
        case ast.Call(func=ast.Name()):
            return _CALLS[node.func.id](*(_value(part, names) for part in node.args))
    raise ValueError(ast.unparse(node))
