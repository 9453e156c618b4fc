"""The functions of witnesses of kind "function", in floating point, from their data alone.

The kernel runs them exactly with code of its own; this is the same mathematics a second time,
on arrays, so that each is a check of the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from theoryck.algebra import Oracle
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.runs.loop import Runnable, run
from theoryck.simulate.witnesses.simplex import minimise_on_simplex

Vector = Any  # an array of shape (d,)


@dataclass(frozen=True)
class Explicit:
    """Value, gradient and, where known, proximal point and line minimum at one point (d,)."""

    dimension: int
    value: Callable[[Vector], float]
    gradient: Callable[[Vector], Vector]
    prox: Callable[[Vector, float], Vector] | None = None
    line_minimum: Callable[[Vector, Vector], Vector] | None = None


def explicit(data: Mapping[str, Any]) -> Explicit:
    """The function that a witness's ``function`` table describes.

    Raises:
        SimulationError: the table names a family that is not known here.

    >>> f = explicit({"family": "quadratic", "matrix": [["2"]]})
    >>> f.value(np.array([3.0]))
    9.0
    """
    known = FAMILIES.get(str(data.get("family")))
    if known is None:
        raise SimulationError(f"no family of functions is called {data.get('family')!r}")
    return known(data)


def _floats(texts: Any) -> Any:
    if isinstance(texts, str):
        return float(Fraction(texts))
    return np.array([_floats(text) for text in texts])


def _quadratic(data: Mapping[str, Any]) -> Explicit:
    matrix = _floats(data["matrix"])

    def line_minimum(x: Vector, direction: Vector) -> Vector:
        bend = float(direction @ matrix @ direction)
        return x if bend == 0 else x - float(direction @ matrix @ x) / bend * direction

    return Explicit(
        len(matrix),
        value=lambda x: 0.5 * float(x @ matrix @ x),
        gradient=lambda x: matrix @ x,
        prox=lambda x, step: np.linalg.solve(np.eye(len(matrix)) + step * matrix, x),
        line_minimum=line_minimum,
    )


def _piecewise(data: Mapping[str, Any]) -> Explicit:
    ends = _floats(data["breakpoints"])
    slopes, bends = _floats(data["slopes"]), _floats(data["curvatures"])
    anchors = np.concatenate([ends[:1], ends])

    def slope(piece: int, t: float) -> float:
        return float(slopes[piece] + bends[piece] * (t - anchors[piece]))

    def gradient(x: Vector) -> Vector:
        t = float(x[0])
        left, right = np.searchsorted(ends, t, "left"), np.searchsorted(ends, t, "right")
        low, high = slope(int(left), t), slope(int(right), t)
        return np.array([0.0 if low <= 0 <= high else low])

    def value(x: Vector) -> float:
        # the integral of the derivative from 0, piece by piece: trapezia are exact
        t = float(x[0])
        low, high = min(t, 0.0), max(t, 0.0)
        knots = [low, *(float(b) for b in ends if low < b < high), high]
        total = 0.0
        for a, b in itertools.pairwise(knots):
            piece = int(np.searchsorted(ends, (a + b) / 2))
            total += (b - a) * (slope(piece, a) + slope(piece, b)) / 2
        return total if t >= 0 else -total

    def prox(x: Vector, step: float) -> Vector:
        # u + step·f'(u) increases: bisect on the kinks, then solve on the piece
        t = float(x[0])
        images = [(b + step * slope(i, b), b + step * slope(i + 1, b)) for i, b in enumerate(ends)]
        piece = sum(1 for _, high in images if t > high)
        if piece < len(ends) and images[piece][0] <= t:
            return np.array([ends[piece]])
        level = slopes[piece] - bends[piece] * anchors[piece]
        return np.array([(t - step * level) / (1 + step * bends[piece])])

    def line_minimum(x: Vector, direction: Vector) -> Vector:
        return x if float(direction[0]) == 0 else np.zeros(1)

    return Explicit(1, value, gradient, prox, line_minimum)


def _largest_piece(data: Mapping[str, Any]) -> Explicit:
    slopes, offsets = _floats(data["slopes"]), _floats(data["offsets"])
    return Explicit(
        slopes.shape[1],
        value=lambda x: float(np.max(slopes @ x + offsets)),
        gradient=lambda x: slopes[int(np.argmax(slopes @ x + offsets))],
    )


def _polygon(data: Mapping[str, Any]) -> Explicit:
    lower, upper = _floats(data["lower"]), _floats(data["upper"])
    vertices = _floats(data["vertices"])

    def nearest(x: Vector) -> Vector:
        return minimise_on_simplex(vertices, np.zeros(len(vertices)), x, 1.0) @ vertices

    def value(x: Vector) -> float:
        away = x - nearest(x)
        return 0.5 * upper * float(x @ x) - 0.5 * (upper - lower) * float(away @ away)

    return Explicit(2, value, lambda x: lower * x + (upper - lower) * nearest(x))


FAMILIES: Mapping[str, Callable[[Mapping[str, Any]], Explicit]] = {
    "quadratic": _quadratic,
    "piecewise quadratic": _piecewise,
    "largest piece": _largest_piece,
    "away from a polygon": _polygon,
}


class Nothing(Oracle):
    """The oracle of the zero function."""

    def grad(self, x: Any) -> Any:
        return 0.0 * x

    def value(self, x: Any) -> Any:
        return 0.0 * x[:, :1]

    def minimum(self) -> Any:
        return 0.0

    def prox(self, x: Any, step: Any) -> Any:
        return x


@dataclass(frozen=True, eq=False)
class ExplicitOracle(Oracle):
    """Answers for an explicit function on arrays of shape (1, d); stochastic gradients are exact.

    ``produced`` keeps the points that proximal steps gave, with the subgradients there.
    """

    function: Explicit
    produced: list[tuple[Any, Any]] = field(default_factory=list)

    def grad(self, x: Any) -> Any:
        for u, g in reversed(self.produced):
            if np.array_equal(u, x[0]):
                return g[None, :]
        return self.function.gradient(x[0])[None, :]

    def value(self, x: Any) -> Any:
        return np.array([[self.function.value(x[0])]])

    def minimum(self) -> Any:
        return 0.0

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Any:
        return self.grad(x)

    def sample_grads(self, points: tuple[Any, ...], *, batch: Any = 1) -> tuple[Any, ...]:
        return tuple(self.grad(x) for x in points)

    def prox(self, x: Any, step: Any) -> Any:
        if self.function.prox is None:
            raise self.no_answer("f.prox")
        u = self.function.prox(x[0], float(step))
        self.produced.append((u, (x[0] - u) / float(step)))
        return u[None, :]

    def line_search(self, x: Any, direction: Any) -> Any:
        if self.function.line_minimum is None:
            raise self.no_answer("f.line_search")
        return self.function.line_minimum(x[0], direction[0])[None, :]

    def parts(self) -> tuple[Oracle, Oracle]:
        return self, Nothing()


@dataclass(frozen=True)
class ExplicitRun:
    """A method's run: x[0..N] of shape (N + 1, d), and the oracle that answered."""

    iterates: Any
    oracle: ExplicitOracle


def run_explicit(
    data: Mapping[str, Any],
    method: Runnable,
    arguments_per_k: Sequence[Mapping[str, Any]],
    start: Sequence[str],
    horizon: int,
) -> ExplicitRun:
    """Run a method on the function of a witness.

    Args:
        data: the witness's ``function`` table.
        method: the method.
        arguments_per_k: its arguments at each step, ``horizon`` of them.
        start: the witness's ``start``.
        horizon: the number of steps.

    Raises:
        SimulationError: the table names a family that is not known here.
        UntraceableError: the function has no answer to a question of the method.

    >>> from theoryck.methods import METHODS
    >>> data = {"family": "quadratic", "matrix": [["2"]]}
    >>> gd = METHODS["gradient_descent"]
    >>> run_explicit(data, gd, [{"step": 0.25}] * 2, ["1"], 2).iterates[:, 0]
    array([1.  , 0.5 , 0.25])
    """
    oracle = ExplicitOracle(explicit(data))
    everything = range(horizon + 1)
    first = _floats(list(start))[None, :]
    kept = run(method, oracle, arguments_per_k.__getitem__, first, horizon, everything)
    return ExplicitRun(np.concatenate([kept.at(k) for k in everything]), oracle)
