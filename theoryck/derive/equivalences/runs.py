"""Two methods run side by side on a given function, in rationals or balls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theoryck.algebra import NumberSystem, Oracle
from theoryck.algebra.coordinates import Coordinates
from theoryck.algebra.vectors import Vector
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import MethodUse
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.errors import InexactError, TheoryckError, UndecidedError

STEPS = 5
CURVATURES = (Fraction(1), Fraction(1, 3))
STARTS = (Fraction(1), Fraction(2))


@dataclass(frozen=True)
class Quadratic(Oracle):
    """f(x) = Σ curvatureᵢ·xᵢ²/2 on vectors, without noise."""

    numbers: NumberSystem
    text = "f(x) = x1**2/2 + x2**2/6, x[0] = (1, 2)"

    def start(self) -> Any:
        """The first iterate."""
        return Coordinates(tuple(map(self.numbers.rational, STARTS)))

    def _times(self, x: Any) -> Coordinates:
        scales = map(self.numbers.rational, CURVATURES)
        return Coordinates(tuple(c * e for c, e in zip(scales, x.entries, strict=True)))

    def grad(self, x: Any) -> Any:
        return self._times(x)

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Any:
        return self.grad(x)

    def value(self, x: Any) -> Any:
        return self._times(x).dot(x) / 2

    def minimum(self) -> Any:
        return self.numbers.rational(Fraction(0))

    def prox(self, x: Any, step: Any) -> Any:
        scales = map(self.numbers.rational, CURVATURES)
        return Coordinates(
            tuple(e / (1 + step * c) for c, e in zip(scales, x.entries, strict=True))
        )

    def line_search(self, x: Any, direction: Any) -> Any:
        below = self._times(direction).dot(direction)
        if self.numbers.sign(below) == 0:
            return x
        return x - direction * (self.grad(x).dot(direction) / below)


@dataclass(frozen=True)
class OnTheLine(Oracle):
    """f(x) = x**2/2 + x**4/4 on numbers, for methods that look at coordinates."""

    numbers: NumberSystem
    text = "f(x) = x**2/2 + x**4/4, x[0] = 1, x a number"

    def start(self) -> Any:
        """The first iterate."""
        return self.numbers.rational(Fraction(1))

    def grad(self, x: Any) -> Any:
        return x + x * x * x

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Any:
        return self.grad(x)

    def value(self, x: Any) -> Any:
        return x * x / 2 + x * x * x * x / 4

    def minimum(self) -> Any:
        return self.numbers.rational(Fraction(0))


@dataclass(frozen=True)
class Compared:
    """How two runs went: the first step after which they surely differ, None if none of them."""

    function: str
    iterates: tuple[tuple[str, str], ...]
    differ_at: int | None


Runnable = Quadratic | OnTheLine


def compare(uses: tuple[MethodUse, MethodUse], values: Mapping[str, Fraction]) -> Compared | None:
    """Runs both methods on the first function that both can be run on; None if there is none."""
    for function in (Quadratic, OnTheLine):
        for numbers in (Rationals(), Balls()):
            try:
                if isinstance(numbers, Balls):
                    with numbers.scope():
                        return _compare(uses, values, function(numbers))
                return _compare(uses, values, function(numbers))
            except InexactError:
                continue
            except (TheoryckError, ZeroDivisionError, TypeError, ValueError, AttributeError):
                if isinstance(numbers, Balls):
                    break
    return None


def _compare(
    uses: tuple[MethodUse, MethodUse], values: Mapping[str, Fraction], f: Runnable
) -> Compared:
    states = [use.method.first_state(f.start()) for use in uses]
    shown: list[tuple[str, str]] = []
    for k in range(STEPS):
        arguments = [_arguments(use, values, k, f.numbers) for use in uses]
        states = [
            use.method.step(state, f, k, given)
            for use, state, given in zip(uses, states, arguments, strict=True)
        ]
        first, second = (use.method.iterate(state) for use, state in zip(uses, states, strict=True))
        shown.append((_text(first), _text(second)))
        if _surely_differ(first, second, f.numbers):
            return Compared(f.text, tuple(shown), k + 1)
    return Compared(f.text, tuple(shown), None)


def _arguments(
    use: MethodUse, values: Mapping[str, Fraction], k: int, numbers: NumberSystem
) -> dict[str, Any]:
    named = {name: numbers.rational(value) for name, value in values.items()}
    here = Environment({**named, "k": numbers.integer(k)})
    defaults = {
        argument.name: numbers.coerce(argument.default)
        for argument in use.method.arguments
        if argument.default is not None
    }
    given = {name: evaluate(expr, here, numbers) for name, expr in use.arguments.items()}
    return {**defaults, **given}


def _surely_differ(first: Any, second: Any, numbers: NumberSystem) -> bool:
    difference = first - second
    entries = difference.entries if isinstance(difference, Coordinates) else (difference,)
    for entry in entries:
        try:
            if numbers.sign(entry) != 0:
                return True
        except UndecidedError:
            continue
    return False


def _text(iterate: Any) -> str:
    if isinstance(iterate, Vector):
        return f"({', '.join(map(_number, getattr(iterate, 'entries', ())))})"
    return _number(iterate)


def _number(value: Any) -> str:
    return str(value) if not hasattr(value, "rad") else str(value.str(12))
