"""Claims about step-size rules: sums of a sequence compared with a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from theoryck.claims.claim import ScheduleClaim, SeriesCondition
from theoryck.claims.expressions import Comparison, names
from theoryck.claims.fields import Fields, each, formula, string
from theoryck.claims.grammar import parse_condition, parse_expression
from theoryck.claims.lexing import TOKEN, scan
from theoryck.claims.scopes import CONSTANTS, FUNCTIONS, Arithmetic, Scope
from theoryck.errors import ClaimError, Place

SEQUENCE = ("k",)
"""The shape of the schedule in its conditions: ``sum`` makes a number of it."""


def read_schedule(fields: Fields, parameters: Scope, common: Mapping[str, Any]) -> ScheduleClaim:
    """Does the step-size rule satisfy the conditions?

    The one name in the conditions that is not declared is the schedule.
    """
    scope = parameters.about("the schedule", {"k"})
    schedule = fields.read(
        "schedule",
        lambda value, place: parse_expression(formula(value, place), place=place, scope=scope),
    )
    name = fields.read("conditions", lambda v, place: schedule_name(v, place, parameters))
    if fields.failed("conditions"):
        fields.close()
    conditions = fields.read(
        "conditions",
        lambda value, place: each(value, place, lambda v, p: _condition(v, p, name, parameters)),
    )
    fields.close()
    return ScheduleClaim(**common, schedule=schedule, name=name, conditions=conditions)


def schedule_name(value: Any, place: Place, parameters: Scope) -> str:
    """The name that stands for the schedule in the conditions.

    Raises:
        ClaimError: no name, or more than one, is left over.
    """
    known = {*parameters.shapes, *CONSTANTS, *FUNCTIONS, "k", "and"}
    found: dict[str, Place] = {}

    def collect(text: Any, here: Place) -> None:
        source = scan(string(text, here), here)
        for match in TOKEN.finditer(source.text):
            if match.lastgroup == "name" and match.group() not in known:
                found.setdefault(match.group(), replace(here, column=match.start() + 1))

    if not each(value, place, collect):
        raise ClaimError("no conditions", place, 'write conditions = ["sum(gamma) == oo"]')
    if not found:
        raise ClaimError(
            "no condition names the schedule",
            place,
            "call it by a name that is not a parameter, as in sum(gamma) == oo",
        )
    first, *others = found
    if others:
        raise ClaimError(
            f"both {first!r} and {others[0]!r} are undeclared",
            found[others[0]],
            "only the schedule goes undeclared, under one name",
        )
    return first


def _condition(value: Any, place: Place, name: str, parameters: Scope) -> SeriesCondition:
    text = string(value, place)
    scope = Scope(
        "a condition",
        {**parameters.shapes, name: SEQUENCE, "k": SEQUENCE},
        parameters.integers,
        CONSTANTS,
        Arithmetic.ARRAYS,
    )
    condition = parse_condition(text, place=place, scope=scope)
    if not isinstance(condition, Comparison) or len(condition.relations) != 1:
        raise ClaimError("more than one comparison", place, "write one condition a string")
    if name not in names(condition):
        raise ClaimError(f"the condition does not name {name}", place, f"write sum({name}) == oo")
    return SeriesCondition(condition, text)
