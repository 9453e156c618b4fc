"""Gradient claims: proved by exact calculus, refuted at exact points, and the calculus itself."""

from __future__ import annotations

import random
import time
from fractions import Fraction
from typing import Any

import pytest
import sympy

from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import GradientClaim, Variable
from theoryck.claims.grammar import parse_expression
from theoryck.claims.reading import read_claim
from theoryck.claims.scopes import CONSTANTS, Arithmetic, Scope
from theoryck.derive.arrays import Array, evaluate_arrays
from theoryck.derive.elementary import vanishes
from theoryck.derive.formulas import Spot, derivatives_at
from theoryck.derive.gradient import examine_gradient, scalar_derivative
from theoryck.derive.jets import NotDifferentiableError
from theoryck.derive.symbols import FUNCTIONS, to_sympy
from theoryck.derive.tensors import Index, Names, Term, canonical
from theoryck.errors import DomainError, TheoryckError
from theoryck.verdict import EngineReport, Status
from theoryck.verdict import Scope as Covers

LEAST_SQUARES = {"w": "d", "X": "d x n", "y": "n"}
NETWORK = {"y": "scalar", "beta": "h x 1", "W": "h x d", "x": "d x 1"}
X = Variable("x", ())


def examine(
    function: str, variables: Any, derivative: Any, parameters: dict[str, str] | None = None
) -> EngineReport:
    claim = read_claim(
        {
            "id": "g",
            "kind": "gradient",
            "parameters": parameters or {},
            "function": function,
            "variables": variables,
            "derivative": derivative,
        }
    )
    assert isinstance(claim, GradientClaim)
    return examine_gradient(claim, time.monotonic() + 30)


TRUE = [
    ("norm(transpose(X)@w - y)**2", LEAST_SQUARES, {"w": "2*X@(transpose(X)@w - y)"}),
    ("norm(transpose(X)@w - y)**2", LEAST_SQUARES, {"X": "2*w@transpose(transpose(X)@w - y)"}),
    (
        "(y - dot(beta, tanh(W@x)))**2",
        NETWORK,
        {
            "beta": "-2*(y - dot(beta, tanh(W@x)))*tanh(W@x)",
            "W": "-2*(y - dot(beta, tanh(W@x)))*(beta*(1 - tanh(W@x)**2))@transpose(x)",
        },
    ),
    (
        "(y - dot(beta, sigmoid(W@x)))**2",
        NETWORK,
        {"W": "-2*(y - dot(beta, sigmoid(W@x)))*(beta*sigmoid(W@x)*sigmoid(-W@x))@transpose(x)"},
    ),
    ("norm(x)", {"x": "d"}, "x/norm(x)"),
    ("norm(x)**3", {"x": "d"}, "3*norm(x)*x"),
    ("sqrt(1 + norm(x)**2)", {"x": "d"}, "x/sqrt(1 + dot(x, x))"),
    ("log(sum(exp(x)))", {"x": "d"}, "exp(x)/sum(exp(x))"),
    (
        "sum(log(1 + exp(-y*(X@w))))",
        {"w": "d", "X": "n x d", "y": "n"},
        {"w": "-transpose(X)@(y/(1 + exp(y*(X@w))))"},
    ),
    (
        "dot(x, A@x)/dot(x, x)",
        {"x": "d", "A": "d x d"},
        {"x": "((A + transpose(A))@x - 2*(dot(x, A@x)/dot(x, x))*x)/norm(x)**2"},
    ),
    ("norm(A@B)**2", {"A": "m x n", "B": "n x p"}, {"B": "2*transpose(A)@A@B"}),
    ("sum(x + 1)**2", {"x": "d"}, "2*(sum(x) + d) + 0*x"),
    ("sum(sin(y - x))", {"x": "d", "y": "d"}, {"x": "-cos(x - y)"}),
    ("dot(b, tanh(-x))", {"x": "d", "b": "d"}, {"b": "-tanh(x)"}),
    ("sum(cos(y - x))", {"x": "d", "y": "d"}, {"x": "sin(y - x)"}),
    ("sum(softplus(-x))", {"x": "d"}, "sigmoid(x) - 1"),
    ("sum(abs(w))", {"w": "d"}, "sign(w)"),
    ("sum(max(w, 0))", {"w": "d"}, "(1 + sign(w))/2"),
    ("sin(x)**2", ["x"], "sin(2*x)"),
    ("tanh(x)**2", ["x"], "2*tanh(x)/cosh(x)**2"),
    ("x**x", ["x"], "x**x*(log(x) + 1)"),
    ("abs(x)", ["x"], "x/abs(x)"),
    ("x*abs(x)", ["x"], "2*abs(x)"),
    ("max(x, 0)", ["x"], "(1 + sign(x))/2"),
    ("exp(sin(x*y))", ["x", "y"], ["y*cos(x*y)*exp(sin(x*y))", "x*cos(x*y)*exp(sin(x*y))"]),
]


