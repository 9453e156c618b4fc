"""A derivation that was tampered with anywhere does not pass; the second look looks for itself."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

import pytest
import sympy

from theoryck.claims.reading import read_claim
from theoryck.derive import recheck as module
from theoryck.derive.decide import Proved
from theoryck.derive.derivations import Derived, derivation_of
from theoryck.derive.proof import Condition, Derivation, Step
from theoryck.derive.recheck import recheck
from theoryck.derive.relations import Relation
from theoryck.derive.rules.growth import PolyakLojasiewicz
from theoryck.derive.sampling import sample_points
from theoryck.derive.statements import OneStep
from theoryck.derive.symbols import ONE

SIZES = {"L": "L > 0", "N": "integer, N >= 1"}
CLAIMS = {
    "subgradient": {
        "parameters": {"G": "G > 0", "R": "R > 0", "N": "integer, N >= 1"},
        "method": "subgradient(step=R/(G*sqrt(N)))",
        "assumptions": ["convex", "lipschitz(G)"],
        "initial": "norm(x[0] - x_star) <= R",
        "measure": "f(mean_over(k, 0, N - 1, x[k])) - f_star",
        "bound": "G*R/sqrt(N)",
    },
    "sgd": {
        "parameters": {**SIZES, "mu": "0 < mu <= L", "sigma": "sigma >= 0", "D": "D >= 0"},
        "method": "sgd(step=1/L)",
        "assumptions": ["smooth(L)", "pl(mu)", "unbiased", "bounded_variance(sigma)"],
        "initial": "f(x[0]) - f_star <= D",
        "measure": "E(f(x[N]) - f_star)",
        "bound": "(1 - mu/L)**N*D + sigma**2/(2*mu)",
    },
    "norm": {
        "parameters": {**SIZES, "D": "D >= 0"},
        "method": "gradient_descent(step=1/L)",
        "assumptions": ["smooth(L)"],
        "initial": "f(x[0]) - f_star <= D",
        "measure": "min_over(k, 0, N - 1, norm(grad(x[k])))",
        "bound": "sqrt(2*L*D/N)",
    },
}


@pytest.fixture(scope="module", params=CLAIMS)
def derived(request: pytest.FixtureRequest) -> Derived:
    found = derivation_of(read_claim({"id": "a", **CLAIMS[request.param]}), soon())
    assert found.proves
    return found


def soon() -> float:
    return time.monotonic() + 60


def tampered(value: Any) -> Iterator[Any]:
    """The value with one of its parts changed, for each of its parts."""
    if isinstance(value, Enum):
        yield next(member for member in type(value) if member is not value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, sympy.Expr):
        yield value * sympy.Rational(99, 100) if value != 0 else ONE
    elif isinstance(value, str):
        yield {"<=": "==", "==": "<="}.get(value, value + " or less")
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, tuple):
        for place, part in enumerate(value):
            for changed in tampered(part):
                yield (*value[:place], changed, *value[place + 1 :])
        if value:
            yield value[:-1]
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            for changed in tampered(getattr(value, field.name)):
                yield replace(value, **{field.name: changed})


def corruptions(step: Step) -> Iterator[tuple[str, Step]]:
    for statement in tampered(step.statement):
        yield "statement", replace(step, statement=statement)
    for place, premise in enumerate(step.premises):
        for other in (premise - 1, step.number, step.number + 1):
            changed = (*step.premises[:place], other, *step.premises[place + 1 :])
            yield "premise", replace(step, premises=changed)
        yield "premise dropped", replace(step, premises=step.premises[:-1])
    for place, condition in enumerate(step.conditions):
        rest = (*step.conditions[:place], *step.conditions[place + 1 :])
        yield "condition dropped", replace(step, conditions=rest)
        for relation in tampered(condition.relation):
            other = Condition(relation, condition.how)
            changed = (*step.conditions[:place], other, *step.conditions[place + 1 :])
            yield "condition", replace(step, conditions=changed)
    extra = Condition(Relation(ONE, "<=", ONE), "faith")
    yield "condition added", replace(step, conditions=(*step.conditions, extra))
    for name, value in step.arguments.items():
        for changed in tampered(value):
            if changed != value:
                arguments = MappingProxyType({**step.arguments, name: changed})
                yield f"argument {name}", replace(step, arguments=arguments)
    if not isinstance(step.rule, PolyakLojasiewicz):
        yield "rule", replace(step, rule=PolyakLojasiewicz())


# a line that says the same with another argument is as good: the number of a noise term, or
# where a mean begins
HARMLESS = ("argument number", "argument at", "argument root")


def test_every_part_of_every_step_matters(derived: Derived, monkeypatch) -> None:
    # the conditions are true; whether they are decided again is the matter of another test
    monkeypatch.setattr(module, "decide", lambda *_, **__: Proved("taken as true"))
    steps, tried = derived.derivation.steps, 0
    earlier: dict[int, Any] = {}
    for step in steps:
        for what, wrong in corruptions(step):
            problem = module.recheck_step(wrong, earlier, derived.setting, (), soon())
            if problem is None and what.startswith(HARMLESS):
                continue
            if problem is None and what == "premise":
                # what holds on every path holds in expectation: the same inequality before it
                pairs = zip(wrong.premises, step.premises, strict=True)
                ((old, new),) = ((earlier[a], earlier[b]) for a, b in pairs if a != b)
                assert isinstance(old, OneStep)
                assert old.form.same_as(new.form)
                continue
            if problem is None and what.startswith("argument"):
                # an argument that changes nothing in what the rule concludes
                made = wrong.rule.conclude(
                    tuple(earlier[p] for p in wrong.premises), derived.setting, **wrong.arguments
                )
                assert made.statement.same_as(step.statement)
                continue
            assert problem is not None, (what, str(step), str(wrong))
            tried += 1
        earlier[step.number] = step.statement
    assert tried > 60


def test_steps_taken_away_or_exchanged_are_missed(derived: Derived) -> None:
    steps = derived.derivation.steps
    for place in range(len(steps) - 1):
        shorter = Derivation((*steps[:place], *steps[place + 1 :]))
        used = any(steps[place].number in step.premises for step in steps)
        assert not used or recheck(shorter, derived.setting, soon()) is not None
    assert recheck(Derivation(steps[::-1]), derived.setting, soon()) is not None


def test_every_condition_is_decided_again(derived: Derived, monkeypatch) -> None:
    asked = []

    def recorded(relation: Relation, *_: Any, **__: Any) -> Proved:
        asked.append(str(relation))
        return Proved("noted")

    monkeypatch.setattr(module, "decide", recorded)
    assert recheck(derived.derivation, derived.setting, soon()) is None
    stated = [str(c.relation) for step in derived.derivation.steps for c in step.conditions]
    assert asked == stated
    assert stated


def test_it_reads_nothing_of_the_workshop() -> None:
    assert "Workshop" not in inspect.getsource(module).replace("the workshop", "")
    assert {"derivation", "setting", "deadline"} == set(inspect.signature(recheck).parameters)


def test_points_are_its_own(derived: Derived) -> None:
    assert next(sample_points(derived.setting.domain), None) is not None
    assert recheck(derived.derivation, derived.setting, soon()) is None
