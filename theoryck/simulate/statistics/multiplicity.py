"""Many statements at once, and many looks at one growing sample."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence

from scipy.special import ndtr, ndtri

from theoryck.simulate.errors import SimulationError
from theoryck.simulate.statistics.estimates import check_error, check_level


def bonferroni(level: float, statements: int) -> float:
    """The level of each of several statements so that all hold together with ``level``.

    >>> round(bonferroni(0.95, 5), 10)
    0.99
    """
    check_level(level)
    return 1 - shared(1 - level, statements)


def shared(error: float, statements: int) -> float:
    """The error that each of several statements may have: ``error/statements``, whatever ties
    them.

    >>> shared(1e-6, 4)
    2.5e-07
    """
    if statements < 1:
        raise SimulationError(f"at least one statement expected, got {statements}")
    return error / statements


def holm(p_values: Sequence[float], error: float) -> tuple[bool, ...]:
    """Which hypotheses fall, with probability at most ``error`` that a true one is among them.

    The i-th smallest of m p-values is compared with error/(m − i + 1), until the first that is
    above (Holm 1979): it refutes all that Bonferroni's correction does, and more.

    >>> holm([0.01, 0.04, 0.03], 0.05)
    (True, False, False)
    """
    check_error(error)
    if not p_values or not all(0 <= p <= 1 for p in p_values):
        raise SimulationError(f"p-values between 0 and 1 expected, got {list(p_values)}")
    count = len(p_values)
    order = sorted(range(count), key=lambda i: p_values[i])
    fallen = [False] * count
    for rank, i in enumerate(order):
        if p_values[i] > error / (count - rank):
            break
        fallen[i] = True
    return tuple(fallen)


def _obrien_fleming(error: float, time: float) -> float:
    # −z is the (error/2)-quantile: kept so, for 1 − error/2 has no digits left at 1e-12
    return 2 * float(ndtr(float(ndtri(error / 2)) / math.sqrt(time)))


def _pocock(error: float, time: float) -> float:
    return error * math.log(1 + (math.e - 1) * time)


Spending = Callable[[float, float], float]
SPENDING: Mapping[str, Spending] = {"obrien-fleming": _obrien_fleming, "pocock": _pocock}


def spend(
    error: float, looks: Sequence[int], spending: str = "obrien-fleming"
) -> tuple[float, ...]:
    """The error of each look at a growing sample, so that all looks together have ``error``.

    α(t) is spent when the share t of the runs is in (Lan and DeMets 1983): for O'Brien and
    Fleming α(t) = 2Φ(z_(α/2)/√t), almost nothing at the early looks, for Pocock
    α(t) = α ln(1 + (e − 1)t). Each look has the increment, which the union bound adds up, so
    nothing is assumed of how the looks depend on each other.

    Args:
        error: of all looks together.
        looks: how many runs are in at each, increasing.
        spending: ``obrien-fleming`` or ``pocock``.

    >>> [round(e, 5) for e in spend(0.05, [100, 200, 400], "pocock")]
    [0.01787, 0.01314, 0.01899]
    """
    check_error(error)
    if spending not in SPENDING:
        raise SimulationError(f"no spending is called {spending!r}: {' or '.join(SPENDING)}")
    increasing = all(a < b for a, b in itertools.pairwise(looks))
    if not looks or looks[0] < 1 or not increasing:
        raise SimulationError(f"increasing numbers of runs expected, got {list(looks)}")
    spent = [SPENDING[spending](error, look / looks[-1]) for look in looks]
    return tuple(b - a for a, b in zip([0.0, *spent], spent, strict=False))
