"""Values of a claim's formulas, and of their derivatives, at exact points: the re-check.

Everything here starts from the claim's own tree and uses rationals, or balls where these do not
suffice. What it cannot tell is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import prod
from typing import Any, TypeVar

from theoryck.algebra import NumberSystem
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import Claim, Variable
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Expr, Number
from theoryck.claims.sampling import admissible, sample_instances
from theoryck.derive.arrays import Array, Sizes, concrete_shape, evaluate_arrays
from theoryck.derive.jets import Jet, Jets, gradient_of, hessian_of
from theoryck.errors import InexactError, TheoryckError, UndecidedError

T = TypeVar("T")


@dataclass(frozen=True)
class Spot:
    """Where formulas are evaluated.

    Args:
        parameters: exact values, as constant trees.
        sizes: of the named dimensions.
        entries: of each variable, in row order.
    """

    parameters: Mapping[str, Expr]
    sizes: Sizes
    entries: Mapping[str, tuple[Fraction, ...]]

    def text(self) -> str:
        """The spot for people."""
        from theoryck.claims.printing import to_text

        parts = [f"{name} = {to_text(value)}" for name, value in self.parameters.items()]
        parts += [f"{name} = {shown(values)}" for name, values in self.entries.items()]
        return ", ".join(parts)

    def data(self) -> dict[str, Any]:
        """The spot as JSON data: exact numbers as text."""
        from theoryck.claims.printing import to_text

        return {
            "parameters": {name: to_text(value) for name, value in self.parameters.items()},
            "sizes": dict(self.sizes),
            "entries": {name: [str(v) for v in values] for name, values in self.entries.items()},
        }


def shown(values: tuple[Fraction, ...]) -> str:
    """One number plainly, several in brackets."""
    return str(values[0]) if len(values) == 1 else f"[{', '.join(map(str, values))}]"


def parameter_choices(claim: Claim, count: int) -> list[Mapping[str, Expr]]:
    """The claim's own instances, then ``count`` simple choices, then the same with other signs.

    A claim without parameters has one choice, the empty one.
    """
    if not claim.parameters:
        return [{}]
    sampled = [dict(values) for values in sample_instances(claim, count)]
    flipped = []
    for values in sampled:
        for name in values:
            plain = {n: getattr(v, "value", Fraction(0)) for n, v in values.items()}
            plain[name] = -plain[name]
            if plain[name] != 0 and admissible(claim, plain):
                flipped.append({**values, name: Number(plain[name])})
    known = [dict(at) for at in claim.at]
    return [*claim.at, *(values for values in (*sampled, *flipped[:2]) if values not in known)]


def exactly(ask: Callable[[NumberSystem], T]) -> T | None:
    """The answer in rationals, or in balls where these do not suffice; None where neither tells."""
    try:
        return ask(Rationals())
    except (InexactError, UndecidedError):
        balls = Balls()
        with balls.scope():
            try:
                return ask(balls)
            except (TheoryckError, ZeroDivisionError):
                return None
    except (TheoryckError, ZeroDivisionError):
        return None


def named(spot: Spot, variables: tuple[Variable, ...], numbers: NumberSystem) -> dict[str, Array]:
    """The arrays that the names of a formula stand for."""
    values = {
        name: Array((), (evaluate(value, Environment(), numbers),))
        for name, value in spot.parameters.items()
    }
    values |= {name: Array((), (numbers.integer(size),)) for name, size in spot.sizes.items()}
    for variable in variables:
        entries = tuple(numbers.rational(value) for value in spot.entries[variable.name])
        values[variable.name] = Array(concrete_shape(variable, spot.sizes), entries)
    return values


def value_at(
    expr: Expr, spot: Spot, variables: tuple[Variable, ...], numbers: NumberSystem
) -> Array:
    """The value of a formula."""
    return evaluate_arrays(expr, named(spot, variables, numbers), numbers)


@dataclass(frozen=True)
class Derivatives:
    """A scalar formula's value, gradient and (at order 2) Hessian, the variables in their order."""

    value: Any
    gradient: tuple[Any, ...]
    hessian: tuple[tuple[Any, ...], ...]


def derivatives_at(
    expr: Expr,
    spot: Spot,
    variables: tuple[Variable, ...],
    numbers: NumberSystem,
    *,
    order: int = 1,
    along: tuple[str, ...] | None = None,
) -> Derivatives:
    """The derivatives of a scalar formula with respect to all variables, or to those ``along``.

    Raises:
        NotDifferentiableError: the rules of differentiation do not hold there.
        DomainError, InexactError, UndecidedError: as the number system does.
    """
    chosen = [v for v in variables if along is None or v.name in along]
    counts = [prod(concrete_shape(v, spot.sizes)) for v in chosen]
    jets = Jets(numbers, sum(counts), order)
    values = {name: array.map(Jet) for name, array in named(spot, variables, numbers).items()}
    for variable, start in zip(chosen, accumulate([0, *counts]), strict=False):
        plain = values[variable.name]
        entries = tuple(jets.variable(start + n, e.value) for n, e in enumerate(plain.entries))
        values[variable.name] = Array(plain.shape, entries)
    jet = evaluate_arrays(expr, values, jets).scalar
    hessian = hessian_of(jet, jets) if order == 2 else ()
    return Derivatives(jet.value, gradient_of(jet, jets), hessian)
