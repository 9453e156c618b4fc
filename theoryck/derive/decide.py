"""Does a relation hold on a whole domain? Proved, a counterexample, or unknown with the reason."""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction

import sympy
import z3

from theoryck.derive.domain import Domain
from theoryck.derive.exact import is_zero, sign_by_coefficients
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.sampling import sample_points
from theoryck.derive.smt import Translator, UntranslatableError
from theoryck.derive.symbols import ZERO, Obligation, holds_for_numbers
from theoryck.derive.values import Point, holds_at, inside, met_at
from theoryck.errors import TheoryckError

QUERY_SECONDS = 2.0  # of one z3 query; those that end at all mostly end within a second

EXACT = "exact algebra"
BALLS = "ball arithmetic"
SMT = "z3: the negation is unsatisfiable"

OPEN, TIMED_OUT, UNDEFINED = "open", "timed-out", "undefined"


@dataclass(frozen=True)
class Proved:
    """The relation holds everywhere on the domain; ``how`` says what showed it."""

    how: str


@dataclass(frozen=True)
class Counterexample:
    """A point of the domain where the relation fails, checked in exact or ball arithmetic."""

    point: Point

    def __str__(self) -> str:
        items = sorted(self.point.items(), key=lambda item: item[0].name)
        return ", ".join(f"{symbol.name} = {value}" for symbol, value in items)


@dataclass(frozen=True)
class Unknown:
    """Neither was found; ``code`` tells a time-out and a missing value from the rest."""

    reason: str
    code: str = OPEN


Decision = Proved | Counterexample | Unknown


def decide(
    goal: Relation,
    domain: Domain,
    deadline: float,
    obligations: tuple[Obligation, ...] = (),
    points: tuple[Point, ...] | None = None,
) -> Decision:
    """Whether ``goal`` holds at every point of ``domain``.

    Args:
        goal: the relation; its terms must have values everywhere, which is proved too.
        domain: the parameters and what is known of them.
        deadline: a value of ``time.monotonic()`` after which no new query is begun.
        obligations: what must hold for the text that the goal came from to have a value.
        points: points of the domain to try first, if they are at hand.

    >>> from theoryck.derive.domain import Domain
    >>> x = sympy.Symbol("x", real=True)
    >>> decide(Relation(2 * x, "<=", 1 + x**2), Domain({"x": x}), time.monotonic() + 5)
    Proved(how='z3: the negation is unsatisfiable')
    >>> outcome = decide(Relation(x, "<=", 1 + x**3), Domain({"x": x}), time.monotonic() + 5)
    >>> type(outcome).__name__
    'Counterexample'
    """
    if isinstance(goal, Implied):
        part = domain.where(*goal.premises)
        within = None if points is None else tuple(p for p in points if inside(part, p))
        return decide(goal.goal, part, deadline, obligations, within)
    mentioned = {s for o in obligations for r in o.alternatives for s in r.symbols} | goal.symbols
    new = mentioned - set(domain.symbols.values())
    domain = domain.with_symbols(*new)
    for obligation in obligations:
        met = _proves_any(obligation, domain, deadline)
        if not isinstance(met, Proved):
            reason = f"{obligation.because} is not ruled out: {obligation} is not proved"
            return Unknown(reason, UNDEFINED)
    if holds_for_numbers(goal):
        return Proved(EXACT)
    if not goal.symbols:
        return _of_numbers(goal)
    for point in sample_points(domain) if new or points is None else points:
        if fails_at(goal, point):
            return Counterexample(point)
    if _exact(goal, domain):
        guarded = _Prover(domain, deadline).guards(goal)
        return Proved(EXACT) if guarded is None else guarded
    return _Prover(domain, deadline).prove(goal)


def _of_numbers(goal: Relation) -> Decision:
    """A relation between two constants, in ball arithmetic."""
    try:
        return Proved(BALLS) if holds_at(goal, {}) else Counterexample({})
    except TheoryckError as error:
        return Unknown(f"{goal}: {error}")


def _exact(goal: Relation, domain: Domain) -> bool:
    if holds_for_numbers(goal):
        return True
    difference = goal.left - goal.right
    if goal.sign in ("==", "<=", ">=") and is_zero(difference):
        return True
    sign = sign_by_coefficients(difference, domain)
    implied = {"<": ("<", "<=", "!="), ">": (">", ">=", "!="), "<=": ("<=",), ">=": (">=",)}
    return sign is not None and goal.sign in implied.get(sign, ("<=", ">=", "=="))


