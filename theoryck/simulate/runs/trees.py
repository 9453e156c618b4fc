"""States of methods: arrays and numbers in nested tuples, rearranged by runs or laid out flat."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError


def taken(tree: Any, rows: Any, runs: int, backend: Backend) -> Any:
    """The tree for some of its runs: every array whose first axis is theirs, reduced to ``rows``.

    >>> import numpy as np
    >>> from theoryck.simulate.backend import numpy_backend
    >>> state = (np.array([[1.0], [2.0], [3.0]]), 7)
    >>> taken(state, np.array([2, 0]), 3, numpy_backend())
    (array([[3.],
           [1.]]), 7)
    """
    if isinstance(tree, tuple):
        return tuple(taken(branch, rows, runs, backend) for branch in tree)
    if getattr(tree, "ndim", 0) > 0 and tree.shape[0] == runs:
        return backend.xp.take(tree, rows, axis=0)
    return tree


def flattened(tree: Any, backend: Backend) -> tuple[Any, list[Any]]:
    """A description of the tree as JSON has it, and the arrays in it, as NumPy arrays.

    Raises:
        SimulationError: something in it is neither an array nor a number.
    """
    arrays: list[Any] = []

    def described(branch: Any) -> Any:
        if isinstance(branch, tuple):
            return [described(leaf) for leaf in branch]
        if branch is None or isinstance(branch, bool):
            return {"constant": branch}
        if isinstance(branch, int):
            return {"integer": str(branch)}
        if isinstance(branch, float) and not isinstance(branch, np.generic):
            return {"float": branch.hex()}
        if isinstance(branch, Fraction):
            return {"fraction": str(branch)}
        if hasattr(branch, "shape") and hasattr(branch, "dtype"):
            arrays.append(backend.to_numpy(branch))
            return {"array": len(arrays) - 1}
        raise SimulationError(
            f"a state holds a {type(branch).__name__}: arrays, numbers and tuples of them can "
            "be saved"
        )

    return described(tree), arrays


def restored(description: Any, arrays: Mapping[int, Any], backend: Backend) -> Any:
    """The tree that :func:`flattened` described.

    Raises:
        LookupError, TypeError, ValueError: the description is not one.
    """
    if isinstance(description, list):
        return tuple(restored(leaf, arrays, backend) for leaf in description)
    ((kind, content),) = description.items()
    match kind:
        case "constant":
            return content
        case "integer":
            return int(content)
        case "float":
            return float.fromhex(content)
        case "fraction":
            return Fraction(content)
        case "array":
            return backend.place(arrays[content])
    raise ValueError(f"a {kind} in a state")
