"""The routes that are tried for a rate, in this order; each stands on its own."""

from __future__ import annotations

from theoryck.derive.escape.route import escape_bounds
from theoryck.derive.functional import accumulated_bounds, functional_bounds
from theoryck.derive.heavy.bounds import heavy_tailed_bounds
from theoryck.derive.momentum import memory_bounds
from theoryck.derive.potentials import potential_bounds
from theoryck.derive.power import power_bounds
from theoryck.derive.routes import classic
from theoryck.derive.routes.base import Route
from theoryck.derive.routes.varying import varying_bounds

ROUTES: tuple[Route, ...] = (
    Route("one step", classic.bounds),
    Route("power recursions", power_bounds),
    Route("varying steps", varying_bounds, at_most=12),
    Route("escape from a saddle", escape_bounds),
    Route("clipped steps under heavy tails", heavy_tailed_bounds),
    Route("gains along the gradient", functional_bounds),
    Route("steps divided by a root of squares", accumulated_bounds),
    Route("potentials", potential_bounds),
    Route("potentials with memory", memory_bounds),
)

__all__ = ["ROUTES", "Route"]
