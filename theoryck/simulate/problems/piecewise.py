"""Separable functions of one coordinate each, made of two quadratic or linear pieces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from theoryck.algebra import NumberSystem, norm, ratio
from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import (
    Constants,
    ExactProblem,
    Functions,
    Problem,
    Separable,
    shown,
)
from theoryck.simulate.problems.parameters import settle
from theoryck.simulate.problems.second_order import diagonal


def _root_above(value: Fraction) -> Fraction:
    """A rational number at or just above the square root."""
    root = Fraction(float(value) ** 0.5).limit_denominator(10**6)
    while root * root < value:
        root += Fraction(1, 10**6)
    return root


@dataclass(frozen=True)
class Huber(Separable):
    """Curvature ``inner`` up to a distance ``width`` from zero in each coordinate, ``outer``
    beyond: h' is continuous, and h is Huber's function for outer = 0.

    With inner = L and outer = 0 it is the worst case of many methods (Drori and Teboulle 2014).
    """

    inner: Fraction
    outer: Fraction
    width: Fraction
    size: int = 1

    def __post_init__(self) -> None:
        settle(self, numbers=("inner", "outer", "width"), counts=("size",))
        if self.inner <= 0 or self.outer < 0 or self.width <= 0 or self.size < 1:
            raise SimulationError("inner > 0, outer >= 0, width > 0 and size >= 1 expected")

    @property
    def dimension(self) -> int:
        return self.size

    def describe(self) -> str:
        where = "" if self.size == 1 else f" in each of {self.size} coordinates"
        return (
            f"the function with curvature {shown(self.inner)} within {shown(self.width)} of its "
            f"minimiser and {shown(self.outer)} beyond{where}"
        )

    def constants(self) -> Constants:
        ends = sorted((self.inner, self.outer))
        bound = self.inner * self.width * _root_above(Fraction(self.size))
        return Constants(
            lower=ends[0],
            upper=ends[1],
            gradient=bound if self.outer == 0 else None,
            nonnegative=True,
            twice=self.inner == self.outer,
        )

    def scaled(self, factor: Fraction) -> Huber:
        return replace(self, width=self.width * factor)

    def tuned(self, factor: Fraction) -> Huber:
        return replace(self, width=self.width * factor)

    def on(self, backend: Backend) -> Functions:
        xp = backend.xp
        inner, outer, width = float(self.inner), float(self.outer), float(self.width)
        jump = (inner - outer) * width

        def value(x: Any) -> Any:
            a = xp.abs(x)
            far = 0.5 * outer * a * a + jump * (a - 0.5 * width)
            return xp.sum(xp.where(a <= width, 0.5 * inner * a * a, far), axis=-1, keepdims=True)

        def gradient(x: Any) -> Any:
            return xp.where(xp.abs(x) <= width, inner * x, outer * x + jump * xp.sign(x))

        def prox(x: Any, step: Any) -> Any:
            near = x / (1 + step * inner)
            far = (x - step * jump * xp.sign(x)) / (1 + step * outer)
            return xp.where(xp.abs(near) <= width, near, far)

        def curvature(x: Any) -> Any:
            return xp.where(xp.abs(x) <= width, xp.full_like(x, inner), xp.full_like(x, outer))

        zero = backend.asarray([0.0] * self.size)
        second = diagonal(backend, self.size, curvature)
        return Functions(self.size, value, gradient, 0.0, zero, prox=prox, **second)

    def _near(self, t: Any, numbers: NumberSystem) -> bool:
        return numbers.sign(numbers.function("abs", t) - numbers.rational(self.width)) <= 0

    def _jump(self, t: Any, numbers: NumberSystem) -> Any:
        return numbers.rational((self.inner - self.outer) * self.width) * numbers.sign(t)

    def height(self, i: int, t: Any, numbers: NumberSystem) -> Any:
        two = numbers.integer(2)
        if self._near(t, numbers):
            return numbers.rational(self.inner) * t * t / two
        far = numbers.rational(self.outer) * t * t / two
        half = numbers.rational((self.inner - self.outer) * self.width * self.width) / two
        return far + self._jump(t, numbers) * t - half

    def slope(self, i: int, t: Any, numbers: NumberSystem) -> Any:
        if self._near(t, numbers):
            return numbers.rational(self.inner) * t
        return numbers.rational(self.outer) * t + self._jump(t, numbers)

    def prox_coordinate(self, i: int, t: Any, step: Any, numbers: NumberSystem) -> Any:
        near = t / (step * numbers.rational(self.inner) + 1)
        if self._near(near, numbers):
            return near
        return (t - step * self._jump(t, numbers)) / (step * numbers.rational(self.outer) + 1)

    def data(self) -> dict[str, Any]:
        return {
            "kind": "piecewise quadratic",
            "inner": str(self.inner),
            "outer": str(self.outer),
            "width": str(self.width),
        }


@dataclass(frozen=True)
class AbsoluteValue(Separable):
    """f(x) = slope·Σ|x_i|, with subgradient 0 at 0."""

    steepness: Fraction
    size: int = 1

    def __post_init__(self) -> None:
        settle(self, numbers=("steepness",), counts=("size",))
        if self.steepness <= 0 or self.size < 1:
            raise SimulationError("a positive slope and size >= 1 expected")

    @property
    def dimension(self) -> int:
        return self.size

    def describe(self) -> str:
        return f"{shown(self.steepness)}*{'|x|' if self.size == 1 else 'sum|x_i|'}"

    def scaled(self, factor: Fraction) -> AbsoluteValue:
        return replace(self, steepness=self.steepness * factor)

    def tuned(self, factor: Fraction) -> AbsoluteValue:
        return replace(self, steepness=self.steepness * factor)

    def constants(self) -> Constants:
        bound = self.steepness * _root_above(Fraction(self.size))
        return Constants(lower=Fraction(0), gradient=bound, nonnegative=True, twice=False)

    def on(self, backend: Backend) -> Functions:
        xp, slope = backend.xp, float(self.steepness)

        def prox(x: Any, step: Any) -> Any:
            shrunk = xp.abs(x) - step * slope
            return xp.sign(x) * xp.maximum(shrunk, xp.zeros_like(x))

        return Functions(
            self.size,
            value=lambda x: slope * xp.sum(xp.abs(x), axis=-1, keepdims=True),
            gradient=lambda x: slope * xp.sign(x),
            f_star=0.0,
            x_star=backend.asarray([0.0] * self.size),
            prox=prox,
        )

    def height(self, i: int, t: Any, numbers: NumberSystem) -> Any:
        return numbers.rational(self.steepness) * numbers.function("abs", t)

    def slope(self, i: int, t: Any, numbers: NumberSystem) -> Any:
        return numbers.rational(self.steepness) * numbers.sign(t)

    def prox_coordinate(self, i: int, t: Any, step: Any, numbers: NumberSystem) -> Any:
        shrunk = numbers.function("abs", t) - step * numbers.rational(self.steepness)
        if numbers.sign(shrunk) <= 0:
            return numbers.integer(0)
        return shrunk * numbers.sign(t)

    def data(self) -> dict[str, Any]:
        return {"kind": "absolute value", "slope": str(self.steepness)}


@dataclass(frozen=True)
class EuclideanNorm(Problem):
    """f(x) = slope·‖x‖, with subgradient 0 at 0."""

    steepness: Fraction
    size: int

    def __post_init__(self) -> None:
        settle(self, numbers=("steepness",), counts=("size",))
        if self.steepness <= 0 or self.size < 1:
            raise SimulationError("a positive slope and size >= 1 expected")

    @property
    def dimension(self) -> int:
        return self.size

    def describe(self) -> str:
        return f"{shown(self.steepness)}*norm(x) in {self.size} dimensions"

    def constants(self) -> Constants:
        return Constants(lower=Fraction(0), gradient=self.steepness, nonnegative=True, twice=False)

    def on(self, backend: Backend) -> Functions:
        slope = float(self.steepness)
        return Functions(
            self.size,
            value=lambda x: slope * norm(x),
            gradient=lambda x: slope * ratio(1.0, norm(x)) * x,
            f_star=0.0,
            x_star=backend.asarray([0.0] * self.size),
        )


@dataclass(frozen=True)
class LargestCoordinate(ExactProblem):
    """f(x) = slope·max_i |x_i|; the subgradient looks at the first largest coordinate.

    A subgradient method sees one new coordinate a step (Nesterov 2018, Section 3.2.1).
    """

    steepness: Fraction
    size: int

    def __post_init__(self) -> None:
        settle(self, numbers=("steepness",), counts=("size",))
        if self.steepness <= 0 or self.size < 1:
            raise SimulationError("a positive slope and size >= 1 expected")

    @property
    def dimension(self) -> int:
        return self.size

    def describe(self) -> str:
        return f"{shown(self.steepness)}*max|x_i| in {self.size} dimensions"

    def constants(self) -> Constants:
        return Constants(lower=Fraction(0), gradient=self.steepness, nonnegative=True, twice=False)

    def on(self, backend: Backend) -> Functions:
        xp, slope = backend.xp, float(self.steepness)
        places = xp.reshape(xp.arange(self.size), (1, -1))

        def gradient(x: Any) -> Any:
            first = xp.expand_dims(xp.argmax(xp.abs(x), axis=-1), axis=-1)
            return slope * xp.where(places == first, xp.sign(x), xp.zeros_like(x))

        return Functions(
            self.size,
            value=lambda x: slope * xp.max(xp.abs(x), axis=-1, keepdims=True),
            gradient=gradient,
            f_star=0.0,
            x_star=backend.asarray([0.0] * self.size),
        )

    def exact_value(self, x: tuple[Any, ...], numbers: NumberSystem) -> Any:
        return numbers.rational(self.steepness) * abs(x[self._first(x, numbers)])

    def exact_gradient(self, x: tuple[Any, ...], numbers: NumberSystem) -> tuple[Any, ...]:
        first = self._first(x, numbers)
        slope = numbers.rational(self.steepness) * numbers.sign(x[first])
        return tuple(slope if i == first else numbers.integer(0) for i in range(len(x)))

    @staticmethod
    def _first(x: tuple[Any, ...], numbers: NumberSystem) -> int:
        best = 0
        for i in range(1, len(x)):
            if numbers.sign(abs(x[i]) - abs(x[best])) > 0:
                best = i
        return best

    def data(self) -> dict[str, Any]:
        return {"kind": "largest coordinate", "slope": str(self.steepness)}
