"""Steps divided by the root of all squared gradients so far: AdaGrad-norm without noise.

With s[k] = ‖∇f(x[k])‖ and A[k] = A0 + s[0]² + ... + s[k]² the step is eta/√A[k]. Where the first
gradient is zero nothing moves; s[0] > 0 in what follows, so that every A[k] is positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from theoryck.algebra import Vector
from theoryck.derive.exact import equal
from theoryck.derive.functional.oracle import (
    LENGTH,
    ExactRadialOracle,
    RadialOracle,
    Scalar,
    Span,
    expression,
    symbols_of,
)
from theoryck.derive.functional.pieces import cleared, given, undecided
from theoryck.derive.oracles import has_exact_gradients
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import (
    Conclusion,
    NotApplicableError,
    Rule,
    nonnegative,
    positive,
)
from theoryck.derive.setting import (
    ITERATION,
    START_GAP,
    START_GRADIENT,
    Setting,
    start_relation,
)
from theoryck.derive.statements import (
    GRADIENT_SQUARED,
    Aggregate,
    Bound,
    Measured,
    Statement,
)
from theoryck.derive.symbols import ZERO, Reader, is_integral
from theoryck.errors import TheoryckError

MEMORY = sympy.Symbol("memory[k]", nonnegative=True)
ROOT = sympy.Symbol("u", positive=True)  # √A[n]


@dataclass(frozen=True)
class AccumulatedStep(Statement):
    """``x[k+1] = x[k] - scale*∇f(x[k])/√A[k]``, A[k] = base + s[0]² + ... + s[k]²."""

    scale: sympy.Expr
    base: sympy.Expr

    def same_as(self, other: object) -> bool:
        """Exactly the same scale and base."""
        return (
            isinstance(other, AccumulatedStep)
            and equal(self.scale, other.scale)
            and equal(self.base, other.base)
        )

    def __str__(self) -> str:
        base = "" if self.base == 0 else f"{to_claim_text(tidy(self.base))} + "
        return (
            f"x[k+1] = x[k] - {to_claim_text(tidy(self.scale))}*∇f(x[k])/sqrt(A[k]), "
            f"A[k] = {base}sum over j=0..k of ‖∇f(x[j])‖²"
        )


@dataclass(frozen=True)
class RootBound(Statement):
    """``left(u) <= total`` for u = √A[upper]."""

    left: sympy.Expr
    base: sympy.Expr
    upper: sympy.Expr
    total: sympy.Expr

    def same_as(self, other: object) -> bool:
        """Exactly the same sides, base and range."""
        return isinstance(other, RootBound) and all(
            equal(ours, theirs)
            for ours, theirs in (
                (self.left, other.left),
                (self.base, other.base),
                (self.upper, other.upper),
                (self.total, other.total),
            )
        )

    def __str__(self) -> str:
        base = "" if self.base == 0 else f"{to_claim_text(tidy(self.base))} + "
        return (
            f"{to_claim_text(self.left)} <= {to_claim_text(self.total)} for "
            f"u = sqrt({base}sum over k=0..{to_claim_text(self.upper)} of ‖∇f(x[k])‖²)"
        )


def accumulated_step(setting: Setting) -> tuple[AccumulatedStep, tuple[Relation, ...]]:
    """The scale and the base of a step, and what makes them so.

    Raises:
        NotApplicableError: the method does not divide by such a root.
    """
    use = setting.claim.method
    oracle = ExactRadialOracle() if has_exact_gradients(setting.claim) else RadialOracle()
    reader = Reader({**setting.domain.symbols, "k": ITERATION})
    try:
        arguments = symbols_of({name: reader.read(v) for name, v in use.arguments.items()})
        first = use.method.first_state(oracle.start)
        if not isinstance(first, tuple) or len(first) != 2 or isinstance(first[1], Vector):
            raise NotApplicableError(f"{use.method.name} does not remember one number")
        begun = expression(first[1])
        state = (first[0], Scalar(MEMORY))
        after = use.method.step(state, oracle, Scalar(ITERATION), arguments)
        moved, remembered = after[0], expression(after[1])
    except TheoryckError as error:
        raise NotApplicableError(f"no step by the root of a sum: {error}") from error
    if not isinstance(moved, Span) or moved.place != 1:
        raise NotApplicableError("the step is not one along the gradient at x[k]")
    factor = -moved.along
    growth = sympy.cancel((remembered - MEMORY) / LENGTH**2)
    later = sympy.Dummy("later", positive=True)
    inverse = sympy.expand(sympy.cancel(factor**-2).subs(MEMORY, later - growth * LENGTH**2))
    inverse = sympy.expand(sympy.cancel(inverse))
    slope = inverse.coeff(later, 1)
    rest = sympy.expand(inverse - slope * later)
    foreign = {MEMORY, LENGTH, later, ITERATION}
    if foreign & (growth.free_symbols | slope.free_symbols | rest.free_symbols) or slope == 0:
        raise NotApplicableError("the step is not divided by the root of a sum of squares")
    scale = 1 / sympy.sqrt(slope * growth)
    base = sympy.factor((begun + rest / slope) / growth)
    conditions = (positive(growth), positive(slope), cleared(factor, ">", ZERO))
    return AccumulatedStep(sympy.simplify(scale), base), conditions


class DividedByRoot(Rule):
    """The step as the method's own source defines it, with what it remembers as a symbol."""

    name = "the method's step"
    formula = "read off the method's source, with what it remembers as a symbol"
    source = "definition"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        step, conditions = accumulated_step(setting)
        return Conclusion(step, undecided((*conditions, nonnegative(step.base))))


