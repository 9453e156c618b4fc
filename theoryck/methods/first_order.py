"""Deterministic first-order methods whose steps are given beforehand."""

from __future__ import annotations

from typing import Any

from theoryck.algebra import Oracle, sqrt
from theoryck.algebra.units import CURVATURE, NONE
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


@method(start=lambda x: (x, x, x, 1), units={"L": CURVATURE}, constants=("L",))
def optimized_gradient(state: Any, f: Oracle, *, L: Any) -> Any:
    """y⁺ = z − ∇f(z)/L, z⁺ = y⁺ + (θ−1)/θ⁺·(y⁺ − y) + θ/θ⁺·(y⁺ − z), θ₀ = 1,
    θ⁺ = (1 + √(1 + 4θ²))/2, and x⁺ as z⁺ but with θ⁺ = (1 + √(1 + 8θ²))/2
    [Kim and Fessler 2016, OGM1; x[N] is what the method returns when N is its last step]
    """
    _, y, z, theta = state
    theta = theta * (L / L)  # the one of L's number system, so that the root below is taken there
    y_next = z - f.grad(z) / L
    inner = (1 + sqrt(1 + 4 * theta * theta)) / 2
    last = (1 + sqrt(1 + 8 * theta * theta)) / 2

    def extrapolate(theta_next: Any) -> Any:
        along = (theta - 1) / theta_next * (y_next - y)
        return y_next + along + theta / theta_next * (y_next - z)

    return extrapolate(last), y_next, extrapolate(inner), inner


@method(units={"step": NONE, "metric": CURVATURE}, constants=("batch",))
def variable_metric(x: Any, f: Oracle, *, step: Any, metric: Any, batch: Any = 1) -> Any:
    """x⁺ = x − step·H⁻¹·g, H = metric·I, g a stochastic gradient at x
    [Davidon 1959; a claim's metric is a multiple of the identity]
    """
    return x - step / metric * f.sample_grad(x, batch=batch)
