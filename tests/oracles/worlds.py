"""Small functions with scripted draws, answered in floats, in fractions and in 60 digits.

Everything here is plain loops over coordinates in whatever numbers are asked for: the same
answers for a method that runs on arrays and for its pseudo-code that runs on numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import isqrt
from typing import Any

import mpmath
import numpy as np

from theoryck.algebra import Oracle

DIMENSION = 4  # its root is rational
STEPS = 50
Numbers = list[Any]


def exact_root(x: Fraction) -> Fraction:
    made = Fraction(isqrt(x.numerator), isqrt(x.denominator))
    assert made * made == x, f"no rational root: {x}"
    return made


@dataclass(frozen=True)
class Arithmetic:
    """Numbers of one kind: made of floats without rounding, and with roots."""

    name: str
    of: Callable[[Any], Any]
    root: Callable[[Any], Any]

    def vector(self, entries: Any) -> Numbers:
        return [self.of(entry) for entry in entries]


DOUBLES = Arithmetic("doubles", float, lambda x: x**0.5)
FRACTIONS = Arithmetic("fractions", lambda x: Fraction(x), exact_root)
DIGITS = Arithmetic("60 digits", lambda x: mpmath.mpf(x), lambda x: mpmath.sqrt(x))


def inner(x: Numbers, y: Numbers) -> Any:
    return sum(a * b for a, b in zip(x, y, strict=True))


def solved(matrix: list[Numbers], right: Numbers) -> Numbers:
    """The solution of a linear system, by elimination with the largest pivots."""
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    size = len(rows)
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, size):
            factor = rows[r][i] / rows[i][i]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
    x = [rows[0][0] * 0] * size
    for i in reversed(range(size)):
        known = sum((rows[i][j] * x[j] for j in range(i + 1, size)), rows[0][0] * 0)
        x[i] = (rows[i][size] - known) / rows[i][i]
    return x


@dataclass(frozen=True)
class World:
    """f(x) = ½⟨x, Ax⟩ + quartic/4·Σx⁴ + weight·Σ|x|, on a box and a ball, and its draws."""

    name: str
    matrix: tuple[tuple[float, ...], ...]
    quartic: float = 0.0
    weight: float = 0.0  # of the absolute values, which only a prox looks at
    minimum: float = 0.0


SKEW = ((1.5, 0.25, -0.125, 0.0), (0.25, 0.75, 0.5, 0.125), (-0.125, 0.5, 1.25, -0.25))
BOWL = World("bowl", (*SKEW, (0.0, 0.125, -0.25, 0.5)))
VALLEY = World("valley", (*SKEW, (0.0, 0.125, -0.25, 0.5)), quartic=0.25)
SADDLE = World(
    "saddle",
    ((1.0, 0.25, 0.0, 0.5), (0.25, -0.5, 0.125, 0.0), (0.0, 0.125, 0.75, 0.25),
     (0.5, 0.0, 0.25, -0.25)),
    quartic=0.5,
    minimum=-3.0,
)  # fmt: skip
KINKS = World("kinks", ((0.0,) * 4,) * 4, weight=0.03125)
RIDGE = World("ridge", BOWL.matrix, weight=0.0625)

START = (1.0, -2.0, 0.5, 0.75)
RADIUS = 1.25
LOWER, UPPER = (-0.5, -1.0, -0.75, 0.125), (0.75, 1.0, 0.5, 1.0)


@dataclass
class Questions:
    """A world's answers in one arithmetic; draws are counted as they are asked for."""

    world: World
    numbers: Arithmetic
    drawn: int = 0
    noises: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        of = self.numbers.of
        self.matrix = [[of(entry) for entry in row] for row in self.world.matrix]
        self.quartic, self.weight = of(self.world.quartic), of(self.world.weight)

    def minimum(self) -> Any:
        return self.numbers.of(self.world.minimum)

    def times(self, x: Numbers) -> Numbers:
        return [inner(row, x) for row in self.matrix]

    def value(self, x: Numbers) -> Any:
        return inner(x, self.times(x)) / 2 + self.quartic / 4 * sum(t**4 for t in x)

    def gradient(self, x: Numbers) -> Numbers:
        cubes = [self.quartic * t**3 for t in x]
        signs = [self.weight * ((t > 0) - (t < 0)) for t in x]
        return [a + b + c for a, b, c in zip(self.times(x), cubes, signs, strict=True)]

    def hessian(self, x: Numbers) -> list[Numbers]:
        rows = [list(row) for row in self.matrix]
        for i, t in enumerate(x):
            rows[i][i] += 3 * self.quartic * t * t
        return rows

    def samples(self, points: list[Numbers], batch: int) -> list[Numbers]:
        """∇f(x) + s·x + e at every point, with the mean (s, e) of a batch of draws."""
        rows = [self._row(1, self.drawn + i) for i in range(batch)]
        self.drawn += batch
        mean = [sum(column) / batch for column in zip(*rows, strict=True)]
        s, e = mean[0] / 8, mean[1:]
        gradients = [self.gradient(x) for x in points]
        return [
            [g + s * t + d for g, t, d in zip(gradient, x, e, strict=True)]
            for gradient, x in zip(gradients, points, strict=True)
        ]

    def sample(self, x: Numbers, batch: int = 1) -> Numbers:
        return self.samples([x], batch)[0]

    def noise(self, law: str) -> Numbers:
        number = self.noises.get(law, 0)
        self.noises[law] = number + 1
        row = self._row({"ball": 2, "sphere": 3, "gaussian": 4}[law], number)[1:]
        if law != "sphere":
            return row
        # a unit vector with rational coordinates
        square = inner(row[:-1], row[:-1])
        return [2 * t / (1 + square) for t in row[:-1]] + [(1 - square) / (1 + square)]

    def _row(self, kind: int, number: int) -> Numbers:
        made = np.random.default_rng((kind, number)).integers(-64, 65, DIMENSION + 1)
        return [self.numbers.of(int(t)) / 128 for t in made]

    def prox(self, x: Numbers, step: Any) -> Numbers:
        """Of the quadratic where there is no kink, and of the kinks where there are some."""
        if self.weight == 0:
            one = self.numbers.of(1)
            moved = [[step * a + one * (i == j) for j, a in enumerate(row)]
                     for i, row in enumerate(self.matrix)]  # fmt: skip
            return solved(moved, x)
        cut = step * self.weight
        return [t - cut if t > cut else t + cut if t < -cut else t * 0 for t in x]

    def line_search(self, x: Numbers, direction: Numbers) -> Numbers:
        """By Newton's method on the slope, exact at once for a quadratic."""
        t = self.numbers.of(0)
        for _ in range(1 if self.quartic == 0 else 40):
            at = [a + t * b for a, b in zip(x, direction, strict=True)]
            slope = inner(self.gradient(at), direction)
            bend = inner([inner(row, direction) for row in self.hessian(at)], direction)
            t = t - slope / bend if bend else t
        return [a + t * b for a, b in zip(x, direction, strict=True)]

    def project(self, x: Numbers) -> Numbers:
        of = self.numbers.of
        ends = zip(x, LOWER, UPPER, strict=True)
        return [min(max(t, of(lower)), of(upper)) for t, lower, upper in ends]

    def linear_minimizer(self, g: Numbers) -> Numbers:
        ends = zip(g, LOWER, UPPER, strict=True)
        return [self.numbers.of(lower if t > 0 else upper) for t, lower, upper in ends]

    def project_weighted(self, x: Numbers, weights: Numbers) -> Numbers:
        """On the ball around 0, by bisection of its multiplier."""
        square = self.numbers.of(RADIUS) ** 2

        def at(nu: Any) -> Numbers:
            return [w * t / (w + nu) for t, w in zip(x, weights, strict=True)]

        low, high = self.numbers.of(0), self.numbers.of(1)
        if inner(x, x) <= square:
            return x
        while inner(at(high), at(high)) > square:
            high = 2 * high
        for _ in range(220):
            middle = (low + high) / 2
            low, high = (low, middle) if inner(at(middle), at(middle)) <= square else (middle, high)
        return at(high)


