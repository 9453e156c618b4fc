"""The best step, the iterations to a level, the comparison of bounds: found and proved."""

from __future__ import annotations

import time
from itertools import product

import pytest
import sympy

from theoryck.claims.reading import read_claim
from theoryck.derive.design import (
    IncomparableError,
    NoOptimumError,
    NotReachedError,
    compare_bounds,
    compared,
    comparison,
    iterations_to,
    minimise,
    minimum,
    optimal_step,
)
from theoryck.derive.design.solving import zeros
from theoryck.derive.domain import Domain
from theoryck.derive.printing import to_claim_text
from theoryck.derive.relations import Relation

g, G, R, L, D, N, s, mu, eps = sympy.symbols("g G R L D N s mu eps", positive=True)
n = sympy.Symbol("n", positive=True, integer=True)


def soon() -> float:
    return time.monotonic() + 60


def domain(*symbols: sympy.Symbol, where: tuple[Relation, ...] = ()) -> Domain:
    return Domain({symbol.name: symbol for symbol in symbols}, where)


BELOW = Relation(g, "<=", 1 / L)
MINIMA = {
    "subgradient": (R**2 / (2 * N * g) + g * G**2 / 2, (), R / (G * sympy.sqrt(N))),
    "descent": (2 * D / (N * g * (2 - L * g)), (Relation(g, "<", 2 / L),), 1 / L),
    "capped": (
        2 * D / (N * g) + L * g * s**2,
        (BELOW,),
        sympy.Min(1 / L, sympy.sqrt(2 * D / (L * N)) / s),
    ),
    "end": (D * L / (N * g), (BELOW,), 1 / L),
    "contraction": (
        D * (1 - 2 * mu * g * (1 - L * g / 2)) ** N + s,
        (Relation(g, "<", 2 / L), Relation(mu, "<=", L)),
        1 / L,
    ),
    "cubic": (D / g**2 + L * g, (), (2 * D / L) ** sympy.Rational(1, 3)),
}


@pytest.mark.parametrize("name", MINIMA)
def test_the_minimum_is_the_known_one(name: str) -> None:
    bound, where, best = MINIMA[name]
    symbols = (g, *sorted(bound.free_symbols - {g}, key=str))
    found = minimise(bound, g, domain(*symbols, where=where), soon())
    assert sympy.simplify(found.value - best) == 0
    assert found.reasons


@pytest.mark.parametrize("name", MINIMA)
def test_no_grid_of_values_does_better(name: str) -> None:
    bound, where, _ = MINIMA[name]
    symbols = (g, *sorted(bound.free_symbols - {g}, key=str))
    found = minimise(bound, g, domain(*symbols, where=where), soon())
    least = sympy.lambdify(symbols[1:], found.least, "math")
    tried = sympy.lambdify(symbols, bound, "math")
    for values in product([0.3, 1.0, 4.0], repeat=len(symbols) - 1):
        at = {L: 1.0, **dict(zip(symbols[1:], values, strict=True))}
        if mu in at and at[mu] > at[L]:
            continue
        cap = 1 / at[L] if BELOW in where else 2 / at[L] if where else 50.0
        for share in range(1, 40):
            assert tried(cap * share / 40, *values) >= least(*values) * (1 - 1e-9)


@pytest.mark.parametrize(
    ("bound", "where", "why"),
    [
        (R / g, (), "no zero"),  # no least value: any larger step does better
        (R * N, (), "does not depend on g"),
        (sympy.sin(g) + R, (), "no zero|not proved"),
    ],
)
def test_where_no_minimum_is_proved(bound: sympy.Expr, where: tuple, why: str) -> None:
    symbols = (g, *sorted(bound.free_symbols - {g}, key=str))
    with pytest.raises(NoOptimumError, match=why):
        minimise(bound, g, domain(*symbols, where=where), soon())


