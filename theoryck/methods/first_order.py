"""Deterministic first-order methods."""

from __future__ import annotations

from typing import Any

from theoryck.algebra import Oracle
from theoryck.methods.base import method


@method
def gradient_descent(x: Any, f: Oracle, *, step: Any) -> Any:
    """x⁺ = x − step·∇f(x)        [Cauchy 1847]"""
    return x - step * f.grad(x)


@method
def subgradient(x: Any, f: Oracle, *, step: Any) -> Any:
    """x⁺ = x − step·g, g ∈ ∂f(x)        [Shor 1962]"""
    return x - step * f.grad(x)


@method(start=lambda x: (x, x))
def heavy_ball(state: Any, f: Oracle, *, step: Any, momentum: Any) -> Any:
    """x⁺ = x − step·∇f(x) + momentum·(x − x⁻), x⁻₀ = x₀        [Polyak 1964]"""
    x, x_previous = state
    return x - step * f.grad(x) + momentum * (x - x_previous), x


@method(start=lambda x: (x, x))
def nesterov(state: Any, f: Oracle, *, step: Any, momentum: Any) -> Any:
    """y = x + momentum·(x − x⁻), x⁺ = y − step·∇f(y), x⁻₀ = x₀        [Nesterov 1983]"""
    x, x_previous = state
    y = x + momentum * (x - x_previous)
    return y - step * f.grad(y), x


@method
def proximal_point(x: Any, f: Oracle, *, step: Any) -> Any:
    """x⁺ = argmin_u f(u) + ‖u − x‖²/(2·step)        [Martinet 1970; Rockafellar 1976]"""
    return f.prox(x, step)
