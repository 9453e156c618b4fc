"""The words a method may use beside ``+ - * /``: one meaning for traces, exact vectors, arrays.

Arrays are taken along their last axis, so that a batch of runs has shape (runs, d) and its
scalars have shape (runs, 1). Any array of the Array API standard will do.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from theoryck.algebra.adaptive import Condition, Quotient, Shifted, at_most
from theoryck.algebra.forms import TRUTH, Form, Root, TracedScalar
from theoryck.algebra.vectors import Vector
from theoryck.errors import InexactError, UntraceableError


def namespace(*values: Any) -> Any | None:
    """The array namespace of the first array among the values, or None."""
    for value in values:
        if hasattr(value, "__array_namespace__"):
            return value.__array_namespace__()
        if hasattr(value, "shape") and hasattr(value, "dtype"):
            # older CuPy arrays do not say which namespace is theirs
            from array_api_compat import array_namespace

            return array_namespace(value)
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
    if isinstance(x, int | Fraction):
        return _exact_root(x)
    if hasattr(x, "sqrt"):
        try:
            return x.sqrt()
        except Exception as error:  # each library of numbers has its own error for this
            raise InexactError(f"the square root of {x}: {error}") from error
    if isinstance(x, float):
        return x**0.5
    return x ** (type(x)(1) / 2)


def _exact_root(x: int | Fraction) -> Fraction:
    # a float root would pass for an exact number when a trace reads it back
    x = Fraction(x)
    if x >= 0:
        root = Fraction(isqrt(x.numerator), isqrt(x.denominator))
        if root * root == x:
            return root
    raise InexactError(f"the square root of {x} is not rational")


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
    if isinstance(x, TracedScalar) or isinstance(y, TracedScalar):
        least, most = (y, x) if _taken(at_most(y, x)) else (x, y)
        return least if name == "minimum" else most
    xp = namespace(x, y)
    if xp is None:
        return (min if name == "minimum" else max)(x, y)
    like = x if hasattr(x, "__array_namespace__") else y
    x, y = (xp.asarray(v, dtype=like.dtype, device=like.device) for v in (x, y))
    return getattr(xp, name)(x, y)


def _taken(condition: Condition) -> bool:
    return condition.form.trace.decide(condition)


def ratio(x: Any, y: Any) -> Any:
    """The quotient x / y, and 0 where y is 0: a normalised step at a stationary point is none.

    >>> ratio(3, 0)
    0
    """
    for value in (x, y):
        if isinstance(value, Vector):
            raise value.coordinatewise("a ratio of vectors")
    if isinstance(x, Form) and isinstance(y, Form) and not y.is_constant():
        return Quotient(x, y)
    if isinstance(y, Root | Shifted):
        return x / y
    if isinstance(x, TracedScalar) or isinstance(y, TracedScalar):
        raise UntraceableError(
            "a division by a traced scalar: state an adaptive step by its equation"
        )
    xp = namespace(y)
    if xp is None:
        return 0 if y == 0 else x / y
    zero = y == 0
    if hasattr(xp, "any") and not xp.any(zero):  # symbols cannot tell
        return x / y  # as below, in a third of the time
    return xp.where(zero, xp.zeros_like(y), x / xp.where(zero, xp.ones_like(y), y))


def cases(condition: Any, then: Any, otherwise: Any) -> Any:
    """``then`` where the condition holds, ``otherwise`` elsewhere; both are evaluated.

    A condition on traced scalars (``norm(g) <= threshold``) splits the trace into two cases.
    """
    if isinstance(condition, bool):
        return then if condition else otherwise
    if isinstance(condition, Condition):
        return then if _taken(condition) else otherwise
    xp = namespace(condition)
    if xp is None:
        raise UntraceableError(f"cases(...) on {type(condition).__name__}: {TRUTH}")
    return xp.where(condition, then, otherwise)
