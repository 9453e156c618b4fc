"""Exact parameter values at which a claim is tried: those in ``at``, and a few small ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from theoryck.claims.arithmetic import Rationals, to_fraction
from theoryck.claims.claim import Claim
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.sampling import admissible, sample_instances
from theoryck.errors import TheoryckError


def exact_instances(claim: Claim, count: int) -> Iterator[dict[str, Fraction]]:
    """Rational values of all parameters that meet every constraint, up to ``count`` beside ``at``.

    Values in ``at`` that are not rational are left out.
    """
    for named in (*claim.at, *sample_instances(claim, count)):
        try:
            values = {
                name: to_fraction(evaluate(expr, Environment(), Rationals()))
                for name, expr in named.items()
            }
        except TheoryckError:
            continue
        if values.keys() == claim.parameters.keys() and admissible(claim, values):
            yield values


def shown(values: Mapping[str, Fraction]) -> str:
    """Values for people: ``L = 1, mu = 1/2``."""
    return ", ".join(f"{name} = {value}" for name, value in values.items())
