"""One relation on one domain: exact algebra, or one conversation with z3."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import z3

from theoryck.derive.domain import Domain
from theoryck.derive.exact import is_zero, sign_by_coefficients
from theoryck.derive.relations import Relation
from theoryck.derive.smt import Translator, UntranslatableError
from theoryck.derive.symbols import holds_for_numbers
from theoryck.derive.values import Point, holds_at, inside
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


def holds_exactly(goal: Relation, domain: Domain) -> bool:
    """Whether exact algebra shows a relation, wherever its terms have values."""
    if holds_for_numbers(goal):
        return True
    difference = goal.left - goal.right
    if goal.sign in ("==", "<=", ">=") and is_zero(difference):
        return True
    sign = sign_by_coefficients(difference, domain)
    implied = {"<": ("<", "<=", "!="), ">": (">", ">=", "!="), "<=": ("<=",), ">=": (">=",)}
    return sign is not None and goal.sign in implied.get(sign, ("<=", ">=", "=="))


class Prover:
    """One z3 conversation about one domain."""

    def __init__(
        self,
        domain: Domain,
        deadline: float,
        translator: Callable[[], Translator] = Translator,
        proves: str = SMT,
    ) -> None:
        self.domain = domain
        self.deadline = deadline
        self.translator = translator()
        self.proves = proves
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
            if not holds_exactly(guard, self.domain):
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
            return Proved(self.proves)
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
