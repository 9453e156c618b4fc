"""Hessians and their products with vectors, as the problems' functions give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theoryck.simulate.backend import Backend

Curvature = Callable[[Any], Any]
Product = Callable[[Any, Any], Any]


def diagonal(backend: Backend, size: int, curvature: Curvature) -> dict[str, Any]:
    """The Hessian and its products for f(x) = Σ h_i(x_i).

    Args:
        curvature: h_i''(x_i) for every coordinate, of x's shape (runs, d).
    """
    xp = backend.xp
    identity = xp.eye(size, dtype=xp.float64)
    return {
        "hessian": lambda x: xp.expand_dims(curvature(x), axis=-1) * identity,
        "hessian_vector": lambda x, v: curvature(x) * v,
    }


def columnwise(backend: Backend, size: int, product: Product) -> dict[str, Any]:
    """The Hessian, column by column from its products with the unit vectors."""
    xp = backend.xp
    identity = xp.eye(size, dtype=xp.float64)

    def hessian(x: Any) -> Any:
        columns = [product(x, xp.broadcast_to(identity[j, :], x.shape)) for j in range(size)]
        return xp.stack(columns, axis=-1)

    return {"hessian": hessian, "hessian_vector": product}
