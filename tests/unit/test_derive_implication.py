"""Implications: every theorem of the graph held against functions, every example against itself."""

from __future__ import annotations

import time
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import pytest
import sympy

from theoryck.assumptions import ASSUMPTIONS
from theoryck.claims.arithmetic import Floats
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.grammar import parse_expression
from theoryck.claims.reading import read_claim
from theoryck.claims.scopes import Scope as Names
from theoryck.derive import examine
from theoryck.derive.implications.checked import how_checked
from theoryck.derive.implications.definitions import (
    Dilation,
    is_member,
    may_be_member,
    violation,
)
from theoryck.derive.implications.edges import DIRECTIONS, EDGES, HALF, Edge
from theoryck.derive.implications.examples import EXAMPLES, Example
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import to_sympy
from theoryck.verdict import EngineReport, Scope, Status

U = sympy.Symbol("u", real=True)
SCOPE = Names("an example", {"u": ()})
SIZES = (Fraction(1, 4), Fraction(1), Fraction(2), Fraction(9))


def implication(
    hypotheses: list[str], conclusion: str, seconds: float = 20.0, **parameters: str
) -> EngineReport:
    table: dict[str, Any] = {"id": "c", "kind": "implication", "hypotheses": hypotheses}
    table |= {"conclusion": conclusion, "parameters": parameters}
    return examine(read_claim(table), time.monotonic() + seconds)


def tree(text: str) -> Any:
    return parse_expression(text, scope=SCOPE)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.value} {len(e.noise)}")
def test_the_derivatives_of_an_example_are_its_derivatives(example: Example) -> None:
    texts = [example.value, example.slope] + ([example.bend] if example.bend else [])
    for text, derivative in pairwise(texts):
        difference = sympy.diff(to_sympy(tree(text), {"u": U}).expression, U)
        for point in (-3.7, -0.45, 0.3, 0.8, 2.2):
            claimed = evaluate(tree(derivative), Environment({"u": point}), Floats())
            assert float(difference.subs(U, point).evalf()) == pytest.approx(claimed, abs=1e-9)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.value} {len(e.noise)}")
def test_a_member_violates_nothing_that_it_is_a_member_of(example: Example) -> None:
    undilated = Dilation(Fraction(1), Fraction(1))
    for name, assumption in ASSUMPTIONS.items():
        if not may_be_member(example, name):
            continue
        keys = [quantity.name for quantity in assumption.quantities]
        extremes = {*example.constants, *SIZES, Fraction(1, 2), Fraction(3, 4), Fraction(4)}
        for values in product(extremes, repeat=len(keys)):
            constants = dict(zip(keys, values, strict=True))
            if is_member(example, undilated, name, constants) is not None:
                assert violation(example, undilated, name, constants, {}) is None


def holds(relation: Relation) -> bool:
    difference = sympy.nsimplify(relation.left - relation.right)
    return bool(
        {"<=": difference <= 0, ">=": difference >= 0, ">": difference > 0}.get(
            relation.sign, difference == 0
        )
    )


@pytest.mark.parametrize("edge", EDGES, ids=lambda e: f"{' '.join(e.premises)} -> {e.conclusion}")
def test_no_example_breaks_a_theorem(edge: Edge) -> None:
    """Wherever an example has the premises, nothing is found that violates the conclusion."""
    tried = 0
    for example, a in product(EXAMPLES, (Fraction(1), Fraction(1, 3))):
        if not all(may_be_member(example, name) for name in edge.premises):
            continue
        dilation = Dilation(a, Fraction(1))
        choices = [
            [
                dict(zip(keys, values, strict=True))
                for values in product((*SIZES, Fraction(1, 2)), repeat=len(keys))
            ]
            for keys in ([q.name for q in ASSUMPTIONS[n].quantities] for n in edge.premises)
        ]
        for constants in product(*choices):
            given = list(zip(edge.premises, constants, strict=True))
            if not all(is_member(example, dilation, n, c) for n, c in given):
                continue
            symbolic = {n: {k: sympy.Rational(v) for k, v in c.items()} for n, c in given}
            found = edge.follows(symbolic)
            if not all(map(holds, found.needs)):
                continue
            values = {
                k: Fraction(str(sympy.nsimplify(v)))
                for k, v in found.constants.items()
                if sympy.nsimplify(v).is_Rational
            }
            if values.keys() == found.constants.keys():
                assert violation(example, dilation, edge.conclusion, values, {}) is None
                tried += 1
            if tried > 60:
                return


MU, BOTH = {"mu": "mu > 0"}, {"mu": "mu > 0", "L": "L >= mu"}


@pytest.mark.parametrize(
    ("hypotheses", "conclusion", "parameters"),
    [
        (["strongly_convex(mu)"], "pl(mu)", MU),
        (["strongly_convex(mu)"], "error_bound(2*mu)", MU),
        (["strongly_convex(mu)"], "kl(1/2, sqrt(2*mu))", MU),
        (["pl(mu)"], "error_bound(mu)", MU),
        (["pl(mu)", "smooth(L)"], "quadratic_growth(mu)", BOTH),
        (["convex", "quadratic_growth(mu)"], "pl(mu/4)", MU),
        (["smooth(L)"], "l0_l1_smooth(L, 0)", {"L": "L > 0"}),
        (["convex"], "weakly_convex(r)", {"r": "r >= 0"}),
        (["unbiased", "bounded_second_moment(G)"], "bounded_variance(G)", {"G": "G > 0"}),
        (["unbiased", "strong_growth(r)"], "interpolation", {"r": "r >= 1"}),
    ],
    ids=str,
)
def test_what_follows_is_proved(
    hypotheses: list[str], conclusion: str, parameters: dict[str, str]
) -> None:
    report = implication(hypotheses, conclusion, **parameters)
    assert (report.status, report.scope) == (Status.PROVED, Scope.ALL_PARAMETERS), report.reason
    assert report.evidence[0].endswith("[assumed]")


