"""The definitions of assumptions at points of a function on the line, evaluated exactly.

Each definition is the text of :mod:`theoryck.assumptions` in one dimension, as a condition in
what an example has at one point (``pl``) or at two (``convex``, by the midpoint).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.assumptions import ASSUMPTIONS
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.evaluate import Environment, evaluate, holds
from theoryck.claims.expressions import Condition, Expr, names
from theoryck.claims.grammar import parse_condition, parse_expression
from theoryck.claims.scopes import Scope
from theoryck.derive.implications.examples import Example, Member
from theoryck.errors import InexactError, TheoryckError

AT_A_POINT: Mapping[str, str] = {
    "pl": "slope**2/2 >= mu*gap",
    "error_bound": "slope**2 >= delta*gap",
    "quadratic_growth": "gap >= mu/2*distance**2",
    "lipschitz": "abs(slope) <= G",
    "l0_l1_smooth": "abs(bend) <= L0 + L1*abs(slope)",
    "unbiased": "mean == 0",
    "bounded_variance": "variance <= sigma**2",
    "bounded_second_moment": "moment <= G**2",
    "strong_growth": "moment <= rho*slope**2",
}
OFF_THE_MINIMISERS: Mapping[str, str] = {"kl": "abs(slope) >= c*gap**alpha"}
AT_A_MINIMISER: Mapping[str, str] = {"interpolation": "moment == 0"}
AT_TWO_POINTS: Mapping[str, str] = {
    "convex": "2*middle <= here + there",
    "strongly_convex": "2*middle <= here + there - mu/4*(u - v)**2",
    "weakly_convex": "2*middle <= here + there + rho/4*(u - v)**2",
    "smooth": "abs(slope - slope_there) <= L*abs(u - v)",
    "hessian_lipschitz": "abs(bend - bend_there) <= rho*abs(u - v)",
    # the third difference of a quadratic vanishes
    "quadratic": "next - 3*there + 3*here - before == 0",
}
# what a deterministic oracle has, whatever the function
WITHOUT_NOISE: Mapping[str, Member] = {
    name: Member(condition, "the gradient is exact")
    for name, condition in {
        "unbiased": "1 == 1",
        "bounded_variance": "sigma**2 >= 0",
        "heavy_tailed": "sigma >= 0",
        "strong_growth": "rho >= 1",
        "interpolation": "1 == 1",
    }.items()
}

SIZES = ("1/1000", "1/10", "1/2", "1", "3/2", "2", "3", "10", "1000", "1000000")
POINTS = (*(sign * Fraction(size) for size in SIZES for sign in (1, -1)), Fraction(0))
PAIRED = tuple(
    Fraction(size) for size in (0, 1, -1, "1/10", "-1/10", 2, 10, 1000, -1000, "1/1000", "-1/1000")
)

AT_THE_POINTS = (
    *("u", "v", "here", "there", "middle", "before", "next", "slope", "slope_there", "bend"),
    *("bend_there", "gap", "distance", "mean", "variance", "moment"),
)
CONSTANTS = {q.name for assumption in ASSUMPTIONS.values() for q in assumption.quantities}
SCOPE = Scope("a definition", dict.fromkeys((*AT_THE_POINTS, *sorted(CONSTANTS)), ()))

Constants = Mapping[str, Fraction]


@dataclass(frozen=True)
class Dilation:
    """a·f(s·u): its constants are those of f, scaled by their units."""

    a: Fraction
    s: Fraction

    def undone(self, name: str, constants: Constants, numbers: NumberSystem) -> dict[str, Any]:
        """The constants that f itself must have for a·f(s·u) to have these.

        Raises:
            TheoryckError: a power of the scale is not in the number system.
        """
        found = {}
        for quantity in ASSUMPTIONS[name].quantities:
            if quantity.unit is None:
                raise InexactError(f"the unit of {quantity.name} is not known")
            scale = self._factor(quantity.unit, Fraction(1), numbers)
            for other, unit in quantity.unit_powers:
                scale = scale * self._factor(unit, constants[other], numbers)
            found[quantity.name] = numbers.rational(constants[quantity.name]) / scale
        return found

    def _factor(self, unit: Any, power: Fraction, numbers: NumberSystem) -> Any:
        a, s = numbers.rational(self.a), numbers.rational(self.s)
        return numbers.power(a, numbers.rational(unit.f * power)) * numbers.power(
            s, numbers.rational(-unit.x * power)
        )


def may_be_member(example: Example, name: str) -> bool:
    """Whether the example is in the class for some of its constants."""
    if name in example.members:
        return True
    if example.noise:
        return False
    return name in WITHOUT_NOISE or (
        name == "bounded_second_moment" and "lipschitz" in example.members
    )


def is_member(
    example: Example, dilation: Dilation, name: str, constants: Constants
) -> Member | None:
    """Why the dilated example is in the class, or None where that is not known."""
    member = example.members.get(name)
    if member is None and not example.noise:
        member = WITHOUT_NOISE.get(name)
        if name == "bounded_second_moment":
            known = is_member(example, dilation, "lipschitz", constants)
            return known and Member(known.condition, f"the gradient is exact; {known.because}")
        if name == "interpolation" and example.minimum is None:
            return None
    if member is None:
        return None
    condition = _condition(member.condition)
    return member if _truth(condition, name, constants, dilation, {}) else None


@dataclass(frozen=True)
class Violation:
    """Where a definition fails: the condition on the undilated example, and the points."""

    condition: str
    points: tuple[Fraction, ...]


# beside the extreme scales themselves, for definitions that are not rational in them
SLACKS = (Fraction(1), Fraction(101, 100), Fraction(99, 100))

Known = dict[tuple[str, Fraction, str], Any]


def violation(
    example: Example, dilation: Dilation, name: str, constants: Constants, known: Known
) -> Violation | None:
    """Points at which the dilated example surely violates the definition, if some are found.

    ``known`` keeps values of the undilated example from one call to the next.
    """
    if name in AT_TWO_POINTS:
        condition = _condition(AT_TWO_POINTS[name])
        for u, v in combinations((*example.points, *PAIRED), 2):
            if _fails(example, dilation, name, constants, condition, (u, v), known):
                return Violation(AT_TWO_POINTS[name], (u, v))
        return None
    if name in AT_A_MINIMISER:
        condition = _condition(AT_A_MINIMISER[name])
        found = _fails(example, dilation, name, constants, condition, (Fraction(0),), known)
        at_minimiser = example.distance is not None and _surely(
            "distance == 0", example, Fraction(0)
        )
        return Violation(AT_A_MINIMISER[name], (Fraction(0),)) if found and at_minimiser else None
    text = {**AT_A_POINT, **OFF_THE_MINIMISERS}.get(name)
    if text is None:
        return None
    condition = _condition(text)
    for u in (*example.points, *POINTS):
        if name in OFF_THE_MINIMISERS and not _surely("gap > 0", example, u):
            continue
        if _fails(example, dilation, name, constants, condition, (u,), known):
            return Violation(text, (u,))
    return None


def _fails(
    example: Example,
    dilation: Dilation,
    name: str,
    constants: Constants,
    condition: Condition,
    points: tuple[Fraction, ...],
    known: Known,
) -> bool:
    parts = _Parts(example, points, known)
    return _truth(condition, name, constants, dilation, parts) is False


def _surely(text: str, example: Example, u: Fraction) -> bool:
    undilated = Dilation(Fraction(1), Fraction(1))
    return _truth(_condition(text), None, {}, undilated, _Parts(example, (u,))) is True


def _truth(
    condition: Condition,
    name: str | None,
    constants: Constants,
    dilation: Dilation,
    parts: _Parts | Mapping[str, Any],
) -> bool | None:
    """Whether a condition holds, exactly; None where it has no truth value here."""
    for numbers in (Rationals(), Balls()):
        try:
            if isinstance(numbers, Balls):
                with numbers.scope():
                    return _ask(condition, name, constants, dilation, parts, numbers)
            return _ask(condition, name, constants, dilation, parts, numbers)
        except InexactError:
            continue
        except (TheoryckError, ZeroDivisionError):
            return None
    return None


def _ask(
    condition: Condition,
    name: str | None,
    constants: Constants,
    dilation: Dilation,
    parts: _Parts | Mapping[str, Any],
    numbers: NumberSystem,
) -> bool:
    known = dilation.undone(name, constants, numbers) if name is not None else {}
    if isinstance(parts, _Parts):
        known |= {word: parts.value(word, numbers) for word in names(condition) - known.keys()}
    return holds(condition, Environment(known), numbers)


@dataclass(frozen=True)
class _Parts:
    """What an example has at given points, computed as asked for and kept in ``known``."""

    example: Example
    points: tuple[Fraction, ...]
    known: Known = field(default_factory=dict)

    def value(self, word: str, numbers: NumberSystem) -> Any:
        u, v = self.points[0], self.points[-1]
        match word:
            case "u" | "v":
                return numbers.rational(u if word == "u" else v)
            case "here":
                return self._at(self.example.value, u, numbers)
            case "there":
                return self._at(self.example.value, v, numbers)
            case "middle":
                return self._at(self.example.value, (u + v) / 2, numbers)
            case "before" | "next":
                beyond = 2 * u - v if word == "before" else 2 * v - u
                return self._at(self.example.value, beyond, numbers)
            case "slope":
                return self._at(self.example.slope, u, numbers)
            case "slope_there":
                return self._at(self.example.slope, v, numbers)
            case "bend":
                return self._at(self.example.bend, u, numbers)
            case "bend_there":
                return self._at(self.example.bend, v, numbers)
            case "gap":
                lowest = self._at(self.example.minimum, u, numbers)
                return self._at(self.example.value, u, numbers) - lowest
            case "distance":
                return self._at(self.example.distance, u, numbers)
        return self._noise(word, u, numbers)

    def _noise(self, word: str, u: Fraction, numbers: NumberSystem) -> Any:
        slope = self._at(self.example.slope, u, numbers)
        total = numbers.rational(Fraction(0))
        deviations = [
            (draw.probability, self._at(draw.deviation, u, numbers)) for draw in self.example.noise
        ] or [(Fraction(1), numbers.rational(Fraction(0)))]
        for probability, deviation in deviations:
            term = {
                "mean": deviation,
                "variance": deviation * deviation,
                "moment": (slope + deviation) * (slope + deviation),
            }[word]
            total = total + numbers.rational(probability) * term
        return total

    def _at(self, text: str | None, u: Fraction, numbers: NumberSystem) -> Any:
        if text is None:
            raise TheoryckError("the example has no such value")
        key = (text, u, numbers.name)
        if key not in self.known:
            here = Environment({"u": numbers.rational(u)})
            self.known[key] = evaluate(_expression(text), here, numbers)
        return self.known[key]


@cache
def _expression(text: str) -> Expr:
    return parse_expression(text, scope=SCOPE)


@cache
def _condition(text: str) -> Condition:
    return parse_condition(text, scope=SCOPE)


def definition(text: str) -> Condition:
    """The condition of one of the tables of this module."""
    return _condition(text)


def dilations(
    example: Example, values: tuple[Fraction, ...], along_both: bool
) -> Iterator[Dilation]:
    """Scales at which the example may be extreme for constants of these values.

    ``along_both``: the constants have several units, so that a alone does not reach all of them.
    """
    one = Fraction(1)
    amounts = dict.fromkeys((one, *(v for v in values if v > 0)))
    scales = {
        amount / constant * slack: None
        for slack in SLACKS
        for constant in (one, *example.constants)
        for amount in amounts
    }
    widths = amounts if along_both else (one,)
    pairs = ((s, a) for s in widths for scale in scales for a in (scale / s**2, scale))
    yield from (Dilation(a, s) for s, a in dict.fromkeys(pairs))
