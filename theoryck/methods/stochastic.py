"""Stochastic-gradient methods."""

from __future__ import annotations

from typing import Any

from theoryck.algebra import Oracle
from theoryck.methods.base import method


@method(constants=("batch",))
def sgd(x: Any, f: Oracle, *, step: Any, batch: Any = 1) -> Any:
    """x⁺ = x − step·g, g a stochastic gradient at x        [Robbins and Monro 1951]"""
    return x - step * f.sample_grad(x, batch=batch)


@method(start=lambda x: (x, x - x))
def momentum_sgd(state: Any, f: Oracle, *, step: Any, momentum: Any) -> Any:
    """m⁺ = momentum·m + g, x⁺ = x − step·m⁺, m₀ = 0        [Polyak 1964; lecture form]"""
    x, m = state
    m = momentum * m + f.sample_grad(x)
    return x - step * m, m


@method
def perturbed_sgd(x: Any, f: Oracle, *, step: Any) -> Any:
    """x⁺ = x − step·(g + ξ), ξ uniform on the unit sphere        [Ge, Huang, Jin, Yuan 2015]"""
    return x - step * (f.sample_grad(x) + f.noise(x, "sphere"))