def divided(premises: tuple[Statement, ...]) -> AccumulatedStep:
    """The premise as a step divided by a root."""
    (premise,) = premises
    if not isinstance(premise, AccumulatedStep):
        raise NotApplicableError("a step divided by a root of squares is expected")
    return premise


class SumOfGains(Rule):
    """The descent lemma, summed: the gains grow like u = √A[n], the losses like log(u).

    f loses at least eta·s²/√A − (L·eta²/2)·s²/A in each step, and in all at most f(x[0]) − f*.
    With a[k] = s[k]², A[k] >= A[k−1] >= ... >= A0:
    sum a[k]/√A[k] >= (A[n] − A0)/√A[n], since A[k] <= A[n];
    sum a[k]/A[k] <= log(A[n]/A0) if A0 > 0, since 1 − A[k−1]/A[k] <= log(A[k]/A[k−1]); for
    A0 = 0 the first term is 1 and the others are at most log(A[n]/A[0]), A[0] = s[0]².
    """

    name = "descent lemma, summed over steps divided by the root of a sum"
    formula = (
        "sum(a[k]/sqrt(A[k])) >= (A[n] - A0)/sqrt(A[n]), sum(a[k]/A[k]) <= log(A[n]/A0), "
        "or 1 + log(A[n]/a[0]) for A0 = 0"
    )
    source = "Nesterov 2018, Lemma 1.2.3; Ward, Wu and Bottou 2019, Lemma 3.2"
    uses = ("smooth",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        step = divided(premises)
        upper = arguments["upper"]
        smoothness = self.constant(setting, "smooth", "L")
        if not is_integral(upper):
            raise NotApplicableError("the ends of a sum are integers")
        loss = smoothness * step.scale**2 / 2
        conditions = [positive(step.scale), nonnegative(smoothness), nonnegative(upper)]
        if step.base == 0:
            left = step.scale * ROOT - loss * (1 + 2 * sympy.log(ROOT / START_GRADIENT))
        else:
            conditions.append(positive(step.base))
            logarithm = sympy.log(ROOT / sympy.sqrt(step.base))
            left = step.scale * (ROOT - step.base / ROOT) - 2 * loss * logarithm
        return Conclusion(RootBound(left, step.base, upper, START_GAP), undecided(conditions))


class SumOfShortSteps(Rule):
    """The descent lemma, summed, where even the first step is short: eta/√A[k] < 2/L.

    f loses at least (eta − L·eta²/(2√A0))·s²/√A in each step.
    """

    name = "descent lemma, summed over short steps divided by the root of a sum"
    formula = "(eta - L*eta**2/(2*sqrt(A0)))*(A[n] - A0)/sqrt(A[n]) <= f(x[0]) - f*"
    source = "Ward, Wu and Bottou 2019, Theorem 2.2"
    uses = ("smooth",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        step = divided(premises)
        upper = arguments["upper"]
        smoothness = self.constant(setting, "smooth", "L")
        if not is_integral(upper) or step.base == 0:
            raise NotApplicableError("the sum of squares begins at zero")
        kept = step.scale - smoothness * step.scale**2 / (2 * sympy.sqrt(step.base))
        left = kept * (ROOT - step.base / ROOT)
        conditions = (
            positive(step.base),
            nonnegative(smoothness),
            nonnegative(upper),
            cleared(kept, ">", ZERO),
        )
        return Conclusion(RootBound(left, step.base, upper, START_GAP), undecided(conditions))


def root_bound(premises: tuple[Statement, ...]) -> RootBound:
    """The premise as a bound on a root."""
    (premise,) = premises
    if not isinstance(premise, RootBound):
        raise NotApplicableError("a bound on the root of the sum of squares is expected")
    return premise


class AssumedStartOfRoot(Rule):
    """The claim's initial condition, in the bound on the root."""

    name = "initial condition"
    formula = "the total is at most what is assumed of f(x[0]) - f*"
    source = "assumed"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known = root_bound(premises)
        relation = setting.initial[arguments["relation"]]
        found = start_relation(relation)
        if found is None or found[0] != START_GAP or known.total != START_GAP:
            raise NotApplicableError(f"{relation} is no upper bound on f(x[0]) - f*")
        return Conclusion(RootBound(known.left, known.base, known.upper, found[1]))


def sum_of_squares(known: RootBound, lower: sympy.Expr, value: sympy.Expr) -> Bound:
    """A bound on the sum of squares from ``lower`` on."""
    return Bound(Measured(GRADIENT_SQUARED, Aggregate.SUM, lower, known.upper), value)


def range_conditions(known: RootBound, lower: sympy.Expr) -> list[Relation]:
    """What makes a range a part of 0..upper."""
    if not is_integral(lower):
        raise NotApplicableError("the ends of a range are integers")
    return [nonnegative(lower), Relation(lower, "<=", known.upper)]


class SolvedLogarithm(Rule):
    """``p·u − q/u − r·log(u/b) + t <= D`` solved for u, the logarithm below a line.

    log(v) <= w·v − 1 − log(w) with v = u/b and w = (1 − share)·p·b/r; u >= √A0 in the second term.
    """

    name = "root of the sum of squares, with a logarithm below a line"
    formula = "p*u - r*log(u/b) <= D, 0 < t < 1  ⟹  u <= (D + r*(log(r/((1 - t)*p*b)) - 1))/(t*p)"
    source = "log(v) <= w*v - 1 - log(w)"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known = root_bound(premises)
        share, lower = arguments["share"], arguments["lower"]
        if not isinstance(share, sympy.Rational) or not 0 < share < 1:
            raise NotApplicableError("the share is a rational number between 0 and 1")
        unit = START_GRADIENT if known.base == 0 else sympy.sqrt(known.base)
        slope, weight, constant = _parts(known.left, unit, known.base)
        line = sympy.log(weight / ((1 - share) * slope * unit)) - 1
        root = (known.total + constant + weight * line) / (share * slope)
        conditions = (*range_conditions(known, lower), positive(slope), positive(weight))
        bound = root**2 - known.base
        return Conclusion(sum_of_squares(known, lower, bound), undecided(conditions))


def _parts(
    left: sympy.Expr, unit: sympy.Expr, base: sympy.Expr
) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr]:
    """p, r and what else is added at most on the right, of ``p*u - q/u - r*log(u/unit) + t``."""
    ratio = sympy.Dummy("ratio")
    # log(u/b) is one generator, whatever SymPy makes of it
    logarithm = sympy.log(ROOT / unit)
    whole = sympy.expand(left.subs(logarithm, ratio))
    slope, weight, inverse = whole.coeff(ROOT, 1), -whole.coeff(ratio, 1), whole.coeff(ROOT, -1)
    rest = sympy.expand(whole - slope * ROOT + weight * ratio - inverse / ROOT)
    foreign = {ROOT, ratio}
    if any(foreign & part.free_symbols for part in (slope, weight, inverse, rest)) or weight == 0:
        raise NotApplicableError("no line less a logarithm")
    # -inverse/u <= -inverse/√A0, since u >= √A0
    most = -inverse / sympy.sqrt(base) if inverse != 0 else ZERO
    return slope, weight, most - rest


class SolvedQuotient(Rule):
    """``p·(u − A0/u) <= D`` solved: A[n] − A0 <= (D/p)·u and u <= √A0 + D/p."""

    name = "root of the sum of squares, from a quotient"
    formula = "p*(u - A0/u) <= D, p > 0  ⟹  u**2 - A0 <= (D/p)*(sqrt(A0) + D/p)"
    source = "algebra"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known, lower = root_bound(premises), arguments["lower"]
        slope = sympy.cancel(known.left / (ROOT - known.base / ROOT))
        if ROOT in slope.free_symbols:
            raise NotApplicableError("the left side is no multiple of u - A0/u")
        share = known.total / slope
        conditions = (
            *range_conditions(known, lower),
            cleared(slope, ">", ZERO),
            nonnegative(known.base),
            nonnegative(known.total),
        )
        bound = share * (sympy.sqrt(known.base) + share)
        return Conclusion(sum_of_squares(known, lower, bound), undecided(conditions))


class SumByGrowth(Rule):
    """``left`` grows beyond r = √(A0 + S) and is at least D there, so that u <= r."""

    name = "root of the sum of squares, from a left side that grows"
    formula = "left(u) <= D, left(r) >= D, left' > 0 beyond r = sqrt(A0 + S)  ⟹  u**2 - A0 <= S"
    source = "monotonicity"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        known = root_bound(premises)
        level, lower = arguments["level"], arguments["lower"]
        radius = sympy.sqrt(known.base + level)
        beyond = (Relation(ROOT, ">", radius),)
        slope = sympy.diff(known.left, ROOT)
        conditions = (
            *range_conditions(known, lower),
            positive(level),
            nonnegative(known.base),
            given(cleared(slope, ">", ZERO), beyond),
            Relation(known.left.subs(ROOT, radius), ">=", known.total),
        )
        return Conclusion(sum_of_squares(known, lower, level), undecided(conditions))


__all__ = [
    "AccumulatedStep",
    "AssumedStartOfRoot",
    "DividedByRoot",
    "RootBound",
    "SolvedLogarithm",
    "SolvedQuotient",
    "SumByGrowth",
    "SumOfGains",
    "SumOfShortSteps",
]
