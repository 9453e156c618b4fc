"""Parameter values for a claim that names none: where numeric engines look by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from math import prod

from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import Claim
from theoryck.claims.evaluate import Environment, holds
from theoryck.claims.expressions import Condition, Expr, Number
from theoryck.errors import InexactError, TheoryckError

REALS = tuple(Fraction(v) for v in ("1", "1/2", "2", "1/10", "3", "1/4", "5", "0", "1/100", "10"))
INTEGERS = tuple(Fraction(v) for v in (1, 2, 3, 5, 8, 4, 10, 0))
MAX_TRIED = 20_000


def sample_instances(claim: Claim, count: int) -> tuple[Mapping[str, Expr], ...]:
    """Up to ``count`` choices of small parameter values that meet every constraint exactly.

    Deterministic; the first ones are the simplest (all reals 1), later ones differ in as many
    parameters as the constraints allow.
    """
    found: list[Mapping[str, Expr]] = []
    for values in _by_simplicity(claim):
        if admissible(claim, values):
            found.append({name: Number(value) for name, value in values.items()})
            if len(found) == count:
                break
    return tuple(found)


def _by_simplicity(claim: Claim) -> Iterator[dict[str, Fraction]]:
    """Choices by their largest rank, then by the sum of the ranks."""
    names = list(claim.parameters)
    choices = [INTEGERS if claim.parameters[name].integer else REALS for name in names]
    width = 10
    while width > 2 and prod(min(width, len(choice)) for choice in choices) > MAX_TRIED:
        width -= 1
    ranks = product(*(range(min(width, len(choice))) for choice in choices))
    if prod(min(width, len(choice)) for choice in choices) > MAX_TRIED:
        return
    for rank in sorted(ranks, key=lambda rank: (max(rank, default=0), sum(rank))):
        yield {name: choice[r] for name, choice, r in zip(names, choices, rank, strict=True)}


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
