"""How an assumption is seen to fail: at a point, between two points, in a direction.

A margin is what the definition says must not be negative, computed from the claim's own tree in
any number system: floats look for where it is negative, rationals or balls tell that it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.claims.claim import Variable
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Expr
from theoryck.derive.arrays import Sizes, concrete_shape
from theoryck.derive.formulas import Derivatives, Spot, derivatives_at, value_at
from theoryck.errors import DomainError

Vector = tuple[Fraction, ...]


@dataclass(frozen=True)
class Candidate:
    """Where a definition may fail: points of the domain, and a direction for second derivatives."""

    points: tuple[Vector, ...]
    direction: Vector = ()

    def text(self, names: Sequence[str]) -> str:
        """The candidate for people."""
        words = [
            ", ".join(f"{n} = {v}" for n, v in zip(names, p, strict=True)) for p in self.points
        ]
        return " and ".join(words)


@dataclass(frozen=True)
class Function:
    """The claim's formula at one choice of parameters, in one number system."""

    expr: Expr
    variables: tuple[Variable, ...]
    parameters: Mapping[str, Expr]
    sizes: Sizes
    numbers: NumberSystem

    def _spot(self, point: Vector) -> Spot:
        """The coordinates dealt out to the variables, in their order."""
        entries, start = {}, 0
        for variable in self.variables:
            count = prod(concrete_shape(variable, self.sizes))
            entries[variable.name] = point[start : start + count]
            start += count
        return Spot(self.parameters, self.sizes, entries)

    def value(self, point: Vector) -> Any:
        """f there."""
        return value_at(self.expr, self._spot(point), self.variables, self.numbers).scalar

    def derivatives(self, point: Vector, order: int) -> Derivatives:
        """f, ∇f and ∇²f there."""
        return derivatives_at(
            self.expr, self._spot(point), self.variables, self.numbers, order=order
        )

    def constants(self, arguments: Mapping[str, Expr]) -> dict[str, Any]:
        """The values of an assumption's parameters."""
        symbols = {
            name: evaluate(value, Environment(), self.numbers)
            for name, value in self.parameters.items()
        }
        environment = Environment(symbols)
        return {name: evaluate(e, environment, self.numbers) for name, e in arguments.items()}

    def vector(self, point: Vector) -> tuple[Any, ...]:
        """A rational vector in the number system."""
        return tuple(self.numbers.rational(c) for c in point)


Margin = Callable[[Function, Mapping[str, Any], Candidate], Any]


def _dot(left: Sequence[Any], right: Sequence[Any]) -> Any:
    total = left[0] * right[0]
    for a, b in zip(left[1:], right[1:], strict=True):
        total = total + a * b
    return total


def _square(vector: Sequence[Any]) -> Any:
    return _dot(vector, vector)


def _form(hessian: Sequence[Sequence[Any]], v: Sequence[Any]) -> Any:
    return _dot(v, [_dot(row, v) for row in hessian])


