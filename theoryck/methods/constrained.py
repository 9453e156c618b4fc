"""Methods for a feasible set, and for sums with a simple part."""

from __future__ import annotations

from typing import Any

from theoryck.algebra import Oracle
from theoryck.methods.base import method


@method
def proximal_point(x: Any, f: Oracle, *, step: Any) -> Any:
    """x⁺ = argmin_u f(u) + ‖u − x‖²/(2·step)        [Martinet 1970; Rockafellar 1976]"""
    return f.prox(x, step)


@method
def proximal_gradient(x: Any, f: Oracle, *, step: Any) -> Any:
    """x⁺ = prox_{step·h₂}(x − step·∇h₁(x)), f = h₁ + h₂        [Lions and Mercier 1979]"""
    smooth, simple = f.parts()
    return simple.prox(x - step * smooth.grad(x), step)


@method
def projected_gradient(x: Any, f: Oracle, *, step: Any) -> Any:
    """x⁺ = P(x − step·∇f(x)), P the projection on the feasible set        [Goldstein 1964]"""
    return f.project(x - step * f.grad(x))


@method(constants=("batch",))
def projected_sgd(x: Any, f: Oracle, *, step: Any, batch: Any = 1) -> Any:
    """x⁺ = P(x − step·g), g a stochastic gradient at x, P the projection on the feasible set
    [Nemirovski, Juditsky, Lan, Shapiro 2009]
    """
    return f.project(x - step * f.sample_grad(x, batch=batch))


@method
def frank_wolfe(x: Any, f: Oracle, *, k: Any) -> Any:
    """x⁺ = x + 2/(k+2)·(s − x), s = argmin ⟨∇f(x), s⟩ over the feasible set
    [Frank and Wolfe 1956; Jaggi 2013]
    """
    return x + 2 * (f.linear_minimizer(f.grad(x)) - x) / (k + 2)
