"""The function behind a worst case: explicit, through given points, in the class.

From evaluations (x_i, g_i, f_i) that meet the interpolation conditions of the class with
curvature between ``lower`` and ``upper`` (``upper`` None: not smooth), a function of the class
that passes through all of them, with these gradients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from theoryck.algebra import Oracle
from theoryck.claims.arithmetic import Floats
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.runs.loop import Runnable, run
from theoryck.simulate.witnesses.simplex import minimise_on_simplex

MAX_POINTS = 500


@dataclass(frozen=True, eq=False)
class Interpolant:
    """h + (lower/2)‖·‖², where h is convex and, for finite ``upper``, (upper − lower)-smooth.

    Smooth (Drori 2018; Taylor, Hendrickx and Glineur 2017, Theorem 4), M = upper − lower:
    h(x) = min over weights α of the simplex of (M/2)‖x − Σα_i(x_i − g_i/M)‖²
    + Σα_i(h_i − ‖g_i‖²/(2M)), with gradient M(x − Σα_i(x_i − g_i/M)) at the minimising weights.
    Not smooth: h is the maximum of the pieces h_i + ⟨g_i, x − x_i⟩.
    """

    points: Any
    gradients: Any
    values: Any
    lower: float = 0.0
    upper: float | None = None
    _h_gradients: Any = field(init=False, repr=False)
    _h_values: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        backend = numpy_backend()
        x = backend.asarray(self.points, what="points")
        g = backend.asarray(self.gradients, what="gradients")
        f = backend.asarray(self.values, what="values")
        if x.ndim != 2 or g.shape != x.shape or f.shape != x.shape[:1] or len(x) < 1:
            raise SimulationError(
                f"points and gradients of one shape (n, d) and n values expected, got {x.shape}, "
                f"{g.shape} and {f.shape}"
            )
        if len(x) > MAX_POINTS:
            raise SimulationError(f"at most {MAX_POINTS} points, got {len(x)}")
        if self.upper is not None and self.upper <= self.lower:
            raise SimulationError(f"lower < upper expected, got {self.lower} and {self.upper}")
        half = 0.5 * self.lower * np.sum(x * x, axis=1)
        for name, data in (
            ("points", x),
            ("gradients", g),
            ("values", f),
            ("_h_gradients", g - self.lower * x),
            ("_h_values", f - half),
        ):
            object.__setattr__(self, name, data)

    @property
    def dimension(self) -> int:
        """The dimension of the points."""
        return int(self.points.shape[1])

    def evaluate(self, x: Any) -> tuple[float, Any]:
        """Value and gradient (a subgradient where there is a kink) at one point of shape (d,)."""
        if self.upper is None:
            value, gradient = self._piece(x)
        else:
            value, gradient = self._envelope(x, self.upper - self.lower)
        return value + 0.5 * self.lower * float(x @ x), gradient + self.lower * x

    def _bases(self, bend: float) -> tuple[Any, Any]:
        norms = np.sum(self._h_gradients**2, axis=1)
        return self.points - self._h_gradients / bend, self._h_values - norms / (2 * bend)

    def _envelope(self, x: Any, bend: float) -> tuple[float, Any]:
        centres, heights = self._bases(bend)
        weights = minimise_on_simplex(centres, heights, x, bend)
        away = x - weights @ centres
        return 0.5 * bend * float(away @ away) + float(weights @ heights), bend * away

    def _piece(self, x: Any) -> tuple[float, Any]:
        pieces = self._h_values + np.sum(self._h_gradients * (x - self.points), axis=1)
        top = float(pieces.max())
        # among the pieces on top, the one recorded nearest to x: at x_i that is g_i itself
        scale = 1e-9 * max(
            1e-300, float(np.abs(self._h_values - self._h_values.mean()).max()), abs(top)
        )
        ties = np.flatnonzero(pieces >= top - scale)
        distances = np.sum((self.points[ties] - x) ** 2, axis=1)
        return top, self._h_gradients[ties[int(np.argmin(distances))]]

    def prox(self, x: Any, step: float) -> Any:
        """argmin_u f(u) + ‖u − x‖²/(2 step) at one point, for step·(−lower) < 1.

        The inner minimum over u is explicit for fixed weights, so this too is a program over
        the simplex.
        """
        if 1 + step * self.lower <= 0 or step <= 0:
            raise SimulationError(f"the proximal step {step} is not positive, or too long")
        # f + ‖· − x‖²/(2 step) = h + ‖· − y‖²/(2 t) + constant
        t = step / (1 + step * self.lower)
        y = x / (1 + step * self.lower)
        if self.upper is None:
            # min_u max_i: the dual is ½t‖Σα_i g_i‖² − Σα_i (piece i at y)
            pieces = self._h_values + np.sum(self._h_gradients * (y - self.points), axis=1)
            weights = minimise_on_simplex(self._h_gradients, -pieces, np.zeros_like(y), t)
            return y - t * (weights @ self._h_gradients)
        bend = self.upper - self.lower
        centres, heights = self._bases(bend)
        weights = minimise_on_simplex(centres, heights, y, 1 / (t + 1 / bend))
        return (bend * (weights @ centres) + y / t) / (bend + 1 / t)


@dataclass(frozen=True, eq=False)
class InterpolantOracle(Oracle):
    """Answers for an interpolant on arrays of shape (runs, d); stochastic gradients are exact."""

    interpolant: Interpolant
    f_star: float | None = None

    def _each(self, x: Any) -> list[tuple[float, Any]]:
        return [self.interpolant.evaluate(row) for row in np.atleast_2d(x)]

    def grad(self, x: Any) -> Any:
        return np.stack([gradient for _, gradient in self._each(x)])

    def value(self, x: Any) -> Any:
        return np.asarray([[value] for value, _ in self._each(x)])

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Any:
        return self.grad(x)

    def sample_grads(self, points: tuple[Any, ...], *, batch: Any = 1) -> tuple[Any, ...]:
        return tuple(self.grad(x) for x in points)

    def prox(self, x: Any, step: Any) -> Any:
        return np.stack([self.interpolant.prox(row, float(step)) for row in np.atleast_2d(x)])

    def minimum(self) -> Any:
        if self.f_star is None:
            raise SimulationError("the method asks for f*: give the witness's value of it")
        return self.f_star


@dataclass(frozen=True)
class Replay:
    """A method run on an interpolant: x[0..N] as (N + 1, d), the values and gradients there."""

    iterates: Any
    values: Any
    gradients: Any


def replay(
    points: Any,
    gradients: Any,
    values: Any,
    lower: float,
    upper: float | None,
    method: Runnable,
    arguments_per_k: Sequence[Mapping[str, Any]],
    start: Any,
    horizon: int,
    *,
    f_star: float | None = None,
) -> Replay:
    """Run a method on the function through the recorded evaluations.

    Args:
        points: x_i, shape (n, d), with the gradients g_i and the values f_i there.
        gradients: shape (n, d).
        values: shape (n,).
        lower: the class's lower curvature bound (0 convex, μ strongly, −ρ weakly convex).
        upper: its upper curvature bound; None if it is not smooth.
        method: the method.
        arguments_per_k: its arguments at each step, at least ``horizon`` of them.
        start: x[0], shape (d,).
        horizon: the number of steps.
        f_star: the minimum, for methods that ask for it.

    Raises:
        SimulationError: the data do not fit together.

    >>> from theoryck.methods import METHODS
    >>> gd = METHODS["gradient_descent"]
    >>> points, gradients, values = [[0.0], [1.0]], [[0.0], [1.0]], [0.0, 0.5]
    >>> replay(points, gradients, values, 0, 1, gd, [{"step": 0.5}], [1.0], 1).iterates[:, 0]
    array([1. , 0.5])
    """
    oracle = InterpolantOracle(
        Interpolant(
            points, gradients, values, float(lower), None if upper is None else float(upper)
        ),
        f_star,
    )
    first = numpy_backend().asarray([start], what="start")
    if first.shape != (1, oracle.interpolant.dimension):
        raise SimulationError(
            f"a start of dimension {oracle.interpolant.dimension} expected, got {first.shape[1:]}"
        )
    if len(arguments_per_k) < horizon:
        raise SimulationError(f"{horizon} steps need as many arguments, got {len(arguments_per_k)}")
    everything = range(horizon + 1)
    doubles = [{n: Floats().coerce(v) for n, v in step.items()} for step in arguments_per_k]
    kept = run(method, oracle, doubles.__getitem__, first, horizon, everything)
    iterates = np.concatenate([kept.at(k) for k in everything])
    return Replay(iterates, oracle.value(iterates)[:, 0], oracle.grad(iterates))
