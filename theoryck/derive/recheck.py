"""The second look at a derivation: every step again, from its premises alone."""

from __future__ import annotations

from itertools import islice

from theoryck.derive.decide import Proved, decide
from theoryck.derive.proof import TRIED_POINTS, Derivation, Step
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.sampling import sample_points
from theoryck.derive.setting import Setting
from theoryck.derive.statements import Statement
from theoryck.derive.values import Point

# what a rule raises where its premises or its arguments are not of the shape that it takes
MALFORMED = (NotApplicableError, AttributeError, KeyError, IndexError, TypeError, ValueError)


def recheck(derivation: Derivation, setting: Setting, deadline: float) -> str | None:
    """What is wrong with a derivation, or None.

    Every conclusion is computed again by its rule from the printed premises and compared in exact
    algebra; the conditions must be those that the rule asks for, and each is decided again,
    whatever the step says of how it was shown. Nothing of the workshop is read: not its decisions,
    not its points.
    """
    statements: dict[int, Statement] = {}
    points = tuple(islice(sample_points(setting.domain), TRIED_POINTS))
    for step in derivation.steps:
        problem = recheck_step(step, statements, setting, points, deadline)
        if problem is not None:
            return f"step {step.number} does not hold: {problem}"
        statements[step.number] = step.statement
    return None if derivation.steps else "the derivation is empty"


def recheck_step(
    step: Step,
    statements: dict[int, Statement],
    setting: Setting,
    points: tuple[Point, ...],
    deadline: float,
) -> str | None:
    """What is wrong with one step, given what the steps before it say, or None."""
    if any(premise not in statements for premise in step.premises):
        return "it uses a step that does not come before it"
    if step.number in statements:
        return "its number is taken"
    premises = tuple(statements[premise] for premise in step.premises)
    try:
        conclusion = step.rule.conclude(premises, setting, **step.arguments)
        same = conclusion.statement.same_as(step.statement)
    except MALFORMED as error:
        return f"the rule does not apply ({error})"
    if not same:
        return f"the rule gives {conclusion.statement}"
    stated = [str(condition.relation) for condition in step.conditions]
    if stated != [str(relation) for relation in conclusion.conditions]:
        return "it states other conditions than the rule asks for"
    for relation in conclusion.conditions:
        decision = decide(relation, setting.domain, deadline, points=points)
        if not isinstance(decision, Proved):
            return f"{relation} is not proved"
    return None
