"""The search for functions on which a bound is attained."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import combinations, islice
from typing import Any

from theoryck.claims.printing import to_text
from theoryck.derive.decide import fails_at
from theoryck.derive.lower.candidates import examples
from theoryck.derive.lower.rules import (
    Attained,
    ChosenExample,
    OrderAttained,
    RunOnExample,
    lengths_of,
)
from theoryck.derive.measure import Target
from theoryck.derive.proof import Derivation, Workshop
from theoryck.derive.recheck import recheck
from theoryck.derive.relations import Relation
from theoryck.derive.rules.base import NotApplicableError, Rule
from theoryck.derive.rules.step import MethodStep
from theoryck.derive.sampling import sample_points
from theoryck.derive.setting import OutOfTime, Setting, Stuck
from theoryck.derive.statements import Displacement

TRIED_POINTS = 12  # at which a comparison is tried before anything is proved


def attainment(setting: Setting, target: Target, deadline: float) -> Derivation | None:
    """A checked derivation that the claimed bound is attained on the whole domain, or None.

    Every parameter value has a function of the class, and a start that the claim allows, with
    ``measure >= bound``. Where the bound is proved too, it is the exact worst case.
    """
    text = f"{to_text(setting.claim.measure)} >= {to_text(setting.claim.bound)}"
    return _found(Attained(), setting, target, deadline, text, together=2)


def order_attainment(setting: Setting, target: Target, deadline: float) -> Derivation | None:
    """The same for an order: the measure is at least a multiple of it, in the limit."""
    text = f"{to_text(setting.claim.measure)} >= {to_text(setting.claim.bound)}"
    return _found(OrderAttained(), setting, target, deadline, text, together=1)


def _found(
    rule: Rule, setting: Setting, target: Target, deadline: float, text: str, together: int
) -> Derivation | None:
    if target.at_average or target.random:
        return None
    workshop = Workshop(setting, deadline)
    arguments = {"scale": target.scale, "offset": target.offset, "text": text}
    try:
        for number in _proofs(rule, workshop, target, arguments, together):
            derivation = workshop.derivation(number)
            if recheck(derivation, setting, deadline) is None:
                return derivation
    except (OutOfTime, Stuck, NotApplicableError):
        return None
    return None


def _proofs(
    rule: Rule, workshop: Workshop, target: Target, arguments: dict[str, Any], together: int
) -> Iterator[int]:
    runs: list[int] = []
    tried = _Trial(rule, workshop, arguments)
    for number in _runs(workshop, target, tried):
        if tried.holds(number):
            try:
                yield workshop.add(rule, number, **arguments)
            except (Stuck, NotApplicableError) as error:
                workshop.failures.append(str(error))
        runs.append(number)
    for count in range(2, together + 1):
        for numbers in combinations(runs, count):
            if tried.holds(*numbers):
                try:
                    yield workshop.add(rule, *numbers, **arguments)
                except (Stuck, NotApplicableError) as error:
                    workshop.failures.append(str(error))


class _Trial:
    """Whether the last comparison may hold: looked at in a few points, nothing proved."""

    def __init__(self, rule: Rule, workshop: Workshop, arguments: dict[str, Any]) -> None:
        self.rule, self.workshop, self.arguments = rule, workshop, arguments
        self.points = tuple(islice(sample_points(workshop.setting.domain), TRIED_POINTS))

    def holds(self, *numbers: int) -> bool:
        """Whether no point shows that the functions do not reach the bound."""
        premises = tuple(self.workshop.statement(number) for number in numbers)
        try:
            conclusion = self.rule.conclude(premises, self.workshop.setting, **self.arguments)
        except NotApplicableError:
            return False
        return not self.fail(conclusion.conditions)

    def fail(self, conditions: tuple[Relation, ...]) -> bool:
        """Whether one of the conditions surely fails at one of the points."""
        return any(fails_at(c, point) for c in conditions for point in self.points)


def _runs(workshop: Workshop, target: Target, tried: _Trial) -> Iterator[int]:
    """The measure on each example that the claim allows."""
    setting, measured = workshop.setting, target.measured
    step = workshop.add(MethodStep())
    statement = workshop.statement(step)
    if not isinstance(statement, Displacement):
        return
    lengths = lengths_of(statement)
    for example in examples(setting, lengths, measured.upper):
        if time.monotonic() > workshop.deadline:
            raise OutOfTime
        try:
            chosen = ChosenExample().conclude((), setting, example=example)
            run = RunOnExample().conclude((chosen.statement, statement), setting, measured=measured)
            if tried.fail((*chosen.conditions, *run.conditions)):
                continue
            first = workshop.add(ChosenExample(), example=example)
            yield workshop.add(RunOnExample(), first, step, measured=measured)
        except (Stuck, NotApplicableError) as error:
            workshop.failures.append(str(error))


__all__ = ["attainment", "order_attainment"]