class Told(Oracle):
    """The answers to a method that runs on arrays: one run, of shape (1, d)."""

    def __init__(self, world: World, layers: tuple[slice, ...]) -> None:
        self.questions, self.groups = Questions(world, DOUBLES), layers

    def grad(self, x: Any) -> Any:
        return row(self.questions.gradient(entries(x)))

    def value(self, x: Any) -> Any:
        return np.array([[self.questions.value(entries(x))]])

    def minimum(self) -> Any:
        return self.questions.minimum()

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Any:
        return row(self.questions.sample(entries(x), int(batch)))

    def sample_grads(self, points: tuple[Any, ...], *, batch: Any = 1) -> tuple[Any, ...]:
        made = self.questions.samples([entries(x) for x in points], int(batch))
        return tuple(row(g) for g in made)

    def noise(self, x: Any, law: str) -> Any:
        return row(self.questions.noise(law))

    def prox(self, x: Any, step: Any) -> Any:
        return row(self.questions.prox(entries(x), step))

    def line_search(self, x: Any, direction: Any) -> Any:
        return row(self.questions.line_search(entries(x), entries(direction)))

    def hessian(self, x: Any) -> Any:
        return np.array([self.questions.hessian(entries(x))])

    def hessian_vector(self, x: Any, v: Any) -> Any:
        return row([inner(r, entries(v)) for r in self.questions.hessian(entries(x))])

    def layers(self) -> tuple[slice, ...]:
        return self.groups

    def project(self, x: Any, *, diameter: Any = None) -> Any:
        assert diameter is None or diameter >= np.linalg.norm(np.subtract(UPPER, LOWER))
        return row(self.questions.project(entries(x)))

    def project_weighted(self, x: Any, weights: Any) -> Any:
        return row(self.questions.project_weighted(entries(x), entries(weights)))

    def linear_minimizer(self, g: Any) -> Any:
        return row(self.questions.linear_minimizer(entries(g)))

    def parts(self) -> tuple[Oracle, Oracle]:
        world = self.questions.world
        plain = World("smooth part", world.matrix, world.quartic)
        return Told(plain, ()), Told(World("simple part", KINKS.matrix, 0.0, world.weight), ())


def entries(x: Any) -> list[float]:
    return [float(t) for t in x[0]]


def row(x: Numbers) -> Any:
    return np.array([x], dtype=np.float64)


Pseudocode = Callable[[Numbers, Questions, dict[str, Any]], Iterator[Numbers]]
