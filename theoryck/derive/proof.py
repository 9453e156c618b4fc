"""Derivations: numbered steps, each made by a rule from earlier ones, its conditions decided."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType
from typing import Any

import sympy

from theoryck.derive.decide import Counterexample, Decision, Proved, Unknown, decide
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import Rule
from theoryck.derive.sampling import sample_points
from theoryck.derive.setting import OutOfTime, Setting, Stuck
from theoryck.derive.statements import Statement
from theoryck.derive.values import Point

TRIED_POINTS = 40  # at which a condition is tried before it is asked to be proved


@dataclass(frozen=True)
class Condition:
    """A side condition and how it was shown."""

    relation: Relation
    how: str


@dataclass(frozen=True)
class Step:
    """One line of a derivation."""

    number: int
    statement: Statement
    rule: Rule
    premises: tuple[int, ...]
    arguments: Mapping[str, Any]
    conditions: tuple[Condition, ...]

    @property
    def checked(self) -> str:
        """How the step was checked, in words."""
        ways = dict.fromkeys(["exact algebra", *(c.how for c in self.conditions)])
        return "; ".join(ways)

    def __str__(self) -> str:
        used = f"; uses {', '.join(map(str, self.premises))}" if self.premises else ""
        where = ", ".join(dict.fromkeys(str(c.relation) for c in self.conditions))
        side = f"; needs {where}" if where else ""
        return (
            f"{self.number}. {self.statement}   "
            f"[{self.rule.stated(self.arguments)}; {self.rule.source}{used}{side}; "
            f"{self.checked}]"
        )


@dataclass(frozen=True)
class Derivation:
    """A proof: the last step's statement is what it proves."""

    steps: tuple[Step, ...]

    @property
    def conclusion(self) -> Statement:
        """What the derivation proves."""
        return self.steps[-1].statement

    @property
    def lines(self) -> tuple[str, ...]:
        """The derivation as printed."""
        return tuple(map(str, self.steps))


@dataclass
class Workshop:
    """Where steps are tried: it keeps those whose conditions were proved, and what failed.

    ``memory`` is for searches that several routes make alike.
    """

    setting: Setting
    deadline: float
    steps: list[Step] = field(default_factory=list)
    decisions: dict[Relation, Decision] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    missing: dict[str, None] = field(default_factory=dict)
    points: tuple[Point, ...] | None = None
    concluded: dict[Hashable, int] = field(default_factory=dict)
    memory: dict[Hashable, Any] = field(default_factory=dict)

    def decided(self, relation: Relation) -> Decision:
        """Whether the relation holds on the claim's domain; asked once."""
        if relation not in self.decisions:
            if self.points is None:
                self.points = tuple(islice(sample_points(self.setting.domain), TRIED_POINTS))
            self.decisions[relation] = decide(
                relation, self.setting.domain, self.deadline, points=self.points
            )
        return self.decisions[relation]

    @property
    def sample(self) -> dict[sympy.Symbol, sympy.Expr]:
        """One point of the domain, for guesses; empty where none is found."""
        point = next(sample_points(self.setting.domain), {})
        return {s: sympy.Rational(v.numerator, v.denominator) for s, v in point.items()}

    def add(self, rule: Rule, *premises: int, **arguments: Any) -> int:
        """Concludes a new step; its number.

        Raises:
            NotApplicableError: the rule does not apply.
            Stuck: a side condition is not proved.
            OutOfTime: the deadline has passed.
        """
        if time.monotonic() > self.deadline:
            raise OutOfTime
        key = _same_step(rule, premises, arguments)
        if key in self.concluded:
            return self.concluded[key]
        conclusion = rule.conclude(
            tuple(self.steps[number - 1].statement for number in premises),
            self.setting,
            **arguments,
        )
        conditions = []
        for relation in conclusion.conditions:
            decision = self.decided(relation)
            if not isinstance(decision, Proved):
                raise Stuck(failure(rule, relation, decision))
            conditions.append(Condition(relation, decision.how))
        number = len(self.steps) + 1
        self.steps.append(
            Step(
                number,
                conclusion.statement,
                rule,
                premises,
                MappingProxyType(arguments),
                tuple(conditions),
            )
        )
        if key is not None:
            self.concluded[key] = number
        return number

    def statement(self, number: int) -> Statement:
        """What a step says."""
        return self.steps[number - 1].statement

    def derivation(self, last: int) -> Derivation:
        """The steps that ``last`` rests on, numbered from 1."""
        order: dict[int, None] = {}
        waiting = [(last, False)]
        while waiting:
            number, ready = waiting.pop()
            if number in order:
                continue
            if ready:
                order[number] = None
                continue
            # what a step rests on stands just before it, in the order in which it is used
            waiting.append((number, True))
            premises = self.steps[number - 1].premises
            waiting.extend((premise, False) for premise in reversed(premises))
        renumbered = {old: new for new, old in enumerate(order, start=1)}
        steps = (self.steps[number - 1] for number in order)
        return Derivation(
            tuple(
                replace(
                    step,
                    number=renumbered[step.number],
                    premises=tuple(renumbered[p] for p in step.premises),
                )
                for step in steps
            )
        )


def _same_step(
    rule: Rule, premises: tuple[int, ...], arguments: Mapping[str, Any]
) -> Hashable | None:
    """What makes two steps one, so that routes share their first steps; None: it is not told."""
    key = (type(rule), tuple(vars(rule).items()), premises, tuple(sorted(arguments.items())))
    try:
        hash(key)
    except TypeError:
        return None
    return key


def failure(rule: Rule, relation: Relation, decision: Decision) -> str:
    """Why a condition stops a derivation, in words."""
    match decision:
        case Counterexample():
            where = f" at {decision}" if decision.point else ""
            return f"{rule.name} needs {relation}, which fails{where}"
        case Unknown(reason=reason):
            return f"{rule.name} needs {relation}, which is not proved: {reason}"
    return f"{rule.name} needs {relation}"
