"""Step-size rules: functions that make a method's step a function of k.

A claim file writes the same rules as expressions in ``k``: ``step=c/(1 + sqrt(ceil(k/K)))``.
A rule that looks at the gradient is a method: :func:`theoryck.methods.stochastic.damped_sgd`
divides any of these by damping·‖g‖ + 1.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

from theoryck.errors import DomainError

Rule = Callable[[int], Any]


def constant(initial: Any) -> Rule:
    """γ_k = γ₀.

    Args:
        initial: γ₀, a number or an array with one for each run; so in every rule.
    """
    return lambda k: initial


def harmonic(initial: Any) -> Rule:
    """γ_k = γ₀/(k + 1): its sum diverges, and that of its squares converges.

    >>> [harmonic(6.0)(k) for k in range(3)]
    [6.0, 3.0, 2.0]
    """
    return lambda k: initial / (k + 1)


def inverse_root(initial: Any) -> Rule:
    """γ_k = γ₀/√(k + 1).

    >>> inverse_root(6.0)(8)
    2.0
    """
    return lambda k: initial / sqrt(k + 1)


def linear(x: float) -> float:
    """ψ(x) = x."""
    return x


def root(x: float) -> float:
    """ψ(x) = √x."""
    return sqrt(x)


def half_root(x: float) -> float:
    """ψ(x) = ½√x."""
    return 0.5 * sqrt(x)


def by_epochs(initial: Any, period: int, growth: Callable[[float], float] = linear) -> Rule:
    """γ_k = γ₀/(1 + ψ(⌈k/K⌉)): the step is reduced once in K steps.

    Giselsson, Stochastic gradient descent, the static and the combined step-size rule. There
    K counts epochs; here, as k counts steps, K is that number times the steps of an epoch. Where
    the combined rule says "ψ(x) = 1/x (as before)", before it was ψ(x) = x, which is meant: with
    1/x the step would grow.

    Args:
        initial: γ₀.
        period: K.
        growth: ψ, such as :func:`linear`, :func:`root` or :func:`half_root`.

    Raises:
        DomainError: the period is not positive.

    >>> rule = by_epochs(1.0, 50, root)
    >>> rule(0), rule(50), rule(151)
    (1.0, 0.5, 0.3333333333333333)
    """
    if not period > 0:
        raise DomainError(f"a positive number of steps expected as the period, got {period}")
    # in integers where they are: the quotient of floats may be rounded across a whole number
    return lambda k: initial / (1 + growth(-(-k // period)))


def cool_down(initial: Any, cutoff: int) -> Rule:
    """γ_k = γ₀ up to k = cutoff, and γ₀·(cutoff + 1)/(k + 1) from there on.

    Mertikopoulos, Hallak, Kavis and Cevher 2020: a constant step with a 1/k cool-down.

    >>> [cool_down(1.0, 2)(k) for k in (0, 2, 3, 5)]
    [1.0, 1.0, 0.75, 0.5]
    """
    if not cutoff >= 0:
        raise DomainError(f"a cut-off of at least 0 expected, got {cutoff}")
    return lambda k: initial * min(1.0, (cutoff + 1) / (k + 1))
