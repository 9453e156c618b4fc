"""Running means of the stochastic gradients and of their squares."""

from __future__ import annotations

from typing import Any

from theoryck.algebra import hadamard
from theoryck.algebra.units import NONE

MOMENTS = {"beta1": NONE, "beta2": NONE}


def updated(m: Any, v: Any, g: Any, beta1: Any, beta2: Any) -> tuple[Any, Any]:
    """β₁·m + (1−β₁)·g and β₂·v + (1−β₂)·g⊙g."""
    return beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * hadamard(g, g)


def corrected(m: Any, v: Any, beta1: Any, beta2: Any, k: Any) -> tuple[Any, Any]:
    """m/(1−β₁^(k+1)) and v/(1−β₂^(k+1)): the means after k+1 gradients, which started at 0."""
    return m / (1 - beta1 ** (k + 1)), v / (1 - beta2 ** (k + 1))