@pytest.mark.parametrize(("function", "variables", "derivative"), TRUE)
def test_true_derivatives_are_proved(function: str, variables: Any, derivative: Any) -> None:
    report = examine(function, variables, derivative)
    assert report.status is Status.PROVED, report.reason
    assert report.scope is Covers.ALL_PARAMETERS
    assert report.evidence


FALSE = [
    ("norm(transpose(X)@w - y)**2", LEAST_SQUARES, {"w": "X@(transpose(X)@w - y)"}),
    ("norm(transpose(X)@w - y)**2", LEAST_SQUARES, {"w": "2*X@(transpose(X)@w + y)"}),
    ("norm(A@x)**2", {"A": "n x n", "x": "n"}, {"x": "2*A@transpose(A)@x"}),
    ("dot(x, A@x)", {"A": "n x n", "x": "n"}, {"x": "2*A@x"}),
    (
        "(y - dot(beta, tanh(W@x)))**2",
        NETWORK,
        {"W": "2*(y - dot(beta, tanh(W@x)))*(beta*(1 - tanh(W@x)**2))@transpose(x)"},
    ),
    ("sin(x)**2", ["x"], "0.999*sin(2*x)"),
    ("x**2", ["x"], "2*x + 1e-30"),
    ("log(1 + exp(x))", ["x"], "1/(1 + exp(x))"),
    ("abs(x)", ["x"], "1"),
]


@pytest.mark.parametrize(("function", "variables", "derivative"), FALSE)
def test_false_derivatives_are_refuted_at_a_point(
    function: str, variables: Any, derivative: Any
) -> None:
    report = examine(function, variables, derivative)
    assert report.status is Status.REFUTED, report.reason
    (instance,) = report.instances
    assert instance.witness is not None
    assert instance.witness["values"]["entries"]


def test_one_wrong_formula_of_two_is_named() -> None:
    report = examine("x**2*y", ["x", "y"], {"x": "2*x*y", "y": "x**3"})
    assert report.status is Status.REFUTED
    assert "derivative by y" in report.reason


def test_parameters_are_symbols_of_the_proof() -> None:
    parameters = {"a": "", "b": ""}
    assert examine("(a*u - b)**2/2", ["u"], "a*(a*u - b)", parameters).status is Status.PROVED
    assert examine("(a*u - b)**2/2", ["u"], "(a*u - b)/2", parameters).status is Status.REFUTED
    power = {"N": "integer, N >= 1"}
    assert examine("x**N", ["x"], "N*x**(N - 1)", power).status is Status.PROVED


NOT_PROVED = [
    ("sign(x)**2*y", ["x", "y"], {"y": "1"}),  # wrong where x = 0
    ("x*abs(x)", ["x"], "2*abs(x) + 1 - abs(sign(x))"),  # wrong at 0 alone
    ("sqrt(x**4)", ["x"], "2*x + 1 - abs(sign(x))"),  # wrong at 0 alone
    ("floor(x)*x", ["x"], "floor(x)"),
    ("x**2", ["x"], "2*x + 1 - abs(sign(x - 1/7))"),
    ("sum(sign(w)*w*w)", {"w": "d"}, "2*abs(w)"),
]


@pytest.mark.parametrize(("function", "variables", "derivative"), NOT_PROVED)
def test_points_that_no_sample_meets_do_not_get_a_proof(
    function: str, variables: Any, derivative: Any
) -> None:
    assert examine(function, variables, derivative).status is not Status.PROVED


def test_a_formula_that_is_nowhere_defined_is_not_proved() -> None:
    assert examine("sqrt(-1 - x**2)", ["x"], "x").status is Status.INCONCLUSIVE


def test_a_power_without_a_rule_is_only_supported() -> None:
    parameters = {"p": "p >= 2"}
    report = examine("norm(x)**p", {"x": "d"}, "p*norm(x)**(p - 2)*x", parameters)
    assert report.status is Status.SUPPORTED
    assert "exponent" in report.reason


def _scope(names: str) -> Scope:
    return Scope("a test", dict.fromkeys(names, ()), words=CONSTANTS, arithmetic=Arithmetic.ARRAYS)


