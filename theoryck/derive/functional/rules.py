"""From a step along the gradient to what a run gains: the rules, each with its theorem."""

from __future__ import annotations

from typing import Any

import sympy

from theoryck.derive.functional.oracle import (
    LENGTH,
    ExactRadialOracle,
    RadialOracle,
    Scalar,
    Span,
    symbols_of,
)
from theoryck.derive.functional.pieces import cleared, given, pieces, undecided
from theoryck.derive.functional.statements import Decrease, GainSum, RadialStep
from theoryck.derive.oracles import has_exact_gradients
from theoryck.derive.rules.base import (
    Conclusion,
    NotApplicableError,
    Rule,
    nonnegative,
)
from theoryck.derive.rules.measures import affine_in
from theoryck.derive.setting import ITERATION, START_DISTANCE, START_GAP, Setting, start_relation
from theoryck.derive.statements import Statement
from theoryck.derive.symbols import ZERO, Reader, is_integral
from theoryck.errors import TheoryckError

SERIES_TERMS = 20
SERIES_DIGITS = 10**4  # a bound that can be read is worth its last digit


def radial_factor(setting: Setting) -> sympy.Expr:
    """h(s) of ``x[k+1] = x[k] - h(‖g‖)*g``, read off the method's source.

    Raises:
        NotApplicableError: the method's step is not of that form.
    """
    use = setting.claim.method
    oracle = ExactRadialOracle() if has_exact_gradients(setting.claim) else RadialOracle()
    reader = Reader({**setting.domain.symbols, "k": ITERATION})
    try:
        arguments = symbols_of({name: reader.read(v) for name, v in use.arguments.items()})
        state = use.method.first_state(oracle.start)
        if isinstance(state, tuple):
            raise NotApplicableError(f"{use.method.name} remembers more than x")
        after = use.method.iterate(use.method.step(state, oracle, Scalar(ITERATION), arguments))
    except TheoryckError as error:
        raise NotApplicableError(f"no step along the gradient alone: {error}") from error
    if not isinstance(after, Span) or after.place != 1:
        raise NotApplicableError("the step is not one along the gradient at x[k]")
    factor = -after.along
    if ITERATION in factor.free_symbols:
        raise NotApplicableError("the step varies with k")
    return factor


class StepAlongGradient(Rule):
    """The step as the method's own source defines it, in the gradient's length."""

    name = "the method's step"
    formula = "read off the method's source, with the gradient's length s as a symbol"
    source = "definition"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        return Conclusion(RadialStep(radial_factor(setting)))


def radial_step(premises: tuple[Statement, ...]) -> sympy.Expr:
    """The factor h(s) of the premise."""
    (premise,) = premises
    if not isinstance(premise, RadialStep):
        raise NotApplicableError("a step along the gradient is expected as a premise")
    return premise.factor


def quadratic_gain(factor: sympy.Expr, curvature: sympy.Expr) -> sympy.Expr:
    """``h*s**2 - curvature*h**2*s**2``."""
    return factor * LENGTH**2 - curvature * factor**2 * LENGTH**2


