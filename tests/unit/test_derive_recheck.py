"""The re-check must fall when any part of any step of a derivation is corrupted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

import pytest
import sympy

from theoryck.claims.reading import read_claim
from theoryck.derive.measure import read_measure
from theoryck.derive.proof import Derivation, Step, Workshop
from theoryck.derive.recheck import recheck, recheck_step
from theoryck.derive.routes.classic import bounds
from theoryck.derive.routes.start import from_the_start, start_links
from theoryck.derive.rules.growth import PolyakLojasiewicz
from theoryck.derive.rules.measures import ClaimFollows
from theoryck.derive.rules.step import Combination
from theoryck.derive.sampling import sample_points
from theoryck.derive.setting import Setting, Stuck, is_random, setting_of
from theoryck.derive.statements import (
    Bound,
    ClaimedBound,
    Displacement,
    OneStep,
    Statement,
    affine,
)

CLAIMS = {
    "sgd": {
        "id": "sgd",
        "parameters": {
            "L": "L > 0",
            "N": "integer, N >= 1",
            "Delta": "Delta >= 0",
            "G": "G > 0",
            "step": "step > 0",
        },
        "method": "sgd(step=step)",
        "assumptions": ["smooth(L)", "unbiased", "bounded_second_moment(G)"],
        "initial": "f(x[0]) - f_star <= Delta",
        "measure": "min_over(k, 0, N - 1, E(norm(grad(x[k]))**2))",
        "bound": "Delta/(step*N) + L*step*G**2/2",
    },
    "pl": {
        "id": "pl",
        "parameters": {"L": "L > 0", "mu": "0 < mu <= L", "N": "integer, N >= 1", "D": "D >= 0"},
        "method": "gradient_descent(step=1/L)",
        "assumptions": ["smooth(L)", "pl(mu)"],
        "initial": "f(x[0]) - f_star <= D",
        "measure": "f(x[N]) - f_star",
        "bound": "(1 - mu/L)**N*D",
    },
}


def derived(name: str) -> tuple[Derivation, Setting]:
    setting = setting_of(read_claim(CLAIMS[name]))
    target, _ = read_measure(setting, is_random(setting))
    workshop = Workshop(setting, time.monotonic() + 60)
    found = next(bounds(workshop, target))
    number = next(from_the_start(workshop, start_links(workshop), found, target))
    last = workshop.add(
        ClaimFollows(), number, scale=target.scale, offset=target.offset, text="claimed"
    )
    return workshop.derivation(last), setting


def corrupted_statements(statement: Statement) -> Iterator[Statement]:
    """The statement with a sign turned or a constant changed, in each of its places."""
    match statement:
        case Displacement(terms=terms):
            for i, (arrow, coefficient) in enumerate(terms):
                changed = (*terms[:i], (arrow, -coefficient), *terms[i + 1 :])
                yield Displacement(changed)
        case OneStep(form=form):
            for quantity, coefficient in form.terms:
                for factor in (-1, sympy.Rational(99, 100)):
                    terms = {**dict(form.terms), quantity: factor * coefficient}
                    yield replace(statement, form=affine(terms, form.constant))
            yield replace(statement, form=affine(dict(form.terms), form.constant - 1))
            yield replace(statement, expected=not statement.expected)
            yield replace(statement, relation="==" if statement.relation == "<=" else "<=")
        case Bound(measured=measured, bound=bound):
            for factor in (-1, sympy.Rational(99, 100)):
                yield Bound(measured, factor * bound)
            yield Bound(replace(measured, upper=measured.upper + 1), bound)
            yield Bound(replace(measured, expected=not measured.expected), bound)
        case ClaimedBound():
            yield replace(statement, claimed=statement.claimed * sympy.Rational(99, 100))
            yield replace(statement, text="something else")


def corrupted_steps(step: Step) -> Iterator[Step]:
    for statement in corrupted_statements(step.statement):
        yield replace(step, statement=statement)
    for i, premise in enumerate(step.premises):
        others = (*step.premises[:i], premise - 1, *step.premises[i + 1 :])
        yield replace(step, premises=others)
        forward = (*step.premises[:i], step.number, *step.premises[i + 1 :])
        yield replace(step, premises=forward)
    for key, value in step.arguments.items():
        if isinstance(value, sympy.Expr) and key not in ("scale", "offset"):
            yield replace(step, arguments=MappingProxyType({**step.arguments, key: value + 1}))
        if key == "multipliers":
            changed = (*value[:-1], value[-1] * 2)
            yield replace(step, arguments=MappingProxyType({**step.arguments, key: changed}))


@pytest.mark.parametrize("name", CLAIMS)
def test_an_untouched_derivation_passes(name: str) -> None:
    derivation, setting = derived(name)
    assert recheck(derivation, setting, time.monotonic() + 60) is None


@pytest.mark.parametrize("name", CLAIMS)
def test_every_corruption_of_every_step_is_found(name: str) -> None:
    derivation, setting = derived(name)
    points = tuple(sample_points(setting.domain))
    tried = 0
    for position, step in enumerate(derivation.steps):
        for wrong in corrupted_steps(step):
            # found at the step itself, not only by what comes after it
            earlier = {s.number: s.statement for s in derivation.steps[:position]}
            problem = recheck_step(wrong, earlier, setting, points, time.monotonic() + 60)
            assert problem is not None, (str(step), str(wrong))
            tried += 1
    assert tried > 40


def test_side_conditions_are_decided_again() -> None:
    """The same steps in a larger domain, where a condition fails, do not pass."""
    derivation, _ = derived("pl")
    table = {**CLAIMS["pl"], "parameters": {**CLAIMS["pl"]["parameters"], "mu": "mu > 0"}}
    wider = setting_of(read_claim(table))
    problem = recheck(derivation, wider, time.monotonic() + 60)
    assert problem is not None


def test_an_assumption_taken_away_is_missed() -> None:
    derivation, _ = derived("pl")
    weaker = setting_of(read_claim({**CLAIMS["pl"], "assumptions": ["smooth(L)"]}))
    problem = recheck(derivation, weaker, time.monotonic() + 60)
    assert problem is not None
    assert "pl" in problem


def test_an_inequality_cannot_be_multiplied_by_a_negative_number() -> None:
    _, setting = derived("pl")
    workshop = Workshop(setting, time.monotonic() + 60)
    number = workshop.add(PolyakLojasiewicz())
    for multiplier in (-sympy.Integer(1), setting.domain.symbols["mu"] - 5):
        with pytest.raises(Stuck, match="combination"):
            workshop.add(Combination(), number, multipliers=(multiplier,))


def test_nothing_proves_nothing() -> None:
    _, setting = derived("pl")
    assert recheck(Derivation(()), setting, time.monotonic() + 60) is not None