def _proves_any(obligation: Obligation, domain: Domain, deadline: float) -> Decision:
    result: Decision = Unknown("no alternative")
    for relation in obligation.alternatives:
        if _exact(relation, domain):
            return Proved(EXACT)
        result = _Prover(domain, deadline).prove(relation)
        if isinstance(result, Proved):
            return result
    return result


class _Prover:
    """One z3 conversation about one domain."""

    def __init__(self, domain: Domain, deadline: float) -> None:
        self.domain = domain
        self.deadline = deadline
        self.translator = Translator()
        self.guarded = 0
        self.proved: list[z3.BoolRef] = []

    def prove(self, goal: Relation) -> Decision:
        """Proves the goal, its guards first."""
        try:
            formula = self.translator.relation(goal)
        except UntranslatableError as error:
            return Unknown(str(error))
        missing = self.guards(goal)
        if missing is not None:
            return missing
        return self._refute(z3.Not(formula), goal)

    def guards(self, goal: Relation) -> Unknown | None:
        """Proves that every term of the goal has a value; the first that may not, or None."""
        try:
            self.translator.relation(goal)
        except UntranslatableError as error:
            return Unknown(str(error))
        while self.guarded < len(self.translator.definitions):
            definition = self.translator.definitions[self.guarded]
            self.guarded += 1
            guard = definition.guard
            if not _exact(guard, self.domain):
                formula = self.translator.relation(guard)
                result = self._refute(z3.Not(formula), guard)
                if not isinstance(result, Proved):
                    reason = f"a term may be undefined: {guard} is not proved"
                    return Unknown(reason, UNDEFINED)
            self.proved.append(definition.fact)
        return None

    def _refute(self, negation: z3.BoolRef, goal: Relation) -> Decision:
        remaining = min(QUERY_SECONDS, self.deadline - time.monotonic())
        if remaining <= 0:
            return Unknown("the time is spent", TIMED_OUT)
        try:
            known = [self.translator.relation(relation) for relation in self.domain.known]
        except UntranslatableError as error:
            return Unknown(str(error))
        unguarded = [
            z3.Implies(self.translator.relation(d.guard), d.fact)
            for d in tuple(self.translator.definitions)[self.guarded :]
        ]
        solver = z3.Solver(ctx=self.translator.context)
        solver.set("timeout", max(1, int(1000 * remaining)))
        solver.add(*known, *self.proved, *unguarded, *self.translator.closing_facts(), negation)
        answer = solver.check()
        if answer == z3.unsat:
            return Proved(SMT)
        if answer == z3.sat:
            point = self._candidate(solver.model())
            if point is not None and inside(self.domain, point) and fails_at(goal, point):
                return Counterexample(point)
            return Unknown(f"z3 finds no proof of {goal}")
        why = solver.reason_unknown()
        code = TIMED_OUT if why in ("timeout", "canceled") else OPEN
        return Unknown(f"z3 does not decide {goal} ({why})", code)

    def _candidate(self, model: z3.ModelRef) -> Point | None:
        point = {}
        for symbol in self.domain.symbols.values():
            if symbol not in self.translator.symbols:
                point[symbol] = Fraction(1)
                continue
            found = model.eval(self.translator.symbols[symbol], model_completion=True)
            if z3.is_algebraic_value(found):
                found = found.approx(20)
            if not z3.is_rational_value(found):
                return None
            point[symbol] = Fraction(found.numerator_as_long(), found.denominator_as_long())
        return point


def fails_at(goal: Relation, point: Point) -> bool:
    """Whether the goal surely fails at a point, both its sides having values there."""
    try:
        return not holds_at(goal, point)
    except (TheoryckError, KeyError, ZeroDivisionError):
        return False


def is_empty(domain: Domain, deadline: float) -> bool:
    """Whether z3 proves that no parameters satisfy the domain's relations."""
    if next(sample_points(domain), None) is not None:
        return False
    return isinstance(
        _Prover(domain, deadline).prove(Relation(sympy.Integer(1), "<=", ZERO)), Proved
    )


__all__ = ["Counterexample", "Decision", "Proved", "Unknown", "decide", "is_empty", "met_at"]