class SmoothGain(Rule):
    """The descent lemma at y = x − h·g, for a step h of either sign."""

    name = "descent lemma along the gradient"
    formula = "f(x - h*g) <= f(x) - h*‖g‖² + (L/2)*h**2*‖g‖², g = ∇f(x)"
    source = "Nesterov 2018, Lemma 1.2.3"
    uses = ("smooth",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        factor = radial_step(premises)
        smoothness = self.constant(setting, "smooth", "L")
        return Conclusion(Decrease(quadratic_gain(factor, smoothness / 2)))


def bend_within(reach: sympy.Expr) -> sympy.Rational:
    """A rational c >= (exp(t) − 1 − t)/t² for 0 < t <= reach, a little above the value there.

    The series 1/2 + t/6 + t²/24 + ... increases in t. Its terms from the J-th on are at most
    that term times the geometric series in t/(J + 2).

    Raises:
        NotApplicableError: the reach is no rational number in (0, 4].

    >>> bend_within(sympy.Integer(1))
    7183/10000
    """
    if not isinstance(reach, sympy.Rational) or not 0 < reach <= 4:
        raise NotApplicableError("the reach is a rational number, positive and at most 4")
    term, total = sympy.Rational(1, 2), sympy.Rational(0)
    for j in range(3, 3 + SERIES_TERMS):
        total += term
        term *= reach / j
    total += term / (1 - reach / (3 + SERIES_TERMS))
    return sympy.Rational(sympy.ceiling(total * SERIES_DIGITS), SERIES_DIGITS)


class GeneralisedGain(Rule):
    """Descent under (L0, L1)-smoothness, for steps of length at most a/L1.

    On the segment from x the norm of the Hessian is at most w = L0 + L1‖∇f‖, and dw/dt <= L1·w,
    so that w(t) <= (L0 + L1·s)·exp(L1·t) (Grönwall). Two integrations give
    f(x + u) <= f(x) + ⟨g, u⟩ + (L0 + L1·s)·(exp(L1·r) − 1 − L1·r)/L1² with r = ‖u‖, and
    (exp(t) − 1 − t)/t² increases, so that it is at most its value c at a = ``reach`` for t <= a.
    """

    name = "descent lemma of an (L0, L1)-smooth function along the gradient"
    formula = (
        "f(x - h*g) <= f(x) - h*s**2 + c*(L0 + L1*s)*(h*s)**2, s = ‖∇f(x)‖, "
        "if 0 <= L1*h*s <= a and c*a**2 >= exp(a) - 1 - a"
    )
    source = "Vankov, Rodomanov, Nedich, Sankar and Stich 2024, Lemma 2.2; Zhang et al. 2020"
    uses = ("l0_l1_smooth",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        factor = radial_step(premises)
        reach = arguments["reach"]
        bend = bend_within(reach)
        base = self.constant(setting, "l0_l1_smooth", "L0")
        slope = self.constant(setting, "l0_l1_smooth", "L1")
        conditions = [nonnegative(slope)]
        for where, (h,) in pieces(factor):
            # cleared of the gradient's length where that divides both
            length = sympy.cancel(h * LENGTH)
            conditions.append(given(cleared(slope * length, "<=", reach), where))
            conditions.append(given(cleared(h, ">=", ZERO), where))
        gain = quadratic_gain(factor, bend * (base + slope * LENGTH))
        return Conclusion(Decrease(gain), undecided(conditions))


class BoundedGradientGain(Rule):
    """Under (L0, L1)-smoothness with gradients of length at most G the Hessian is bounded.

    ‖∇²f‖ <= L0 + L1·G everywhere, so that f is (L0 + L1·G)-smooth.
    """

    name = "descent lemma where gradients are bounded"
    formula = "‖∇f‖ <= G  ⟹  f(x - h*g) <= f(x) - h*‖g‖² + ((L0 + L1*G)/2)*h**2*‖g‖²"
    source = "definition of (L0, L1)-smoothness; Nesterov 2018, Lemma 1.2.3"
    uses = ("l0_l1_smooth", "lipschitz")

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        factor = radial_step(premises)
        base = self.constant(setting, "l0_l1_smooth", "L0")
        slope = self.constant(setting, "l0_l1_smooth", "L1")
        largest = self.constant(setting, "lipschitz", "G")
        gain = quadratic_gain(factor, (base + slope * largest) / 2)
        return Conclusion(Decrease(gain), (nonnegative(slope),))


class SummedGains(Rule):
    """The gains of a run add up to at most what f can lose.

    f(x[n+1]) <= f(x[0]) − φ(s[0]) − ... − φ(s[n]) and f(x[n+1]) >= f*; a step from where the
    gradient is zero changes nothing, and gains φ(0) = 0.
    """

    name = "telescoping of the gains"
    formula = "f(x[k+1]) <= f(x[k]) - φ(s[k]) for all k  ⟹  sum(φ(s[0..n])) <= f(x[0]) - f*"
    source = "sum over k; f >= f*"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        if not isinstance(premise, Decrease):
            raise NotApplicableError("the gain of one step is expected")
        upper = arguments["upper"]
        if not is_integral(upper):
            raise NotApplicableError("the ends of a sum are integers")
        return Conclusion(GainSum(premise.gain, upper, START_GAP), (nonnegative(upper),))


class AssumedStart(Rule):
    """The claim's initial condition, in the total gain."""

    name = "initial condition"
    formula = "the total is at most what is assumed of the start"
    source = "assumed"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        if not isinstance(premise, GainSum):
            raise NotApplicableError("a sum of gains is expected")
        relation = setting.initial[arguments["relation"]]
        found = start_relation(relation)
        if found is None:
            raise NotApplicableError(f"{relation} is no upper bound on the start")
        quantity, upper = found
        if quantity == START_DISTANCE:
            # r <= R gives r**2 <= R**2, since 0 <= r
            quantity, upper = quantity**2, upper**2
        slope, rest, conditions = affine_in(premise.total, quantity)
        total = slope * upper + rest
        return Conclusion(GainSum(premise.gain, premise.upper, total), undecided(conditions))


class StartBelowDistance(Rule):
    """The descent lemma from x*, at x[0]: what f can lose is at most (L/2)·‖x[0] − x*‖²."""

    name = "start bounded by the distance"
    formula = "f(x[0]) - f* <= (L/2)*‖x[0] - x_star‖²"
    source = "Nesterov 2018, Lemma 1.2.3 at x_star"
    uses = ("smooth",)

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (premise,) = premises
        smoothness = self.constant(setting, "smooth", "L")
        if not isinstance(premise, GainSum) or premise.total != START_GAP:
            raise NotApplicableError("a sum of gains that is at most f(x[0]) - f* is expected")
        if not setting.has_minimiser:
            raise NotApplicableError("the distance to x_star needs a minimiser")
        total = smoothness / 2 * START_DISTANCE**2
        return Conclusion(GainSum(premise.gain, premise.upper, total))
