"""The words a method may use beside ``+ - * /``: one meaning for traces, exact vectors, arrays.

Arrays are taken along their last axis, so that a batch of runs has shape (runs, d) and its
scalars have shape (runs, 1). Any array of the Array API standard will do.
"""

from __future__ import annotations

from typing import Any

from theoryck.algebra.forms import TRUTH, Form, Root, TracedScalar
from theoryck.algebra.vectors import Vector
from theoryck.errors import UntraceableError


def namespace(*values: Any) -> Any | None:
    """The array namespace of the first array among the values, or None."""
    for value in values:
        if hasattr(value, "__array_namespace__"):
            return value.__array_namespace__()
    return None


def dot(x: Any, y: Any) -> Any:
    """The inner product ⟨x, y⟩.

    >>> import numpy as np
    >>> dot(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    array([11.])
    """
    if isinstance(x, Vector):
        return x.dot(y)
    xp = namespace(x, y)
    if xp is None:
        raise UntraceableError(
            f"dot of {type(x).__name__} and {type(y).__name__}: vectors expected"
        )
    return xp.sum(x * y, axis=-1, keepdims=True)


def norm(x: Any) -> Any:
    """The Euclidean norm ‖x‖."""
    if isinstance(x, Vector):
        return x.norm()
    return sqrt(dot(x, x))


def sqrt(x: Any) -> Any:
    """The square root of a scalar; coordinatewise on arrays."""
    if isinstance(x, Vector):
        raise x.coordinatewise("sqrt of a vector")
    if isinstance(x, Form):
        return x.sqrt()
    if isinstance(x, Root):
        raise UntraceableError("the square root of a norm is not quadratic")
    xp = namespace(x)
    if xp is not None:
        return xp.sqrt(x)
    if hasattr(x, "sqrt"):
        return x.sqrt()
    if isinstance(x, int | float):
        return float(x) ** 0.5
    return x ** (type(x)(1) / 2)


def hadamard(x: Any, y: Any) -> Any:
    """The coordinatewise product; not dimension-free."""
    for value in (x, y):
        if isinstance(value, Vector):
            raise value.coordinatewise("a coordinatewise product")
    return x * y


def minimum(x: Any, y: Any) -> Any:
    """The smaller of two scalars; coordinatewise on arrays."""
    return _extreme("minimum", x, y)


def maximum(x: Any, y: Any) -> Any:
    """The larger of two scalars; coordinatewise on arrays."""
    return _extreme("maximum", x, y)


def _extreme(name: str, x: Any, y: Any) -> Any:
    for value in (x, y):
        if isinstance(value, Vector):
            raise value.coordinatewise(f"the {name} of vectors")
        if isinstance(value, TracedScalar):
            raise UntraceableError(f"the {name} of traced scalars: use cases(...)")
    xp = namespace(x, y)
    if xp is None:
        return (min if name == "minimum" else max)(x, y)
    like = x if hasattr(x, "__array_namespace__") else y
    x, y = (xp.asarray(v, dtype=like.dtype, device=like.device) for v in (x, y))
    return getattr(xp, name)(x, y)


def cases(condition: Any, then: Any, otherwise: Any) -> Any:
    """``then`` where the condition holds, ``otherwise`` elsewhere; both are evaluated."""
    if isinstance(condition, bool):
        return then if condition else otherwise
    xp = namespace(condition)
    if xp is None:
        raise UntraceableError(f"cases(...) on {type(condition).__name__}: {TRUTH}")
    return xp.where(condition, then, otherwise)
