"""Membership claims: a formula satisfies assumptions on a box, or fails one at exact points."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from theoryck.claims.claim import AssumptionUse, MembershipClaim
from theoryck.claims.expressions import Expr
from theoryck.claims.printing import to_text
from theoryck.derive.boxed import Problem, problem_of
from theoryck.derive.counterexamples import (
    Setting,
    counterexample,
    lowest_points,
    margin_text,
    setting_at,
    undefined_point,
)
from theoryck.derive.formulas import parameter_choices
from theoryck.derive.sufficiency import (
    NotShown,
    Shown,
    shown,
    sole_minimiser,
)
from theoryck.derive.violations import BESIDE_MINIMISER, Candidate, Test, Vector
from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport, Instance, Scope, Status

ENGINE = "derive"
MAX_VARIABLES = 3
SAMPLES = 2  # choices of parameters where a counterexample is looked for, beside `at`
SEARCH_SHARE = 0.3  # of the time, for counterexamples; the rest is for proofs


@dataclass(frozen=True)
class Failure:
    """An assumption that fails, with the points that show it."""

    setting: Setting
    use: AssumptionUse
    candidate: Candidate
    test: Test


def examine_membership(claim: MembershipClaim, deadline: float) -> EngineReport:
    """Whether the formula satisfies every assumption on its box.

    f_star is the infimum over the box. An assumption is proved from derivatives, by exact algebra,
    z3, or ball arithmetic on a subdivided box; it is refuted at rational points where its
    definition fails in exact or ball arithmetic, computed from the claim's own tree.

    Args:
        claim: the claim.
        deadline: a value of ``time.monotonic()``.

    >>> from theoryck.claims.reading import read_claim
    >>> claim = read_claim({
    ...     "id": "c", "kind": "membership", "function": "x**2/2 + cos(x)", "variables": ["x"],
    ...     "assumptions": ["convex", "smooth(2)"]})
    >>> print(examine_membership(claim, time.monotonic() + 10).status)
    proved
    """
    began = time.monotonic()
    scalars = not any(variable.shape for variable in claim.variables)
    if scalars and len(claim.variables) > MAX_VARIABLES:
        return _inconclusive(f"derive looks at up to {MAX_VARIABLES} scalar variables")
    settings = [
        s for at in parameter_choices(claim, SAMPLES) if (s := setting_at(claim, at)) is not None
    ]
    if not settings:
        return _inconclusive("no box with an inside is found among the parameters' values")
    for setting in settings:
        nowhere = undefined_point(setting)
        if nowhere is not None:
            return _undefined(setting, *nowhere)
    search_end = began + SEARCH_SHARE * max(deadline - began, 0.0)
    lows = {id(s): lowest_points(s, search_end) for s in settings}
    for setting in settings:
        for use in claim.assumptions:
            found = counterexample(setting, use, lows[id(setting)], search_end)
            if found is not None:
                return _refuted(Failure(setting, use, *found))
    return _prove(claim, settings, lows, deadline)


def _prove(
    claim: MembershipClaim,
    settings: list[Setting],
    lows: Mapping[int, tuple[Vector, ...]],
    deadline: float,
) -> EngineReport:
    points = lows[id(settings[0])] if not claim.parameters else ()
    box = settings[0].outer if not claim.parameters else None
    exact: Mapping[str, Expr] | None = None if claim.parameters else {}
    answers = _answers(claim, exact, box, points, _part(deadline, 2 if claim.at else 1))
    lines = _lines(claim, answers)
    if all(isinstance(answer, Shown) for answer in answers):
        reason = f"{_listed(claim)}: proved for all values"
        return EngineReport(
            ENGINE, Status.PROVED, reason, scope=Scope.ALL_PARAMETERS, evidence=lines
        )
    reasons = _reasons(claim, answers)
    asked = [s for s in settings if any(s.parameters is at for at in claim.at)]
    slow = _slow_growth(claim, settings, lows, answers, deadline)
    if slow is not None:
        return _refuted(slow)
    if not claim.parameters or not claim.at:
        return _open(claim, answers, reasons, lines)
    instances = []
    for number, setting in enumerate(asked):
        until = _part(deadline, len(asked) - number)
        there = _answers(claim, setting.parameters, setting.outer, lows[id(setting)], until)
        proved = all(isinstance(answer, Shown) for answer in there)
        at = {name: to_text(value) for name, value in setting.parameters.items()}
        why = "proved in exact or ball arithmetic" if proved else "; ".join(_reasons(claim, there))
        status = Status.PROVED if proved else Status.INCONCLUSIVE
        instances.append(Instance(at, None, None, status, why))
        head = ", ".join(f"{name} = {value}" for name, value in at.items())
        lines += (f"at {head}:", *_lines(claim, there))
    if len(asked) == len(claim.at) and all(i.status is Status.PROVED for i in instances):
        return EngineReport(
            ENGINE,
            Status.PROVED,
            f"{_listed(claim)}: proved at the instances; for all parameters: {'; '.join(reasons)}",
            scope=Scope.INSTANCES,
            instances=tuple(instances),
            evidence=lines,
        )
    report = _open(claim, answers, reasons, lines)
    return EngineReport(
        ENGINE, report.status, report.reason, instances=tuple(instances), evidence=lines
    )


def _slow_growth(
    claim: MembershipClaim,
    settings: list[Setting],
    lows: Mapping[int, tuple[Vector, ...]],
    answers: list[Shown | NotShown],
    deadline: float,
) -> Failure | None:
    """A failure of quadratic growth, whose distance needs the minimisers to be known."""
    setting = settings[0]
    for use, answer in zip(claim.assumptions, answers, strict=True):
        if use.assumption.name not in BESIDE_MINIMISER or isinstance(answer, Shown):
            continue
        try:
            problem = problem_of(claim, setting.parameters, setting.outer)
        except TheoryckError:
            return None
        sole = sole_minimiser(problem, use, lows[id(setting)], _part(deadline, 2))
        if sole is not None:
            until = _part(deadline, 2)
            found = counterexample(setting, use, (sole,), until, BESIDE_MINIMISER)
            if found is not None:
                return Failure(setting, use, *found)
    return None


def _part(deadline: float, parts: int) -> float:
    now = time.monotonic()
    return now + max(deadline - now, 0.0) / max(parts, 1)


def _answers(
    claim: MembershipClaim,
    at: Mapping[str, Expr] | None,
    box: tuple[tuple[object, object], ...] | None,
    points: tuple[Vector, ...],
    deadline: float,
) -> list[Shown | NotShown]:
    try:
        problem: Problem = problem_of(claim, at, box)  # type: ignore[arg-type]
    except TheoryckError as error:
        return [NotShown(f"the formula is not read: {error}") for _ in claim.assumptions]
    answers: list[Shown | NotShown] = []
    for number, use in enumerate(claim.assumptions):
        until = _part(deadline, len(claim.assumptions) - number)
        answers.append(shown(problem, use, points, until))
    return answers


def _lines(claim: MembershipClaim, answers: list[Shown | NotShown]) -> tuple[str, ...]:
    lines: list[str] = []
    for use, answer in zip(claim.assumptions, answers, strict=True):
        if isinstance(answer, Shown):
            lines += answer.lines
        else:
            lines.append(f"{_text(use)}: not proved: {answer.reason}")
    return tuple(lines)


def _reasons(claim: MembershipClaim, answers: list[Shown | NotShown]) -> list[str]:
    return [
        f"{_text(use)} is not proved: {answer.reason}"
        for use, answer in zip(claim.assumptions, answers, strict=True)
        if isinstance(answer, NotShown)
    ]


def _open(
    claim: MembershipClaim,
    answers: list[Shown | NotShown],
    reasons: list[str],
    lines: tuple[str, ...],
) -> EngineReport:
    return EngineReport(ENGINE, Status.INCONCLUSIVE, "; ".join(reasons), evidence=lines)


def _text(use: AssumptionUse) -> str:
    arguments = ", ".join(to_text(expr) for expr in use.arguments.values())
    return f"{use.assumption.name}({arguments})" if arguments else use.assumption.name


def _listed(claim: MembershipClaim) -> str:
    return ", ".join(map(_text, claim.assumptions))


def _undefined(setting: Setting, point: Vector, why: str) -> EngineReport:
    names = dict(zip(setting.names, point, strict=True))
    place = ", ".join(f"{name} = {value}" for name, value in names.items())
    given = ", ".join(f"{n} = {to_text(v)}" for n, v in setting.parameters.items())
    where = f"{place} (with {given})" if given else place
    reason = f"the function has no value at {where}, inside its domain: {why}; give a domain"
    return EngineReport(ENGINE, Status.INVALID, reason)


def _refuted(failure: Failure) -> EngineReport:
    setting, candidate, test = failure.setting, failure.candidate, failure.test
    at = {name: to_text(value) for name, value in setting.parameters.items()}
    place = candidate.text(setting.names)
    given = ", ".join(f"{name} = {value}" for name, value in at.items())
    where = f"{place}, with {given}" if given else place
    margin = margin_text(setting, failure.use, test, candidate)
    reason = f"{_text(failure.use)} fails at {where}: {test.says} (by {margin.lstrip('-')})"
    instance = Instance(
        at=at,
        claimed=None,
        worst_case=None,
        status=Status.REFUTED,
        reason=reason,
        witness={
            "kind": "points",
            "assumption": _text(failure.use),
            "variables": list(setting.names),
            "points": [[str(c) for c in point] for point in candidate.points],
            "direction": [str(c) for c in candidate.direction],
        },
    )
    line = f"{reason}   [checked in exact or ball arithmetic]"
    return EngineReport(ENGINE, Status.REFUTED, reason, instances=(instance,), evidence=(line,))


def _inconclusive(reason: str) -> EngineReport:
    return EngineReport(ENGINE, Status.INCONCLUSIVE, reason)


__all__ = ["examine_membership"]