def _apart(left: Sequence[Any], right: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(a - b for a, b in zip(left, right, strict=True))


def _curvature(f: Function, at: Candidate) -> tuple[Any, Any]:
    """vᵀ∇²f(x)v and ‖v‖²."""
    v = f.vector(at.direction)
    return _form(f.derivatives(at.points[0], 2).hessian, v), _square(v)


def _above(amount: Callable[[Mapping[str, Any]], Any]) -> Margin:
    def margin(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
        form, size = _curvature(f, at)
        return form - amount(constants) * size

    return margin


def _between(amount: Callable[[Mapping[str, Any]], Any]) -> Margin:
    """[(f(x) + f(y))/2 − f((x + y)/2)]/‖x − y‖² ≥ amount/8."""

    def margin(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
        x, y = at.points
        middle = tuple((a + b) / 2 for a, b in zip(x, y, strict=True))
        half, eighth = (f.numbers.rational(Fraction(1, n)) for n in (2, 8))
        bend = half * (f.value(x) + f.value(y)) - f.value(middle)
        distance = _square(_apart(f.vector(x), f.vector(y)))
        return bend * _inverse(f, distance) - amount(constants) * eighth

    return margin


def _smooth(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
    form, size = _curvature(f, at)
    return constants["L"] * size - f.numbers.function("abs", form)


def _inverse(f: Function, value: Any) -> Any:
    return f.numbers.power(value, f.numbers.integer(-1))


def _nearness(f: Function, x: Vector, y: Vector) -> Any:
    """1/‖x − y‖: margins are ratios, so that the search is not drawn to large numbers."""
    return _inverse(f, f.numbers.function("sqrt", _square(_apart(f.vector(x), f.vector(y)))))


def _smooth_pair(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
    x, y = at.points
    gradients = _apart(f.derivatives(x, 1).gradient, f.derivatives(y, 1).gradient)
    return constants["L"] - f.numbers.function("sqrt", _square(gradients)) * _nearness(f, x, y)


def _lipschitz(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
    slope = f.numbers.function("sqrt", _square(f.derivatives(at.points[0], 1).gradient))
    return constants["G"] - slope


def _lipschitz_pair(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
    x, y = at.points
    return constants["G"] - f.numbers.function("abs", f.value(x) - f.value(y)) * _nearness(f, x, y)


def _l0_l1(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
    found, v = f.derivatives(at.points[0], 2), f.vector(at.direction)
    slope = f.numbers.function("sqrt", _square(found.gradient))
    allowed = constants["L0"] + constants["L1"] * slope
    return allowed * _square(v) - f.numbers.function("abs", _form(found.hessian, v))


def _hessian_pair(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
    x, y = at.points
    v = f.vector(at.direction)
    forms = [_form(f.derivatives(p, 2).hessian, v) for p in (x, y)]
    change = f.numbers.function("abs", forms[0] - forms[1])
    return constants["rho"] * _square(v) - change * _nearness(f, x, y)


def _gap(f: Function, x: Vector, y: Vector) -> Any:
    """f(x) − f(y), which is at most f(x) − f*; it must be positive to show anything."""
    gap = f.value(x) - f.value(y)
    if f.numbers.sign(gap) <= 0:
        raise DomainError("not below the other point")
    return gap


def _dominated(modulus: Callable[[Mapping[str, Any]], Any]) -> Margin:
    def margin(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
        x, y = at.points
        slope = _square(f.derivatives(x, 1).gradient)
        return slope * _inverse(f, _gap(f, x, y)) - modulus(constants)

    return margin


def _kl(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
    x, y = at.points
    slope = f.numbers.function("sqrt", _square(f.derivatives(x, 1).gradient))
    gap = f.numbers.power(_gap(f, x, y), constants["alpha"])
    return slope * _inverse(f, gap) - constants["c"]


def _semi_smooth(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
    x, y = at.points
    below = f.derivatives(y, 1)
    step = _apart(f.vector(x), f.vector(y))
    size, root = _square(step), f.numbers.function("sqrt", below.value)
    upper = below.value + _dot(below.gradient, step)
    upper = upper + constants["c"] * f.numbers.function("sqrt", size) * root
    half = f.numbers.rational(Fraction(1, 2))
    return upper + constants["beta"] * half * size - f.value(x)


def _quadratic(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
    """−|vᵀ(∇²f(x) − ∇²f(y))v|: the Hessian of a quadratic is constant."""
    v = f.vector(at.direction)
    forms = [_form(f.derivatives(p, 2).hessian, v) for p in at.points]
    return -f.numbers.function("abs", forms[0] - forms[1])


def _growth(f: Function, constants: Mapping[str, Any], at: Candidate) -> Any:
    """2(f(x) − f(y))/‖x − y‖² − mu with y the only minimiser."""
    x, y = at.points
    distance = _square(_apart(f.vector(x), f.vector(y)))
    gap = f.value(x) - f.value(y)
    return (gap + gap) * _inverse(f, distance) - constants["mu"]


@dataclass(frozen=True)
class Test:
    """A way in which an assumption may fail.

    Args:
        margin: negative where it fails.
        points: how many points it looks at; ``low`` if the second is one where f is small.
        directed: whether it needs a direction.
        says: what fails there, for people.
    """

    margin: Margin
    points: int
    says: str
    directed: bool = False
    low: bool = False


MIDPOINT = "the value in the middle is too large for the values at both"
TESTS: Mapping[str, tuple[Test, ...]] = {
    "convex": (
        Test(_above(lambda c: 0), 1, "the Hessian has a negative direction", directed=True),
        Test(_between(lambda c: 0), 2, MIDPOINT),
    ),
    "strongly_convex": (
        Test(_above(lambda c: c["mu"]), 1, "the curvature is below mu", directed=True),
        Test(_between(lambda c: c["mu"]), 2, MIDPOINT),
    ),
    "weakly_convex": (
        Test(_above(lambda c: -c["rho"]), 1, "the curvature is below -rho", directed=True),
        Test(_between(lambda c: -c["rho"]), 2, MIDPOINT),
    ),
    "smooth": (
        Test(_smooth, 1, "the size of the curvature is above L", directed=True),
        Test(_smooth_pair, 2, "the gradients differ by more than L times the distance"),
    ),
    "lipschitz": (
        Test(_lipschitz, 1, "the gradient is longer than G"),
        Test(_lipschitz_pair, 2, "the values differ by more than G times the distance"),
    ),
    "l0_l1_smooth": (
        Test(_l0_l1, 1, "the size of the curvature is above L0 + L1*norm(grad)", directed=True),
    ),
    "hessian_lipschitz": (
        Test(_hessian_pair, 2, "the curvatures differ by more than rho times the distance", True),
    ),
    "pl": (
        Test(
            _dominated(lambda c: 2 * c["mu"]),
            2,
            "norm(grad)**2/2 < mu*(f(x) - f(y)) with the second point as y, and f_star <= f(y)",
            low=True,
        ),
    ),
    "error_bound": (
        Test(
            _dominated(lambda c: c["delta"]),
            2,
            "norm(grad)**2 < delta*(f(x) - f(y)) with the second point as y, and f_star <= f(y)",
            low=True,
        ),
    ),
    "kl": (
        Test(
            _kl,
            2,
            "norm(grad) < c*(f(x) - f(y))**alpha with the second point as y, and f_star <= f(y)",
            low=True,
        ),
    ),
    "semi_smooth": (Test(_semi_smooth, 2, "f(x) is above the upper model built at y"),),
    "quadratic": (Test(_quadratic, 2, "the Hessian is not constant", True),),
}
"""By assumption; what is not here is never refuted."""

BESIDE_MINIMISER: Mapping[str, tuple[Test, ...]] = {
    "quadratic_growth": (
        Test(_growth, 2, "f grows too slowly from the second point, its only minimiser", low=True),
    ),
}
"""Ways to fail where the second point is proved to be the only minimiser of f."""
