"""Stochastic-gradient methods with steps given beforehand, and methods that add noise."""

from __future__ import annotations

from typing import Any

from theoryck.algebra import Oracle, sqrt
from theoryck.algebra.units import GRADIENT, NONE
from theoryck.errors import UntraceableError
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


@method(units={"radius": GRADIENT})
def perturbed_gd(x: Any, f: Oracle, *, step: Any, radius: Any) -> Any:
    """x⁺ = x − step·(∇f(x) + radius·ξ), ξ uniform in the unit ball
    [Jin, Ge, Netrapalli, Kakade, Jordan 2017]
    """
    return x - step * (f.grad(x) + radius * f.noise(x, "ball"))


@method
def perturbed_sgd(x: Any, f: Oracle, *, step: Any) -> Any:
    """x⁺ = x − step·(g + ξ), ξ uniform on the unit sphere        [Ge, Huang, Jin, Yuan 2015]"""
    return x - step * (f.sample_grad(x) + f.noise(x, "sphere"))


@method
def sgld(x: Any, f: Oracle, *, step: Any) -> Any:
    """x⁺ = x − step·g + √(2·step)·ξ, ξ standard Gaussian        [Welling and Teh 2011]"""
    return x - step * f.sample_grad(x) + sqrt(2 * step) * f.noise(x, "gaussian")


@method(
    start=lambda x: (x, x, None),
    units={"period": NONE, "anchor": NONE},
    constants=("period", "batch", "anchor"),
)
def spider(
    state: Any, f: Oracle, *, step: Any, period: Any, batch: Any = 1, anchor: Any = 1, k: Any
) -> Any:
    """x⁺ = x − step·v; v is a stochastic gradient of ``anchor`` draws when ``period`` divides k,
    and else v + ∇f_S(x) − ∇f_S(x⁻) with S a fresh sample of ``batch`` draws
    [Fang, Li, Lin, Zhang 2018, without normalisation]
    """
    x, x_previous, v = state
    if _divides(period, k):
        v = f.sample_grad(x, batch=anchor)
    else:
        here, before = f.sample_grads((x, x_previous), batch=batch)
        v = v + here - before
    return x - step * v, x, v


def _divides(period: Any, k: Any) -> bool:
    if not isinstance(k, int):
        raise UntraceableError(
            f"spider counts k in integers, got {k}: simulate runs it step by step"
        )
    # by multiples, which every number system has
    return any(multiple * period == k for multiple in range(k + 1))
