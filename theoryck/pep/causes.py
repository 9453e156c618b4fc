"""Why a claim could not be proved, as one sentence: what is missing, empty or undefined in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from theoryck.algebra import Form, NumberSystem
from theoryck.algebra.relaxed import RelaxedTrace
from theoryck.assumptions.base import Curvature, Subject
from theoryck.assumptions.conditions import Assumed
from theoryck.certificates import Goal, Hypothesis, Problem
from theoryck.certificates.documents import as_float
from theoryck.certificates.problem import (
    Run,
    assumptions_at,
    parameter_values,
    step_arguments,
)
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import RateClaim
from theoryck.errors import TheoryckError
from theoryck.pep.certify import rounded
from theoryck.pep.generate import layout_of, worst_case
from theoryck.pep.long_horizons import LONG
from theoryck.pep.program import Failure
from theoryck.pep.strengthen import necessary_only
from theoryck.pep.variants import (
    INFINITE,
    At,
    assuming,
    certificate_exists,
    starting,
    traced,
    worst_share,
)

BITS = 8  # of a margin
ADJECTIVES = {"strongly_convex": "{}-strongly convex", "smooth": "{}-smooth"}


@dataclass(frozen=True)
class Missing:
    """A quantity without which the worst case is infinite, and how a claim would bound it."""

    quantity: str
    remedy: str
    added: Callable[[RateClaim], RateClaim | None]


def _start(quantity: str, condition: str) -> Missing:
    remedy = f"add {condition}R**2 to `initial`"
    return Missing(quantity, remedy, lambda claim: starting(claim, f"{condition}1"))


def _class(quantity: str, name: str, constant: str) -> Missing:
    remedy = f"assume {name}({constant})"
    return Missing(quantity, remedy, lambda claim: assuming(claim, f"{name}(1)"))


STARTS = (
    _start("x₀ − x*", "norm(x[0] - x_star)**2 <= "),
    _start("f(x₀) − f*", "f(x[0]) - f_star <= "),
    _start("∇f(x₀)", "norm(grad(x[0]))**2 <= "),
)
CLASSES = (
    _class("the curvature of f", "smooth", "L"),
    _class("the gradients of f", "lipschitz", "G"),
    _class("the noise of the stochastic gradients", "bounded_variance", "sigma"),
    _class("the feasible set", "bounded_domain", "D"),
)


@dataclass(frozen=True)
class Infinite:
    """No multiple of the bound holds.

    ``missing`` alternatives would each make the worst case finite; each is one quantity, or two
    that are both unbounded. ``exact`` says whether the inequalities at hand characterise the
    class, so that it is the worst case and not only the bound on it that is infinite.
    """

    exact: bool
    missing: tuple[tuple[Missing, ...], ...]

    def sentence(self) -> str:
        """For the verdict."""
        text = "the worst case is infinite" if self.exact else "no finite bound follows"
        if not self.missing:
            return text
        first, *others = self.missing
        text += f": nothing bounds {' and '.join(m.quantity for m in first)}"
        if others:
            listed = " or ".join(m.quantity for each in others for m in each)
            text += f" (a bound on {listed} would do as well)"
        return text

    @property
    def start(self) -> bool:
        """Whether it is a condition on the start that is missing."""
        return any(m in STARTS for each in self.missing for m in each)

    def remedy(self) -> str | None:
        """What a claim could say."""
        return " and ".join(m.remedy for m in self.missing[0]) if self.missing else None


def infinite(
    claim: RateClaim, at: At, deadline: float, solver: str | None = None
) -> Infinite | None:
    """What would have to be bounded for the claim to hold with any bound; None where some
    multiple of the bound holds as it is, or nothing was found out."""
    if worst_share(claim, at, deadline, solver) != INFINITE:
        return None

    def helps(added: Sequence[Missing]) -> bool:
        if time.monotonic() > deadline:
            return False
        changed: RateClaim | None = claim
        for one in added:
            changed = None if changed is None else one.added(changed)
        share = None if changed is None else worst_share(changed, at, deadline, solver)
        return share is not None and share < INFINITE

    found: tuple[tuple[Missing, ...], ...]
    found = tuple((one,) for one in STARTS if helps((one,)))
    if not found:
        found = tuple((one,) for one in CLASSES if helps((one,)))
    if not found:
        pairs = (*product(STARTS, CLASSES), (CLASSES[0], CLASSES[2]))
        pair = next((pair for pair in pairs if helps(pair)), None)
        found = () if pair is None else (pair,)
    return Infinite(_interpolates(claim, at), found)


def _interpolates(claim: RateClaim, at: At) -> bool:
    """Whether the conditions that pep uses are known to be sufficient too."""
    try:
        with traced(claim, at) as problems:
            return not any(p.random or p.relaxations or necessary_only(p) for p in problems)
    except TheoryckError:
        return False


def meaningless(claim: RateClaim, at: At) -> str | None:
    """Why the claim says nothing at an instance: two of its assumptions exclude each other, so
    that "no function is both 2-strongly convex and 1-smooth". Decided exactly."""
    systems: Sequence[NumberSystem] = (Rationals(), Balls())
    for numbers in systems:
        try:
            with numbers.scope() if isinstance(numbers, Balls) else nullcontext():
                return _empty_class(
                    assumptions_at(claim, parameter_values(at, numbers), numbers), numbers
                )
        except TheoryckError:
            continue
    return None


def _empty_class(assumed: Sequence[Assumed], numbers: NumberSystem) -> str | None:
    bounds = [(a, a.assumption.curvature(a.values, numbers)) for a in assumed]
    for (low, below), (high, above) in product(bounds, bounds):
        if below.lower is None or above.upper is None:
            continue
        if numbers.sign(below.lower - above.upper) > 0:
            return f"no function is both {described(low, numbers)} and {described(high, numbers)}"
    return None


def described(assumed: Assumed, numbers: NumberSystem) -> str:
    """An assumption with its values: ``2-strongly convex``."""
    values = [_number(value, numbers) for value in assumed.values.values()]
    adjective = ADJECTIVES.get(assumed.name)
    if adjective is not None and len(values) == 1:
        return adjective.format(values[0])
    return f"{assumed.name}({', '.join(values)})" if values else assumed.name


def _number(value: Any, numbers: NumberSystem) -> str:
    exact = isinstance(numbers, Rationals)
    return str(value) if exact else f"{as_float(value):.6g}"


def contradictory_start(problem: Problem, deadline: float, solver: str | None = None) -> str | None:
    """A condition on the start that the other ones and the assumptions exclude, by an exact
    certificate that its slack is negative. Long runs are not looked at: every proof of it would be
    one Gram problem."""
    if len(problem.trace.evaluations) > LONG:
        return None
    for hypothesis in problem.hypotheses:
        others = tuple(h for h in problem.hypotheses if h is not hypothesis)
        signs = (1, -1) if hypothesis.equality else (1,)
        if any(_excluded(problem, hypothesis, others, s, deadline, solver) for s in signs):
            if others:
                return (
                    "no start meets the conditions of `initial` together with the assumptions: "
                    "they contradict each other"
                )
            return "no start meets the condition of `initial` under the assumptions"
    return None


def _excluded(
    problem: Problem,
    hypothesis: Hypothesis,
    others: tuple[Hypothesis, ...],
    sign: int,
    deadline: float,
    solver: str | None,
) -> bool:
    """Whether sign·slack <= −m < 0 follows from everything else, by a certificate."""
    numbers = problem.numbers
    slack = hypothesis.form * numbers.integer(sign)

    def constant(value: Any) -> Form:
        return Form(slack.trace, value, {}, {})

    rest = replace(problem, hypotheses=others)
    one = constant(numbers.integer(1))
    largest = worst_case(
        layout_of(replace(rest, goals=(Goal((slack,), one, 1),)), 0), deadline, solver
    )
    if isinstance(largest, Failure) or not largest.dual.accurate:
        return False
    if largest.dual.ratio >= -1e-6:
        return False
    # slack + 2m <= m, so that the bound is positive as bounds are
    room = numbers.rational(rounded(-largest.dual.ratio / 2, BITS))
    goal = Goal((slack + constant(2 * room),), constant(room), 1)
    return certificate_exists(replace(rest, goals=(goal,)), 0, deadline, solver)


def notes(claim: RateClaim, problem: Problem) -> Iterator[str]:
    """What is odd about the method and the assumptions at an instance, whatever is proved."""
    if _is_silent(claim, problem):
        yield f"{claim.method.method.name} never asks f anything"
    yield from _steps(claim, problem)
    unused = [note for a in problem.assumed if (note := _unusable(a, problem))]
    yield from unused
    about_f = [a for a in problem.assumed if a.assumption.subject is not Subject.NOISE]
    if not about_f:
        yield "no assumption says anything of f"


def _is_silent(claim: RateClaim, problem: Problem) -> bool:
    """Whether the method takes its steps without the oracle."""
    steps = len(problem.iterates) - 1
    if steps < 1:
        return False
    trace = RelaxedTrace(numbers=problem.numbers)
    try:
        Run(claim.method, trace, problem.parameters).iterate(steps)
    except TheoryckError:
        return False
    return not (trace.evaluations or trace.samples)


def _steps(claim: RateClaim, problem: Problem) -> Iterator[str]:
    numbers = problem.numbers
    if len(problem.iterates) < 2:
        return
    step = step_arguments(claim.method, numbers.integer(0), problem.parameters, numbers).get("step")
    if step is not None and numbers.sign(step) < 0:
        yield f"the step is negative, {_number(step, numbers)}, so that the method moves uphill"


def _unusable(assumed: Assumed, problem: Problem) -> str | None:
    """Why an assumption gives no inequality here."""
    a, trace, values = assumed.assumption, problem.trace, assumed.values
    if a.subject is Subject.NOISE:
        if trace.samples:
            return None
        return f"{a.name} speaks of stochastic gradients, and the method takes none"
    if a.over_domain is not None:
        return None
    tells = (
        a.curvature(values, problem.numbers) != Curvature()
        or a.unbiased
        or a.has_minimiser
        or a.attains_minimum
        or any(True for e in trace.evaluations for _ in a.at_point(values, e, trace))
        or any(True for s in trace.samples for _ in a.at_sample(values, s, True))
    )
    return None if tells else f"pep knows no inequality that follows from {a.name}"
