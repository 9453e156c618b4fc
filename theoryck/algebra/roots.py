"""Roots of increasing concave functions: secular equations, one for every run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theoryck.algebra.language import namespace, ratio

MOST = 200  # Newton's steps double the correct digits near the root; far away they may be short


def concave_root(function: Callable[[Any], tuple[Any, Any]], start: Any) -> Any:
    """The root of an increasing concave function, by Newton's method from the left.

    The tangent of a concave function lies above it, so that no step passes the root: the steps
    end where rounding would turn one back.

    Args:
        function: the function's value and slope at t, both of t's shape.
        start: where it is at most 0.

    >>> import numpy as np
    >>> concave_root(lambda t: (2 - 1 / t, 1 / t**2), np.array([0.25, 0.5]))
    array([0.5, 0.5])
    """
    xp: Any = namespace(start)
    t = start
    for _ in range(MOST):
        value, slope = function(t)
        following = t - ratio(value, slope)
        moves = following > t
        if not bool(xp.any(moves)):
            break
        t = xp.where(moves, following, t)
    return t
