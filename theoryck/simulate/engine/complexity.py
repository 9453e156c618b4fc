"""A complexity claim at one instance, as the rate claim that says the same."""

from __future__ import annotations

from fractions import Fraction

from theoryck.claims.claim import ComplexityClaim, RateClaim
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Apply, Iterate, Number, Order, Over, mentions, names
from theoryck.errors import InexactError
from theoryck.simulate.engine.values import Values
from theoryck.simulate.errors import SimulationError

EXTREMES = {"<=": "min_over", "<": "min_over", ">=": "max_over", ">": "max_over"}


def as_rate(claim: ComplexityClaim, values: Values) -> RateClaim:
    """``reach`` holds at some k up to ⌈within⌉: the least left side is at most the right one, or
    where the target is ``measure >= level`` the largest is at least.

    Raises:
        SimulationError: the claim is of another form (a lower bound, an order, a chain).
    """
    if claim.within is None:
        raise SimulationError("that no method gets there sooner is not seen from one method's runs")
    if isinstance(claim.within, Order):
        raise SimulationError("an order hides a constant: no number of steps breaks or keeps it")
    relation = claim.reach.relations[0]
    if len(claim.reach.relations) != 1 or relation not in EXTREMES:
        raise SimulationError(
            "simulate follows targets of the form  measure <= level  or  measure >= level"
        )
    left, right = claim.reach.operands
    free = names(claim.reach) - claim.parameters.keys()
    index = "N" if "N" in free else "k"  # of mean_over(k, 0, N, ...) it is N
    steps = _steps(claim, values)
    if index in names(right):
        left, right = Apply("-", (left, right)), Number(Fraction(0))
    measure = Over(EXTREMES[relation], index, Number(Fraction(0)), Number(Fraction(steps)), left)
    return RateClaim(
        id=claim.id,
        kind=claim.kind,
        text=claim.text,
        source=claim.source,
        parameters=claim.parameters,
        at=claim.at,
        expect=claim.expect,
        table=claim.table,
        method=claim.method,
        assumptions=claim.assumptions,
        initial=claim.initial,
        measure=measure,
        bound=right,
        relation=relation,
        limit=claim.limit,
        confidence=claim.confidence,
    )


def _steps(claim: ComplexityClaim, values: Values) -> int:
    if claim.within is None:
        raise SimulationError("no number of steps is claimed")
    if mentions(claim.within, Iterate):
        raise SimulationError("the number of steps depends on the start of the run")
    for used in (values, values.in_balls()):
        numbers = used.numbers
        try:
            steps = evaluate(claim.within, Environment(used.exact), numbers)
            return max(0, numbers.to_integer(numbers.function("ceil", steps)))
        except InexactError:
            continue
    raise SimulationError("the number of steps has no value")
