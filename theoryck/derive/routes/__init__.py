"""The routes that are tried for a rate, in this order; each stands on its own."""

from __future__ import annotations

from theoryck.derive.potentials import potential_bounds
from theoryck.derive.routes import classic
from theoryck.derive.routes.base import Route

ROUTES: tuple[Route, ...] = (
    Route("one step", classic.bounds),
    Route("potentials", potential_bounds),
)

__all__ = ["ROUTES", "Route"]
