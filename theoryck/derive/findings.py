"""What is noticed beside a proof: slack, assumptions without use, assumptions that lack."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import sympy

from theoryck.claims.arithmetic import Floats
from theoryck.derive.exact import equal
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.proof import Derivation, Workshop
from theoryck.derive.relations import Relation
from theoryck.derive.sampling import sample_points
from theoryck.derive.setting import Setting
from theoryck.derive.statements import Bound, ClaimedBound
from theoryck.derive.symbols import ZERO
from theoryck.derive.values import Point, value
from theoryck.errors import TheoryckError
from theoryck.verdict import Finding

MAX_DENOMINATOR = 1000  # of a constant factor that is worth a finding
COMPARED_POINTS = 8  # at which two proved bounds are compared


def derived_bound(derivation: Derivation) -> sympy.Expr:
    """The bound that was compared with the claimed one."""
    conclusion = derivation.conclusion
    return conclusion.derived if isinstance(conclusion, ClaimedBound) else ZERO


def unused_assumptions(derivation: Derivation, setting: Setting) -> tuple[Finding, ...]:
    """Assumptions on which no step of the derivation rests."""
    named = [use.assumption.name for use in setting.claim.assumptions]
    if "finite_sum" in named:
        # under a finite sum the other assumptions change their meaning, so that use is not told
        return ()
    used = {name for step in derivation.steps for name in step.rule.assumed(setting)}
    return tuple(
        Finding("unused-assumption", f"{name} is not used in the derivation")
        for name in dict.fromkeys(named)
        if name not in used
    )


def looseness(derived: sympy.Expr, setting: Setting) -> tuple[Finding, ...]:
    """A finding when the derived bound is smaller by a constant factor."""
    ratio = _ratio(setting, derived)
    if ratio is None or ratio <= 1 or not equal(setting.bound, ratio * derived):
        return ()
    text = to_claim_text(tidy(derived))
    return (Finding("loose", f"the claimed bound is {ratio} times the derived one, {text}"),)


def _ratio(setting: Setting, derived: sympy.Expr) -> sympy.Rational | None:
    """The claimed bound over the derived one at some point, if it is a small rational there."""
    for point in islice(sample_points(setting.domain), COMPARED_POINTS):
        try:
            above, below = (value(bound, point, Floats()) for bound in (setting.bound, derived))
            ratio = Fraction(above / below).limit_denominator(MAX_DENOMINATOR)
        except (TheoryckError, KeyError, ArithmeticError, ValueError):
            continue
        return sympy.Rational(ratio.numerator, ratio.denominator)
    return None


def missing_assumptions(workshop: Workshop) -> tuple[Finding, ...]:
    """Assumptions for want of which a rule did not apply to the method's own step."""
    return tuple(
        Finding("missing-assumption", f"the expectation of a step needs {name}")
        for name in workshop.missing
    )


def natural_relations(setting: Setting) -> tuple[Relation, ...]:
    """Relations between constants that hold for every function that is not constant."""
    found = []
    smoothness = setting.constant("smooth", "L")
    mu, delta = setting.constant("pl", "mu"), setting.constant("error_bound", "delta")
    if smoothness is not None and mu is not None:
        found.append(Relation(mu, "<=", smoothness))
    if smoothness is not None and delta is not None:
        found.append(Relation(delta, "<=", 2 * smoothness))
    growth = setting.constant("strong_growth", "rho")
    if growth is not None:
        found.append(Relation(growth, ">=", sympy.Integer(1)))
    return tuple(found)


def is_smaller(workshop: Workshop, number: int, other: int) -> bool:
    """Whether a bound is the smaller one at more of a few points (for the choice of a text)."""
    bounds = [workshop.statement(n) for n in (number, other)]
    first, second = (b.bound for b in bounds if isinstance(b, Bound))
    points = islice(sample_points(workshop.setting.domain), COMPARED_POINTS)
    return sum(_order(first, second, point) for point in points) > 0


def _order(first: sympy.Expr, second: sympy.Expr, point: Point) -> int:
    try:
        left, right = (value(bound, point, Floats()) for bound in (first, second))
    except (TheoryckError, KeyError, ArithmeticError):
        return 0
    return int(left < right) - int(left > right)