KINKED = {"min", "max", "abs", "sign", "ceil", "floor", "relu"}


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - KINKED))
def test_every_rule_agrees_with_sympy(name: str) -> None:
    """First and second derivatives of f(x²/3 + x/2), against SymPy's own differentiation."""
    tree = parse_expression(f"{name}(x**2/3 + x/2)", scope=_scope("x"))
    x = sympy.Symbol("x", real=True)
    formula = to_sympy(tree, {"x": x}).expression
    balls = Balls()
    with balls.scope():
        spot = Spot({}, {}, {"x": (Fraction(4, 7),)})
        found = derivatives_at(tree, spot, (X,), balls, order=2)
        for order, value in ((1, found.gradient[0]), (2, found.hessian[0][0])):
            exact = sympy.N(sympy.diff(formula, x, order).subs(x, sympy.Rational(4, 7)), 40)
            assert abs(float(value.mid()) - float(exact)) < 1e-14
            assert value.rad() < 1e-60


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("abs(x)", 0),
        ("relu(x)", 0),
        ("max(x, 1)", 1),
        ("floor(x)", 2),
        ("sign(x)", 0),
        ("sqrt(x**2)", 0),
        ("sqrt(x**4)", 0),
        ("x**(3/2)", 0),
        ("log(x)", 0),
        ("1/x", 0),
    ],
)
def test_no_derivative_is_given_where_the_rules_do_not_hold(text: str, at: int) -> None:
    tree = parse_expression(text, scope=_scope("x"))
    for order in (1, 2):
        with pytest.raises((DomainError, NotDifferentiableError)):
            derivatives_at(
                tree, Spot({}, {}, {"x": (Fraction(at),)}), (X,), Rationals(), order=order
            )


@pytest.mark.parametrize(("text", "slope"), [("abs(x)", -1), ("relu(x)", 0), ("max(x, -x)", -1)])
def test_the_side_of_a_kink_is_chosen_exactly(text: str, slope: int) -> None:
    tree = parse_expression(text, scope=_scope("x"))
    spot = Spot({}, {}, {"x": (Fraction(-1, 10**30),)})
    assert derivatives_at(tree, spot, (X,), Rationals()).gradient[0] == slope


def test_formulas_of_derivatives_keep_the_signs_of_kinks() -> None:
    x = sympy.Symbol("x", real=True)
    tree = parse_expression("abs(x) + max(x, 1)", scope=_scope("x"))
    found = scalar_derivative(tree, {"x": x}, "x")
    assert [found.subs(x, v) for v in (-2, sympy.Rational(1, 2), 3)] == [-1, 1, 2]


def test_exact_algebra_knows_the_circle_and_the_exponentials() -> None:
    x, y = sympy.symbols("x y", real=True)
    assert vanishes(sympy.cos(x) ** 4 - sympy.sin(x) ** 4 - sympy.cos(2 * x))
    assert vanishes(sympy.exp(x + y) * sympy.exp(-x) - sympy.exp(y))
    assert vanishes(sympy.tanh(x) - 1 + 2 / (sympy.exp(2 * x) + 1))
    assert not vanishes(sympy.sin(x) - sympy.cos(x))
    assert not vanishes(sympy.exp(x) - sympy.exp(y))


def test_summed_indices_are_named_canonically() -> None:
    names = Names()
    i, j, k = (names.fresh("n") for _ in range(3))

    def cycle(a: Index, b: Index, c: Index) -> Term:
        factors = tuple(((("var", "A"), pair), Fraction(1)) for pair in ((a, b), (b, c), (c, a)))
        return Term(Fraction(1), factors, frozenset({a, b, c}))

    assert canonical(cycle(i, j, k)) == canonical(cycle(k, i, j)) == canonical(cycle(j, k, i))
    assert canonical(cycle(i, j, k)) == canonical(cycle(i, k, j))  # the trace of A³, renamed
    path = Term(Fraction(1), (((("var", "A"), (i, j)), Fraction(2)),), frozenset({i, j}))
    assert canonical(path) != canonical(cycle(i, j, k))


def test_array_operations_agree_with_numpy() -> None:
    import numpy as np

    generator = random.Random(3)
    shapes = {"A": (2, 3), "B": (3, 2), "v": (3,), "u": (2,)}
    plain = {
        name: np.array([generator.randint(-5, 5) for _ in range(int(np.prod(shape)))]).reshape(
            shape
        )
        for name, shape in shapes.items()
    }
    numbers = Rationals()
    arrays = {
        name: Array(value.shape, tuple(numbers.integer(int(v)) for v in value.flat))
        for name, value in plain.items()
    }
    scope = Scope("a test", dict(shapes), words=CONSTANTS, arithmetic=Arithmetic.ARRAYS)
    A, B, v, u = (plain[name] for name in "ABvu")
    expected = {
        "A@v": A @ v,
        "A@B": A @ B,
        "transpose(A)@u": A.T @ u,
        "u@transpose(v)": np.outer(u, v),
        "transpose(u)@A": (u @ A)[None, :],
        "A*transpose(B) - 2": A * B.T - 2,
        "sum(A)": A.sum(),
        "dot(A, transpose(B))": (A * B.T).sum(),
        "transpose(v)@v": v @ v,
        "norm(A)**2": (A**2).sum(),
    }
    for text, value in expected.items():
        try:
            found = evaluate_arrays(
                parse_expression(text, scope=scope, shape=None), arrays, numbers
            )
        except TheoryckError:
            assert text == "norm(A)**2"  # a root of no square
            continue
        assert found.shape == np.shape(value), text
        assert [int(e.p) for e in found.entries] == list(np.ravel(value)), text