def test_a_refutation_shows_the_function_and_the_point() -> None:
    report = implication(["pl(1/32)", "smooth(8)"], "convex")
    assert report.status is Status.REFUTED
    (instance,) = report.instances
    assert instance.witness is not None
    assert instance.witness["function"] == "u**2 + 3*sin(u)**2"
    assert any("lies in [-4, 8]" in line for line in report.evidence)


def test_no_path_refutes_nothing() -> None:
    report = implication(["semi_smooth(s, s)"], "smooth(s)", 2.0, s="s > 0")
    assert report.status is Status.INCONCLUSIVE


def test_a_heavy_tail_has_a_larger_variance() -> None:
    report = implication(["heavy_tailed(3/2, s)"], "bounded_variance(s)", s="s > 0")
    assert report.status is Status.REFUTED


@pytest.mark.parametrize(
    ("hypotheses", "conclusion"),
    [
        (["smooth(L)"], "weakly_convex(L)"),
        (["strongly_convex(L)"], "pl(L)"),
        (["lipschitz(L)"], "bounded_second_moment(L)"),
        (["convex"], "unbiased"),
    ],
)
def test_what_every_term_has_is_followed_to_the_mean(
    hypotheses: list[str], conclusion: str
) -> None:
    report = implication(["finite_sum(5)", *hypotheses], conclusion, L="L > 0")
    assert report.status is Status.PROVED, report.reason


@pytest.mark.parametrize("name", ["pl", "quadratic_growth", "error_bound"])
def test_what_means_do_not_keep_is_not_proved_of_them(name: str) -> None:
    report = implication(["finite_sum(5)", f"{name}(L)"], f"{name}(L)", L="L > 0")
    assert report.status is Status.INCONCLUSIVE


@pytest.mark.parametrize(
    ("hypotheses", "conclusion"),
    [
        (["pl(mu)", "smooth(L)"], "convex"),
        (["strongly_convex(mu)", "smooth(L)"], "lipschitz(L)"),
        (["quadratic_growth(mu)", "smooth(L)"], "convex"),
        (["error_bound(3*mu)", "smooth(L)"], "convex"),
        (["strongly_convex(mu)", "lipschitz(L)"], "quadratic"),
        (["unbiased", "strong_growth(L/mu)"], "smooth(L)"),
    ],
)
def test_hypotheses_that_exclude_each_other(hypotheses: list[str], conclusion: str) -> None:
    report = implication(hypotheses, conclusion, L="L > 0", mu="mu > L")
    assert report.status is Status.INCONCLUSIVE
    assert report.findings[0].code == "vacuous"
    assert "no function" in report.reason


def test_hypotheses_that_go_together_are_no_conflict() -> None:
    report = implication(["pl(mu)", "smooth(L)"], "error_bound(2*mu)", L="L > 0", mu="0 < mu <= L")
    assert (report.status, report.findings) == (Status.PROVED, ())


CITED = {
    ("pl", "quadratic_growth"),
    ("smooth", "weakly_convex"),
    ("quadratic", "hessian_lipschitz"),
    ("hessian_lipschitz lipschitz", "smooth"),
    *((f"quadratic {name}", "convex") for name in ("pl", "error_bound", "kl", "quadratic_growth")),
    ("quadratic quadratic_growth", "pl"),
    ("bounded_variance", "heavy_tailed"),
    ("heavy_tailed", "bounded_variance"),
}


@pytest.mark.parametrize("edge", EDGES, ids=lambda e: f"{' '.join(e.premises)} -> {e.conclusion}")
def test_a_theorem_about_points_is_decided_and_a_sharper_one_is_not(edge: Edge) -> None:
    premises: dict[str, Any] = {
        name: {
            q.name: sympy.Symbol(f"{q.name}_{name}", positive=True)
            for q in ASSUMPTIONS[name].quantities
        }
        for name in edge.premises
    }
    if edge.premises == ("kl",):
        premises["kl"]["alpha"] = HALF
    if edge.premises == ("l0_l1_smooth",):
        premises["l0_l1_smooth"]["L1"] = sympy.Integer(0)
    conclusion = edge.follows(premises).constants
    until = time.monotonic() + 20
    found = how_checked(edge, premises, conclusion, until)
    assert (found is None) == ((" ".join(edge.premises), edge.conclusion) in CITED)
    more = sympy.Symbol("more", positive=True)
    sharper = {
        name: value + (more if DIRECTIONS.get(edge.conclusion, {}).get(name) == "<=" else -more)
        for name, value in conclusion.items()
        if name not in ("alpha", "L1") and value != 0
    }
    if found is not None and sharper:
        assert how_checked(edge, premises, {**conclusion, **sharper}, until) is None
