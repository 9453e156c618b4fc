"""Parameter values for a claim that names none: where numeric engines look by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from math import prod

from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import Claim, Parameter
from theoryck.claims.evaluate import Environment, holds
from theoryck.claims.expressions import Condition, Expr, Number, names
from theoryck.errors import InexactError, TheoryckError

REALS = tuple(
    Fraction(v)
    for v in ("1", "0", "2", "1/2", "-1", "3", "1/10", "5", "1/4", "10", "1/100", "3/2", "3/4")
)
BETWEEN = tuple(Fraction(v) for v in ("1/2", "1/10", "1/4", "1/100", "1", "2", "3", "5", "10", "0"))
INTEGERS = tuple(Fraction(v) for v in (1, 2, 3, 5, 4, 8, 10, 0))
MAX_TRIED = 20_000


def sample_instances(claim: Claim, count: int) -> tuple[Mapping[str, Expr], ...]:
    """Up to ``count`` choices of small parameter values that meet every constraint exactly.

    Deterministic: first every parameter at its simplest value, then every one at its next, and
    where that is outside the domain, choices in the order of their simplicity.
    """
    found: list[Mapping[str, Fraction]] = []
    for values in _by_variety(claim):
        if values not in found and admissible(claim, values):
            found.append(values)
            if len(found) == count:
                break
    return tuple({name: Number(value) for name, value in values.items()} for values in found)


def _by_variety(claim: Claim) -> Iterator[dict[str, Fraction]]:
    known = list(claim.parameters)
    choices = [_alone(claim.parameters[name]) for name in known]
    if not all(choices):
        return
    for rank in range(max(map(len, choices), default=1)):
        values = (choice[min(rank, len(choice) - 1)] for choice in choices)
        yield dict(zip(known, values, strict=True))
    width = max(map(len, choices), default=1)
    while width > 1 and prod(min(width, len(choice)) for choice in choices) > MAX_TRIED:
        width -= 1
    tuples = product(*(range(min(width, len(choice))) for choice in choices))
    for ranks in sorted(tuples, key=lambda ranks: (max(ranks, default=0), sum(ranks))):
        yield {name: choice[r] for name, choice, r in zip(known, choices, ranks, strict=True)}


def _alone(parameter: Parameter) -> tuple[Fraction, ...]:
    """The values that a parameter may take as far as its own constraint tells.

    One that is bounded by others (mu <= L) starts off their boundary, where claims degenerate.
    """
    joint = parameter.condition is not None and names(parameter.condition) != {parameter.name}
    choices = INTEGERS if parameter.integer else BETWEEN if joint else REALS
    if parameter.condition is None or joint:
        return choices
    condition = parameter.condition
    return tuple(v for v in choices if _surely(condition, {parameter.name: v}))


def admissible(claim: Claim, values: Mapping[str, Fraction]) -> bool:
    """Whether rational values surely meet the constraints of every parameter."""
    return all(
        (not parameter.integer or values[parameter.name].denominator == 1)
        and (parameter.condition is None or _surely(parameter.condition, values))
        for parameter in claim.parameters.values()
    )


def _surely(condition: Condition, values: Mapping[str, Fraction]) -> bool:
    for numbers in (Rationals(), Balls()):
        environment = Environment({n: numbers.rational(v) for n, v in values.items()})
        try:
            return holds(condition, environment, numbers)
        except InexactError:
            continue
        except TheoryckError:
            return False
    return False
