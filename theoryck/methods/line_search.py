"""Deterministic methods that find their own step."""

from __future__ import annotations

from typing import Any

from theoryck.algebra import Oracle, dot, norm, ratio
from theoryck.algebra.units import GRADIENT, NONE, X
from theoryck.methods.base import method


@method
def gradient_descent_exact_line_search(x: Any, f: Oracle) -> Any:
    """x⁺ = x − γ·∇f(x), γ = argmin f(x − γ·∇f(x))        [Cauchy 1847]"""
    return f.line_search(x, -f.grad(x))


@method(units={"scale": NONE})
def gradient_descent_polyak_step(x: Any, f: Oracle, *, scale: Any = 1) -> Any:
    """x⁺ = x − scale·(f(x) − f*)/‖∇f(x)‖²·∇f(x)        [Polyak 1969]"""
    g = f.grad(x)
    return x - scale * ratio(f.value(x) - f.minimum(), dot(g, g)) * g


@method(units={"step": X, "offset": GRADIENT})
def normalized_gd(x: Any, f: Oracle, *, step: Any, offset: Any) -> Any:
    """x⁺ = x − step/(‖∇f(x)‖ + offset)·∇f(x)
    [Nesterov 1984; Zhang, He, Sra, Jadbabaie 2020]
    """
    g = f.grad(x)
    return x - ratio(step, norm(g) + offset) * g
