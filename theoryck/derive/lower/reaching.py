"""When a target cannot be reached yet: the measure on an explicit function is above the level."""

from __future__ import annotations

from typing import Any

import sympy

from theoryck.derive.lower.families import Quadratic
from theoryck.derive.lower.logarithms import spread
from theoryck.derive.lower.rules import RunValue, WorstCase, claimed_for, lengths_of, run_values
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.rules.base import Conclusion, NotApplicableError, Rule, positive
from theoryck.derive.rules.step import displacement
from theoryck.derive.sampling import sample_points
from theoryck.derive.setting import Setting
from theoryck.derive.statements import Displacement, Statement
from theoryck.derive.symbols import ONE
from theoryck.derive.values import Point


def independent(run: RunValue) -> None:
    """Refuses a function that depends on the iteration: one function must do for all of them.

    Raises:
        NotApplicableError: it does.
    """
    count = run.measured.upper
    example = run.example
    parts = [value for value in vars(example).values() if isinstance(value, sympy.Expr)]
    if any(count.free_symbols & part.free_symbols for part in parts):
        raise NotApplicableError("the function depends on the iteration")


def sides(run: RunValue, setting: Setting, arguments: Any) -> tuple[sympy.Expr, sympy.Expr]:
    """What is measured, and the level; of a norm, both squared.

    Raises:
        NotApplicableError: a norm stands beside something else.
    """
    level = claimed_for(run, setting)
    if not run.measured.root:
        return arguments["scale"] * run.value + arguments["offset"], level
    if arguments["offset"] != 0:
        raise NotApplicableError("a norm alone is expected")
    return arguments["scale"] ** 2 * run.value, level**2


class NotReached(Rule):
    """The measure on one function is above the level at each iteration before the claimed one."""

    name = "the target is not reached"
    formula = "q[n] > level on the function, for every n before the claimed number of iterations"
    source = "the claim"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        (run,) = run_values(premises)
        independent(run)
        value, level = sides(run, setting, arguments)
        conditions = [Relation(value, ">", level)]
        if run.measured.root:
            # s*√q > level where s > 0 and s²·q > level², whatever the sign of the level
            conditions.append(positive(arguments["scale"]))
        return Conclusion(WorstCase(arguments["text"], value, level), tuple(conditions))


class NotReachedByPowers(Rule):
    """The same for A·qⁿ > level with 0 < q < 1, by logarithms: n·log(1/q) < log(A/level).

    The constraint n < count is used with its logarithms spread out too.
    """

    name = "the target is not reached, by logarithms"
    formula = "n*log(1/q) < log(A/level), 0 < q < 1, A > 0, level > 0  ⟹  A*q**n > level"
    source = "log grows"

    def conclude(
        self, premises: tuple[Statement, ...], setting: Setting, **arguments: Any
    ) -> Conclusion:
        moved = [p for p in premises if isinstance(p, Displacement)]
        (run,) = run_values(tuple(p for p in premises if not isinstance(p, Displacement)))
        independent(run)
        count = run.measured.upper
        if len(moved) != 1 or not isinstance(run.example, Quadratic) or arguments["offset"] != 0:
            raise NotApplicableError("a quadratic function and a plain measure are expected")
        ratio = run.example.ratio(lengths_of(displacement(moved[0]))) ** 2
        value, level = sides(run, setting, arguments)
        first = sympy.simplify(value / ratio**count)
        if count.free_symbols & first.free_symbols:
            raise NotApplicableError("the measure is no constant times a power")
        slope, logs = sympy.log(1 / ratio), sympy.log(first / level)
        premise: tuple[Relation, ...] = ()
        conditions: tuple[Relation, ...] = ()
        point = next(sample_points(setting.domain), None) if arguments["spread"] else None
        if point is not None:
            premise, conditions = _before(setting, count, point)
            slope, needed = spread(slope, point)
            logs, more = spread(logs, point)
            conditions = (*conditions, *needed, *more)
        # known from 0 < q < 1, which is asked below
        premise = (*premise, positive(slope))
        goal = Implied(count * slope, "<", logs, premises=premise)
        conditions = (
            positive(ratio),
            Relation(ratio, "<", ONE),
            positive(first),
            positive(level),
            positive(arguments["scale"]),
            *conditions,
            goal,
        )
        return Conclusion(WorstCase(arguments["text"], value, level), conditions)


def _before(
    setting: Setting, count: sympy.Expr, point: Point
) -> tuple[tuple[Relation, ...], tuple[Relation, ...]]:
    """The constraint ``count < steps`` with spread logarithms, and what makes it the same."""
    found: list[Relation] = []
    conditions: list[Relation] = []
    for relation in setting.domain.relations:
        if relation.left == count and relation.sign == "<":
            right, needed = spread(relation.right, point)
            found.append(Relation(count, "<", right))
            conditions += needed
    return tuple(found), tuple(conditions)


__all__ = ["NotReached", "NotReachedByPowers"]