SUBGRADIENT = {
    "id": "subgradient",
    "parameters": {"G": "G > 0", "R": "R > 0", "N": "integer, N >= 1", "gamma": "gamma > 0"},
    "method": "subgradient(step=gamma)",
    "assumptions": ["convex", "lipschitz(G)"],
    "initial": "norm(x[0] - x_star) <= R",
    "measure": "min_over(k, 0, N - 1, f(x[k]) - f_star)",
    "bound": "R**2/(2*N*gamma) + gamma*G**2/2",
}
PL = {
    "id": "pl",
    "parameters": {"L": "L > 0", "mu": "0 < mu <= L", "D": "D >= 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["smooth(L)", "pl(mu)"],
    "initial": "f(x[0]) - f_star <= D",
    "measure": "f(x[N]) - f_star",
    "bound": "(1 - mu/L)**N*D",
}


def test_the_best_step_depends_on_the_horizon_and_its_bound_is_derived_again() -> None:
    found = optimal_step(read_claim(SUBGRADIENT), "gamma", soon())
    assert to_claim_text(found.optimum.value) == "R/(G*sqrt(N))"
    assert to_claim_text(found.bound) == "G*R/sqrt(N)"
    assert found.proof is not None
    assert found.proof.proves
    assert "gamma" not in found.claim.parameters


def test_a_parameter_that_is_none() -> None:
    with pytest.raises(NoOptimumError, match="'eta' is no parameter"):
        optimal_step(read_claim(PL), "eta", soon())


def test_iterations_of_a_linear_rate() -> None:
    found = iterations_to(read_claim(PL), "epsilon", soon())
    assert to_claim_text(found.steps) == "L*log(D/epsilon)/mu"
    assert [str(relation) for relation in found.where] == ["D > 0"]
    assert found.proof is not None


def test_iterations_above_a_floor() -> None:
    found = iterations_to(read_claim(SUBGRADIENT), "epsilon", soon())
    assert to_claim_text(found.steps) == "R**2/(gamma*(2*epsilon - G**2*gamma))"
    assert [str(relation) for relation in found.where] == ["epsilon > G**2*gamma/2"]
    assert found.exact


@pytest.mark.parametrize(
    ("level", "why"), [("1 +", "no expression"), ("f_star", "more than the parameters")]
)
def test_a_level_that_is_none(level: str, why: str) -> None:
    with pytest.raises(NotReachedError, match=why):
        iterations_to(read_claim(PL), level, soon())


COMPARED = {
    "sampling": (1 / eps**2, n / eps, "n >= 1/eps"),
    "variance reduction": (n + sympy.sqrt(n) / eps**2, eps**-4, None),
    "steps": (L * R**2 / N, G * R / sympy.sqrt(N), None),
    "always": (L, 2 * L, "0 <= 0"),
}


@pytest.mark.parametrize("name", COMPARED)
def test_thresholds_hold_on_both_sides(name: str) -> None:
    first, second, expected = COMPARED[name]
    symbols = sorted(first.free_symbols | second.free_symbols, key=str)
    answer = compared(first, second, domain(*symbols), soon())
    assert answer.decided
    if expected is not None:
        assert str(answer.first_where) == expected
    for values in product([1, 2, 7, 50], repeat=len(symbols)):
        at = {
            x: v if x.is_integer else sympy.Rational(v, 5)
            for x, v in zip(symbols, values, strict=True)
        }
        for better, worse, where in (
            (first, second, answer.first_where),
            (second, first, answer.second_where),
        ):
            if where is not None and _holds(where, at):
                assert float((better - worse).subs(at)) <= 1e-9


def _holds(relation: Relation, at: dict) -> bool:
    difference = float((relation.left - relation.right).subs(at))
    return difference >= 0 if relation.sign == ">=" else difference <= 0


def test_what_cannot_be_compared() -> None:
    schedule = read_claim(
        {"id": "s", "kind": "schedule", "schedule": "1/(k + 1)", "conditions": ["sum(gamma) == oo"]}
    )
    with pytest.raises(IncomparableError, match="no bound to compare"):
        compare_bounds(schedule, schedule, soon())
    with pytest.raises(IncomparableError, match="is a schedule claim"):
        compare_bounds(schedule, read_claim(PL), soon())


def test_constraints_of_both_claims_hold() -> None:
    other = {**PL, "id": "b", "parameters": {**PL["parameters"], "N": "integer, N >= 2"}}
    answer = compare_bounds(read_claim(PL), read_claim({**other, "bound": "D"}), soon())
    relations = {str(relation) for relation in answer.domain.relations}
    assert {"N >= 1", "N >= 2"} <= relations
    assert answer.first_where is not None


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (1 - L * g, {1 / L}),
        (g**2 - L * g, {sympy.Integer(0), L}),
        (sympy.sqrt(g) - L, {L**2}),
        (sympy.exp(g) - L, set()),
    ],
)
def test_zeros_are_candidates(expr: sympy.Expr, expected: set) -> None:
    assert set(zeros(expr, g)) == expected


def test_a_wrong_candidate_is_not_believed(monkeypatch) -> None:
    bound = R**2 / (2 * N * g) + g * G**2 / 2
    wrong = 2 * R / (G * sympy.sqrt(N))
    monkeypatch.setattr(minimum, "zeros", lambda *_: (wrong,))
    with pytest.raises(NoOptimumError, match="not proved to be the best"):
        minimise(bound, g, domain(g, G, N, R), soon())


def test_a_wrong_threshold_is_not_believed(monkeypatch) -> None:
    monkeypatch.setattr(comparison, "zeros", lambda *_: (2 / eps,))
    assert not compared(1 / eps**2, n / eps, domain(eps, n), soon()).decided
