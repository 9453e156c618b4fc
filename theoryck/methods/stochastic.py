"""Stochastic-gradient methods with steps given beforehand, and methods that add noise."""

from __future__ import annotations

from typing import Any

from theoryck.algebra import Oracle, norm, ratio, sqrt
from theoryck.algebra.units import GRADIENT, NONE
from theoryck.methods.base import method


@method(constants=("batch",))
def sgd(x: Any, f: Oracle, *, step: Any, batch: Any = 1) -> Any:
    """x⁺ = x − step·g, g a stochastic gradient at x        [Robbins and Monro 1951]"""
    return x - step * f.sample_grad(x, batch=batch)


@method(units={"damping": NONE / GRADIENT}, constants=("batch",))
def damped_sgd(x: Any, f: Oracle, *, step: Any, damping: Any, batch: Any = 1) -> Any:
    """x⁺ = x − step/(damping·‖g‖ + 1)·g, g a stochastic gradient at x
    [Giselsson, Stochastic gradient descent, the gradient-normalised step-size rule; with a step
    that depends on k the combined one]
    """
    g = f.sample_grad(x, batch=batch)
    return x - ratio(step, damping * norm(g) + 1) * g


@method(start=lambda x: (x, x - x), constants=("batch",))
def momentum_sgd(state: Any, f: Oracle, *, step: Any, momentum: Any, batch: Any = 1) -> Any:
    """m⁺ = momentum·m + g, x⁺ = x − step·m⁺, m₀ = 0        [Polyak 1964; lecture form]"""
    x, m = state
    m = momentum * m + f.sample_grad(x, batch=batch)
    return x - step * m, m


@method(start=lambda x: (x, x), constants=("batch",))
def nesterov_sgd(state: Any, f: Oracle, *, step: Any, momentum: Any, batch: Any = 1) -> Any:
    """y = x + momentum·(x − x⁻), x⁺ = y − step·g, g a stochastic gradient at y, x⁻₀ = x₀
    [Nesterov 1983; Sutskever, Martens, Dahl, Hinton 2013]
    """
    x, x_previous = state
    y = x + momentum * (x - x_previous)
    return y - step * f.sample_grad(y, batch=batch), x


@method(units={"radius": GRADIENT})
def perturbed_gd(x: Any, f: Oracle, *, step: Any, radius: Any) -> Any:
    """x⁺ = x − step·(∇f(x) + radius·ξ), ξ uniform in the unit ball
    [Jin, Ge, Netrapalli, Kakade, Jordan 2017]
    """
    return x - step * (f.grad(x) + radius * f.noise(x, "ball"))


@method(units={"radius": GRADIENT})
def gaussian_perturbed_gd(x: Any, f: Oracle, *, step: Any, radius: Any) -> Any:
    """x⁺ = x − step·(∇f(x) + ξ), ξ ~ N(0, radius²/d·I), d the dimension of x
    [Jin, Netrapalli, Ge, Kakade, Jordan 2021, Algorithm 1]
    """
    xi = f.noise(x, "gaussian")
    return x - step * (f.grad(x) + radius / x.shape[-1] ** 0.5 * xi)


@method(constants=("batch",))
def perturbed_sgd(x: Any, f: Oracle, *, step: Any, batch: Any = 1) -> Any:
    """x⁺ = x − step·(g + ξ), ξ uniform on the unit sphere        [Ge, Huang, Jin, Yuan 2015]"""
    return x - step * (f.sample_grad(x, batch=batch) + f.noise(x, "sphere"))


@method(constants=("batch",))
def sgld(x: Any, f: Oracle, *, step: Any, batch: Any = 1) -> Any:
    """x⁺ = x − step·g + √(2·step)·ξ, ξ standard Gaussian        [Welling and Teh 2011]"""
    return x - step * f.sample_grad(x, batch=batch) + sqrt(2 * step) * f.noise(x, "gaussian")
