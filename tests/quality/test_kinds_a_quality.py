"""Near misses of gradient and membership claims: the true is proved, the false is never proved."""

from __future__ import annotations

import random
import time
from fractions import Fraction
from typing import Any

import pytest

from theoryck.claims.reading import read_claim
from theoryck.derive import examine
from theoryck.verdict import EngineReport, Status

SECONDS = 20.0


def status_of(**table: Any) -> EngineReport:
    return examine(read_claim({"id": "q", **table}), time.monotonic() + SECONDS)


def membership(function: str, assumption: str, **keys: Any) -> Status:
    return status_of(
        kind="membership",
        function=function,
        assumptions=[assumption],
        **{"variables": ["x"], **keys},
    ).status


# Each with the best constant: proved as it is, refuted when it is a hundredth too good.
TIGHT = [
    ("x**2 + 3*sin(x)**2", "smooth({})", Fraction(8), -1, {}),
    ("x**2 + 3*sin(x)**2", "weakly_convex({})", Fraction(4), -1, {}),
    ("x**2 + 3*sin(x)**2", "quadratic_growth({})", Fraction(2), 1, {}),
    ("5*x**2/2 - x", "pl({})", Fraction(5), 1, {}),
    ("5*x**2/2 - x", "error_bound({})", Fraction(10), 1, {}),
    ("log(1 + exp(x))", "smooth({})", Fraction(1, 4), -1, {}),
    ("log(1 + exp(x))", "lipschitz({})", Fraction(1), -1, {}),
    ("sqrt(1 + x**2)", "smooth({})", Fraction(1), -1, {}),
    ("x**4/4", "smooth({})", Fraction(3), -1, {"domain": {"x": [-1, 1]}}),
    ("x**4/4", "lipschitz({})", Fraction(1), -1, {"domain": {"x": [-1, 1]}}),
    ("sin(x)", "hessian_lipschitz({})", Fraction(1), -1, {}),
    ("x**4", "kl(3/4, {})", Fraction(4), 1, {}),
    ("x**2 + y**2 + x*y", "strongly_convex({})", Fraction(1), 1, {"variables": ["x", "y"]}),
    ("x**2 + y**2 + x*y", "smooth({})", Fraction(3), -1, {"variables": ["x", "y"]}),
]


@pytest.mark.parametrize(("function", "assumption", "best", "better", "keys"), TIGHT)
def test_a_tight_constant_is_proved_and_a_better_one_refuted(
    function: str, assumption: str, best: Fraction, better: int, keys: dict[str, Any]
) -> None:
    assert membership(function, assumption.format(best), **keys) is Status.PROVED
    too_good = best * (1 + Fraction(better, 100))
    assert membership(function, assumption.format(too_good), **keys) is Status.REFUTED


# False by so little, or so far out, that only caution keeps them from being proved.
DELICATE = [
    ("x**2 + 3*sin(x)**2", "smooth(8 - 1e-12)", {}),
    ("x**2 + 3*sin(x)**2", "quadratic_growth(2 + 1e-9)", {}),
    ("sin(x) + x**2/10**6", "convex", {}),
    ("exp(x) + x**3/10**6", "convex", {}),
    ("cosh(x)", "smooth(1e9)", {}),
    ("abs(x - 1/7) + x**2", "smooth(1e6)", {}),
    ("sqrt(x**2)", "smooth(5)", {}),
    ("max(x, 1 - x)**2", "smooth(2)", {}),
    ("x**2*sin(1/(1 + x**2))", "smooth(1/10)", {}),
    ("(x**2 - 1)**2", "pl(1/100)", {}),
    ("x**4", "strongly_convex(1e-12)", {}),
    ("x**3", "pl(1e-9)", {"domain": {"x": [-1, 1]}}),
    ("x*y", "convex", {"variables": ["x", "y"]}),
    ("x**2 + y**2 - 2.0001*x*y", "convex", {"variables": ["x", "y"]}),
    ("log(x)", "lipschitz(100)", {"domain": {"x": [0, 1]}}),
]


