"""Methods that bound the length of the (stochastic) gradient.

The factor min(1, τ/‖g‖) is written τ/max(τ, ‖g‖), which is the same for every threshold
τ > 0 and needs no division by ‖g‖ = 0.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from theoryck.algebra import Oracle, hadamard, maximum, minimum, norm, ratio
from theoryck.algebra.units import GRADIENT, NONE
from theoryck.methods.base import method
from theoryck.methods.moments import MOMENTS


@method(units={"threshold": GRADIENT})
def clipped_gd(x: Any, f: Oracle, *, step: Any, threshold: Any) -> Any:
    """x⁺ = x − step·min(1, threshold/‖g‖)·g, g = ∇f(x)        [Pascanu, Mikolov, Bengio 2013]"""
    g = f.grad(x)
    return x - step * (threshold / maximum(threshold, norm(g))) * g


@method(units={"threshold": GRADIENT}, constants=("batch",))
def clipped_sgd(x: Any, f: Oracle, *, step: Any, threshold: Any, batch: Any = 1) -> Any:
    """x⁺ = x − step·min(1, threshold/‖g‖)·g, g a stochastic gradient at x
    [Zhang, Karimireddy, Veit, Kim, Reddi, Kumar, Sra 2020, GClip]
    """
    g = f.sample_grad(x, batch=batch)
    return x - step * (threshold / maximum(threshold, norm(g))) * g


@method(units={"threshold": GRADIENT}, constants=("batch",))
def coordinate_clipped_sgd(x: Any, f: Oracle, *, step: Any, threshold: Any, batch: Any = 1) -> Any:
    """x⁺ᵢ = xᵢ − step·min(1, threshold/|gᵢ|)·gᵢ, g a stochastic gradient at x
    [Zhang, Karimireddy, Veit, Kim, Reddi, Kumar, Sra 2020, CClip with equal thresholds]
    """
    g = f.sample_grad(x, batch=batch)
    return x - step * hadamard(threshold / maximum(threshold, abs(g)), g)


@method(
    start=lambda x: (x, x - x, x - x),
    units={"damping": GRADIENT, "alpha": NONE, **MOMENTS},
    constants=("batch",),
)
def acclip(
    state: Any,
    f: Oracle,
    *,
    step: Any,
    beta1: Any = Fraction(9, 10),
    beta2: Any = Fraction(99, 100),
    damping: Any = Fraction(1, 100000),
    alpha: Any = 1,
    batch: Any = 1,
) -> Any:
    """m⁺ = β₁·m + (1−β₁)·g, t⁺ = β₂·t + (1−β₂)·|g|^α, τ = t⁺^(1/α),
    x⁺ = x − step·min(1, τ/(|m⁺| + damping))·m⁺, by coordinate
    [Zhang, Karimireddy, Veit, Kim, Reddi, Kumar, Sra 2020, Algorithm 1]
    """
    x, m, tau_power = state
    g = f.sample_grad(x, batch=batch)
    m = beta1 * m + (1 - beta1) * g
    tau_power = beta2 * tau_power + (1 - beta2) * abs(g) ** alpha
    tau = tau_power ** (1 / alpha)
    return x - step * hadamard(minimum(ratio(tau, abs(m) + damping), 1), m), m, tau_power
