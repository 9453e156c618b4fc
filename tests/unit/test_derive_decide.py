"""Three-valued decisions: proofs, exact counterexamples, and honest ignorance."""

from __future__ import annotations

import time

import pytest
import sympy

from theoryck.derive.decide import Counterexample, Decision, Proved, Unknown, decide, is_empty
from theoryck.derive.domain import Domain
from theoryck.derive.exact import equal, is_zero, sign_by_coefficients
from theoryck.derive.relations import Relation
from theoryck.derive.values import holds_at, inside

X, Y = sympy.symbols("x y", real=True)
A, B = sympy.symbols("a b", positive=True)
Q = sympy.Symbol("q", nonnegative=True)
N = sympy.Symbol("N", integer=True, positive=True)
FREE = Domain({"x": X, "y": Y})
POSITIVE = Domain({"a": A, "b": B})
POWERS = Domain({"q": Q, "N": N}).where(Relation(Q, "<=", sympy.Integer(1)))


def decided(left: object, sign: str, right: object, domain: Domain) -> Decision:
    goal = Relation(sympy.sympify(left), sign, sympy.sympify(right))
    return decide(goal, domain, time.monotonic() + 20)


@pytest.mark.parametrize(
    ("left", "sign", "right", "domain"),
    [
        (2 * X * Y, "<=", X**2 + Y**2, FREE),
        (X**2 - 1, "==", (X - 1) * (X + 1), FREE),
        (sympy.sqrt(A * B), "<=", (A + B) / 2, POSITIVE),
        (sympy.sqrt(A + B), "<", sympy.sqrt(A) + sympy.sqrt(B), POSITIVE),
        (sympy.Max(X, Y), "==", (X + Y + abs(X - Y)) / 2, FREE),
        (1 / (A + B), "<", 1 / A, POSITIVE),
        (Q**N, "<=", 1, POWERS),
        (Q**N, "<=", Q, POWERS),
        (Q**N, "<=", sympy.exp(-N * (1 - Q)), POWERS),
        (1 - N * (1 - Q), "<=", Q**N, POWERS),
        (Q ** (2 * N), "<=", Q**N, POWERS),
        (((Q + 1) / 2) ** N, ">=", Q**N, POWERS),
        (sympy.log(A), "<=", A - 1, POSITIVE),
        (1 + X, "<=", sympy.exp(X), FREE),
        (sympy.floor(X), "<=", X, FREE),
        (3, "<", sympy.pi, FREE),
    ],
)
def test_true_relations_are_proved(left, sign, right, domain) -> None:
    assert isinstance(decided(left, sign, right, domain), Proved)


@pytest.mark.parametrize(
    ("left", "sign", "right", "domain"),
    [
        (2 * X * Y, "<", X**2 + Y**2, FREE),
        (X, "<=", X**2, FREE),
        (1 / A, "<=", 1, POSITIVE),
        (sympy.sqrt(A), "<=", A, POSITIVE),
        (Q**N, ">=", Q, POWERS),
        (Q**N, "<=", Q**2, POWERS),
        (sympy.exp(X), "<=", 1 + X, FREE),
    ],
)
def test_false_relations_get_an_exact_counterexample(left, sign, right, domain) -> None:
    decision = decided(left, sign, right, domain)
    assert isinstance(decision, Counterexample)
    assert inside(domain, decision.point)
    goal = Relation(sympy.sympify(left), sign, sympy.sympify(right))
    assert not holds_at(goal, decision.point)


@pytest.mark.parametrize("left", [X / X**2 - 1 / X, 1 / (X - 1), sympy.sqrt(X), sympy.log(X)])
def test_a_relation_without_value_somewhere_is_not_proved(left: sympy.Expr) -> None:
    assert not isinstance(decided(left, "<=", left + 1, FREE), Proved) or left == 0
    assert not isinstance(decided(left, "!=", left + 1, FREE), Proved) or left == 0


def test_what_cannot_be_decided_says_so() -> None:
    decision = decided(sympy.cosh(X), "<=", sympy.exp(X**2 / 2), FREE)
    assert isinstance(decision, Unknown)
    assert decision.reason


def test_no_time_no_answer() -> None:
    goal = Relation(sympy.sqrt(A * B), "<=", (A + B) / 2)
    decision = decide(goal, POSITIVE, time.monotonic() - 1)
    assert isinstance(decision, Unknown)
    assert "time" in decision.reason


def test_a_negative_base_is_no_trap() -> None:
    """(-1)**N is not monotone in anything."""
    free = Domain({"x": X, "N": N})
    assert isinstance(decided(X**N, "<=", (X + 1) ** N, free), Counterexample)


def test_empty_domains() -> None:
    assert is_empty(FREE.where(Relation(X, "<", Y), Relation(Y, "<", X)), time.monotonic() + 5)
    assert not is_empty(POSITIVE, time.monotonic() + 5)


def test_exact_algebra_tells_equal_from_close() -> None:
    assert equal((A**2 - B**2) / (A - B), A + B)
    assert equal(sympy.sqrt(A) ** 2 / sympy.sqrt(A), sympy.sqrt(A))
    assert not is_zero(A - B + sympy.Rational(1, 10**9) * A)
    assert not equal(A, A + sympy.Rational(1, 10**12))


def test_signs_read_off_coefficients() -> None:
    above = Domain({"N": N}).where(Relation(N, ">=", sympy.Integer(3)))
    assert sign_by_coefficients(N**2 - 9, above) == ">="
    assert sign_by_coefficients(N**2 - 8, above) == ">"
    assert sign_by_coefficients(N**2 - 10, above) is None
    assert sign_by_coefficients(2 - N, above) == "<"
    assert sign_by_coefficients(X + 10, FREE) is None