@pytest.mark.parametrize(("function", "assumption", "keys"), DELICATE)
def test_false_memberships_are_never_proved(
    function: str, assumption: str, keys: dict[str, Any]
) -> None:
    assert membership(function, assumption, **keys) is not Status.PROVED


# True, and never to be refuted, whether or not a proof is found.
TRUE = [
    ("x**2 + 3*sin(x)**2", "pl(1/6)", {}),
    ("exp(x) + exp(-x)", "strongly_convex(2)", {}),
    ("abs(x) + relu(x - 1)", "lipschitz(2)", {}),
    ("max(0, abs(x) - 1)**2/2", "smooth(1)", {}),
    ("sqrt(x**4)", "smooth(2)", {}),
    ("-log(x)", "convex", {"domain": {"x": [0, 1]}}),
    ("x**6", "kl(5/6, 6)", {}),
    ("log(exp(x) + exp(y))", "smooth(1/2)", {"variables": ["x", "y"]}),
    ("(x - y)**2", "quadratic_growth(1)", {"variables": ["x", "y"]}),
]


@pytest.mark.parametrize(("function", "assumption", "keys"), TRUE)
def test_true_memberships_are_never_refuted(
    function: str, assumption: str, keys: dict[str, Any]
) -> None:
    assert membership(function, assumption, **keys) is not Status.REFUTED


def gradient(function: str, variables: Any, derivative: Any) -> Status:
    return status_of(
        kind="gradient", function=function, variables=variables, derivative=derivative
    ).status


@pytest.mark.parametrize("seed", range(12))
def test_the_derivative_of_a_random_polynomial_is_proved_and_a_perturbed_one_refuted(
    seed: int,
) -> None:
    generator = random.Random(seed)
    powers = generator.sample([(i, j) for i in range(4) for j in range(4) if i], 4)
    amounts = [
        Fraction(generator.choice((-5, -2, 1, 3)), generator.choice((1, 2, 7))) for _ in powers
    ]
    terms = [f"({c})*x**{i}*y**{j}" for c, (i, j) in zip(amounts, powers, strict=True)]
    slopes = [f"({c * i})*x**{i - 1}*y**{j}" for c, (i, j) in zip(amounts, powers, strict=True)]
    function, derivative = " + ".join(terms), " + ".join(slopes)
    assert gradient(function, ["x", "y"], {"x": derivative}) is Status.PROVED
    wrong = f"{derivative} + (1/10**12)*y**{generator.randint(0, 3)}"
    assert gradient(function, ["x", "y"], {"x": wrong}) is Status.REFUTED
    shifted = " + ".join([*slopes[1:], f"{slopes[0]}*y"])
    assert gradient(function, ["x", "y"], {"x": shifted}) is Status.REFUTED


SHAPES = {"A": "m x n", "x": "n", "b": "m"}
MUTATED = [
    ("norm(A@x - b)**2", "2*transpose(A)@(A@x - b)"),
    ("sum(softplus(A@x - b))", "transpose(A)@sigmoid(A@x - b)"),
    ("sqrt(1 + norm(A@x - b)**2)", "transpose(A)@(A@x - b)/sqrt(1 + norm(A@x - b)**2)"),
    ("sum((A@x)**3)/3", "transpose(A)@((A@x)**2)"),
    ("dot(b, tanh(A@x))", "transpose(A)@(b*(1 - tanh(A@x)**2))"),
    ("exp(-norm(x)**2/2)", "-exp(-norm(x)**2/2)*x"),
]


@pytest.mark.parametrize(("function", "derivative"), MUTATED)
def test_matrix_derivatives_and_their_near_misses(function: str, derivative: str) -> None:
    assert gradient(function, SHAPES, {"x": derivative}) is Status.PROVED
    for wrong in (
        f"-({derivative})",
        f"0.99*({derivative})",
        f"({derivative}) + 0.000001*x",
        f"({derivative})*x",
    ):
        assert gradient(function, SHAPES, {"x": wrong}) is Status.REFUTED, wrong
