"""Accelerated methods that need no smoothness constant."""

from __future__ import annotations

from typing import Any

from theoryck.algebra import Oracle, dot, maximum, ratio, sqrt
from theoryck.algebra.units import GRADIENT, X
from theoryck.methods.base import method


def _coupled(state: Any, alpha: Any) -> Any:
    _, y, z, _, _ = state
    return z / alpha + (1 - 1 / alpha) * y


def _stepped(state: Any, f: Oracle, u: Any, g: Any, alpha: Any, D: Any, G: Any) -> Any:
    average, y, z, weights, total = state
    total = total + alpha * alpha * dot(g, g)
    eta = 2 * D * ratio(1, sqrt(G * G + total))
    y, z = u - eta * g, f.project(z - alpha * eta * g, diameter=D)
    average = (weights * average + alpha * y) / (weights + alpha)
    return average, y, z, weights + alpha, total


@method(start=lambda x: (x, x, x, 0, 0), units={"D": X, "G": GRADIENT}, constants=("D", "G"))
def accelegrad(state: Any, f: Oracle, *, D: Any, G: Any, k: Any) -> Any:
    """α = (k+1)/4, y⁺ = u − η·g, z⁺ = P(z − α·η·g) with u = z/α + (1 − 1/α)·y,
    g = ∇f(u), η = 2D/√(G² + Σα²‖g‖²); x⁺ is the average of the y⁺ with weights α
    [Levy, Yurtsever, Cevher 2018; P projects on the feasible set, of diameter D]
    """
    alpha = (k + 1) * (D / D) / 4  # D/D is the one of the number system of the arguments
    u = _coupled(state, alpha)
    return _stepped(state, f, u, f.grad(u), alpha, D, G)


@method(
    start=lambda x: (x, x, x, 0, 0),
    units={"D": X, "G": GRADIENT},
    constants=("D", "G", "batch"),
)
def stochastic_accelegrad(state: Any, f: Oracle, *, D: Any, G: Any, batch: Any = 1, k: Any) -> Any:
    """accelegrad with a stochastic gradient at u for ∇f(u), and the paper's α = max(1, (k+1)/4),
    with which u lies between y and z at every step
    [Levy, Yurtsever, Cevher 2018, Algorithm 1 and Section 4, the stochastic setting]
    """
    one = D / D
    alpha = maximum(one, (k + 1) * one / 4)
    u = _coupled(state, alpha)
    return _stepped(state, f, u, f.sample_grad(u, batch=batch), alpha, D, G)
