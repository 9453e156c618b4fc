"""The kernel takes what is a proof and nothing else."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryck.algebra import Fractions
from theoryck.certificates import CertificateError, instantiate, verify, witness_document
from theoryck.certificates.checker import is_positive_semidefinite
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import RateClaim
from theoryck.claims.reading import read_claim
from theoryck.claims.spelling import spell_instance
from theoryck.errors import ClaimError, TheoryckError, UndecidedError
from theoryck.pep import examine
from theoryck.pep.refute import Refutation, refute

SMOOTH_CONVEX = {
    "id": "gd",
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
    "at": [{"L": 1, "R": 1, "N": 3}],
}
NONCONVEX = SMOOTH_CONVEX | {
    "parameters": {"L": "L > 0", "Delta": "Delta > 0", "N": "integer, N >= 1"},
    "assumptions": ["smooth(L)"],
    "initial": "f(x[0]) - f_star <= Delta",
    "measure": "min_over(k, 0, N-1, norm(grad(x[k]))**2)",
    "bound": "2*L*Delta/N",
    "at": [{"L": 2, "Delta": "3/2", "N": 3}],
}
SQUARE_ROOT_STEP = NONCONVEX | {
    "method": "gradient_descent(step=1/(L*sqrt(N)))",
    "bound": "2*L*Delta/sqrt(N)",
}
FALSE = SMOOTH_CONVEX | {"bound": "0.99*L*R**2/(4*N + 2)"}


def evidence(table: dict[str, Any]) -> dict[str, Any]:
    instance = examine(read_claim(table), time.monotonic() + 60).instances[0]
    document = instance.certificate or instance.witness
    assert document is not None, instance.reason
    return json.loads(json.dumps(document))


def numbers_of_a_run(table: dict[str, Any]) -> dict[str, Any]:
    """A witness that gives the numbers of a run, and no function."""
    claim = read_claim(table)
    assert isinstance(claim, RateClaim)
    problem = instantiate(claim, claim.at[0], Rationals())
    found = refute(problem, 0, time.monotonic() + 60)
    assert isinstance(found, Refutation), found
    at = spell_instance(claim.at[0])
    return json.loads(json.dumps(witness_document(claim, at, "rationals", found.witness)))


@pytest.fixture(scope="module")
def certificate() -> dict[str, Any]:
    return evidence(SMOOTH_CONVEX)


@pytest.fixture(scope="module")
def witness() -> dict[str, Any]:
    return numbers_of_a_run(FALSE)


@pytest.mark.parametrize("table", [SMOOTH_CONVEX, NONCONVEX, SQUARE_ROOT_STEP])
def test_evidence_is_verified_from_its_json(table: dict[str, Any]) -> None:
    established = verify(evidence(table))
    assert not established.refutes
    assert "holds at" in established.lines[0]


def test_an_irrational_step_is_certified_in_balls() -> None:
    assert evidence(SQUARE_ROOT_STEP)["arithmetic"] == "balls"


def test_a_witness_is_verified_from_its_json(witness: dict[str, Any]) -> None:
    established = verify(witness)
    assert established.refutes
    assert "fails at" in established.lines[0]


def edited(document: dict[str, Any], path: tuple, value: Any) -> dict[str, Any]:
    new = copy.deepcopy(document)
    place = new
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value(place[path[-1]]) if callable(value) else value
    return new


def test_every_multiplier_matters(certificate: dict[str, Any]) -> None:
    """The claim is tight, so no multiplier can be changed, negated, dropped or renamed alone."""
    multipliers = certificate["goals"][0]["multipliers"]
    changes: tuple[Callable[[str], str], ...] = (
        lambda text: str(Fraction(text) * Fraction(101, 100)),
        lambda text: str(-Fraction(text)),
        lambda text: "0",
    )
    for name in multipliers:
        for change in changes:
            with pytest.raises(CertificateError):
                verify(edited(certificate, ("goals", 0, "multipliers", name), change))
        dropped = copy.deepcopy(certificate)
        value = dropped["goals"][0]["multipliers"].pop(name)
        with pytest.raises(CertificateError):
            verify(dropped)
        dropped["goals"][0]["multipliers"]["curvature(y9,y8)"] = value
        with pytest.raises(CertificateError, match="no inequality called"):
            verify(dropped)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("claim", "bound"), "0.999*L*R**2/(4*N + 2)"),
        (("claim", "bound"), "L*R**2/(4*N + 3)"),
        (("claim", "method"), "gradient_descent(step=0.9/L)"),
        (("claim", "method"), "heavy_ball(step=1/L, momentum=-1/10)"),
        (("claim", "assumptions"), ["smooth(L)"]),
        (("claim", "assumptions"), ["convex"]),
        (("claim", "assumptions"), ["convex", "smooth(2*L)"]),
        (("claim", "initial"), "norm(x[0] - x_star)**2 <= 1.01*R**2"),
        (("claim", "measure"), "f(x[N-1]) - f_star"),
        (("claim", "measure"), "max_over(k, N-1, N, f(x[k]) - f_star)"),
        (("claim", "relation"), "=="),
        (("at", "N"), "4"),
        (("at", "N"), "2"),
        (("at", "L"), "2"),
        (("at", "R"), "0"),
        (("at", "R"), "-1"),
        (("at", "N"), "1/2"),
        (("at", "N"), "1000000000000"),
        (("goals",), []),
        (("goals", 0, "weights"), ["2"]),
        (("goals", 0, "weights"), []),
        (("goals", 0, "weights"), ["1", "0"]),
        (("goals", 0, "completion"), ["curvature(y0,x_star)", "curvature(y0,x_star)"]),
        (("goals", 0, "completion"), ["initial(0)"]),
        (("kind",), "gap"),
        (("kind",), "witness"),
        (("format",), 2),
        (("arithmetic",), "floats"),
        (("bits",), 10**9),
    ],
)
def test_a_certificate_of_one_statement_proves_no_other(
    certificate: dict[str, Any], path: tuple, value: Any
) -> None:
    with pytest.raises(TheoryckError):
        verify(edited(certificate | {"bits": 256}, path, value))


@pytest.mark.parametrize(
    "number",
    ["1e9", "0.5", "nan", "1/0", "__import__('os')", " 1", "1\n", "٣", "9" * 200_000, 1, None, []],
)
def test_a_multiplier_is_an_exact_fraction_and_nothing_else(
    certificate: dict[str, Any], number: Any
) -> None:
    name = next(iter(certificate["goals"][0]["multipliers"]))
    with pytest.raises(CertificateError):
        verify(edited(certificate, ("goals", 0, "multipliers", name), number))


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"format": 1},
        {"format": 1, "kind": "upper-bound"},
        {"format": 1, "kind": "upper-bound", "claim": {}, "at": {}},
        {"format": 1, "kind": "upper-bound", "claim": SMOOTH_CONVEX, "at": []},
        {"format": 1, "kind": ["upper-bound"], "claim": SMOOTH_CONVEX, "at": {}},
        [],
        None,
        "upper-bound",
    ],
)
def test_a_malformed_document_is_an_error_with_a_name(document: Any) -> None:
    with pytest.raises((CertificateError, ClaimError)):
        verify(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("claim", "bound"), "L*R**2/(4*N + 2)"),
        (("claim", "assumptions"), ["convex", "smooth(L/2)"]),
        (("claim", "assumptions"), ["strongly_convex(1/2)", "smooth(L)"]),
        (("claim", "assumptions"), ["convex", "smooth(L)", "hessian_lipschitz(1)"]),
        (("claim", "initial"), "norm(x[0] - x_star)**2 <= 0.9*R**2"),
        (("claim", "initial"), "norm(x[0] - x_star)**2 > R**2"),
        (("values", "h0"), "-1"),
        (("values", "h3"), "1"),
        (("vectors", "g0"), lambda v: ["10"] * len(v)),
        (("vectors", "d"), lambda v: ["0"] * len(v)),
        (("vectors", "x_star"), lambda v: ["1"] * len(v)),
        (("vectors", "g0"), lambda v: [*v, "0"]),
        (("dimension",), 0),
        (("dimension",), 10**9),
        (("dimension",), True),
    ],
)
def test_a_witness_must_be_in_the_class_and_break_the_bound(
    witness: dict[str, Any], path: tuple, value: Any
) -> None:
    witness = copy.deepcopy(witness)
    witness["vectors"].setdefault("x_star", ["0"] * witness["dimension"])
    assert verify(witness).refutes
    with pytest.raises(TheoryckError):
        verify(edited(witness, path, value))


def test_a_stationary_point_of_a_nonconvex_proximal_problem_refutes_nothing() -> None:
    """x⁺ = x − γ·∇f(x⁺) has other solutions than the proximal point unless γL < 1."""
    table = SMOOTH_CONVEX | {
        "parameters": {"s": "s > 0", "L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
        "method": "proximal_point(step=s)",
        "assumptions": ["smooth(L)"],
        "bound": "R**2/(100*s*N)",
        "at": [{"s": "1/2", "L": 1, "R": 1, "N": 2}],
    }
    document = numbers_of_a_run(table)
    assert verify(document).refutes
    for step in ("1", "2", "0", "-1/2"):
        with pytest.raises(TheoryckError):
            verify(edited(document, ("at", "s"), step))


def forged(table: dict[str, Any], **content: Any) -> dict[str, Any]:
    """A document for the first instance of a claim, with whatever is written into it."""
    claim = read_claim(table)
    at = {name: str(value) for name, value in table["at"][0].items()}
    return {"format": 1, "claim": dict(claim.table), "at": at, "arithmetic": "rationals"} | content


def test_a_negative_multiplier_proves_nothing() -> None:
    """R² − ‖x₀ − x*‖² ≤ 0 is false; minus the start's own condition would prove it."""
    table = SMOOTH_CONVEX | {"measure": "R**2 - norm(x[0] - x_star)**2", "bound": "0"}
    goal = {"weights": ["1"], "multipliers": {"initial(0)": "-1"}}
    with pytest.raises(CertificateError, match=r"negative multiplier of initial\(0\)"):
        verify(forged(table, kind="upper-bound", goals=[goal]))


@pytest.mark.parametrize("weights", [["0", "0", "0"], ["-1", "0", "0"], ["2", "-1", "0"]])
def test_weights_are_a_convex_combination(weights: list[str]) -> None:
    """Σ w·measure <= bound says something of the least measure only for such weights."""
    goal = {"weights": weights, "multipliers": {}}
    with pytest.raises(CertificateError, match="weight"):
        verify(forged(NONCONVEX | {"bound": "1"}, kind="upper-bound", goals=[goal]))


def test_a_nonconvex_witness_stays_above_its_minimum() -> None:
    """All pairs meet the conditions of L-smoothness, but a step of length 1/L falls below f*."""
    table = NONCONVEX | {
        "measure": "norm(grad(x[0]))**2",
        "bound": "2*L*Delta",
        "at": [{"L": 1, "Delta": 1, "N": 1}],
    }
    content = {
        "dimension": 2,
        "vectors": {"d": ["10", "0"], "g0": ["0", "2"]},
        "values": {"h0": "1"},
    }
    with pytest.raises(CertificateError, match=r"optimum\(y0\) fails"):
        verify(forged(table, kind="witness", **content))


def test_an_equality_needs_a_run_that_attains_it() -> None:
    document = evidence(SMOOTH_CONVEX | {"relation": "=="})
    assert "attain" in verify(document).lines[-1]
    without = {key: value for key, value in document.items() if key != "attained"}
    with pytest.raises(CertificateError, match="no run attains"):
        verify(without)
    weak = edited(document, ("attained", "vectors", "d"), ["1/2"])
    with pytest.raises(CertificateError):
        verify(weak)


def test_an_equality_above_the_worst_case_is_refuted_by_a_gap() -> None:
    document = evidence(SMOOTH_CONVEX | {"relation": "==", "bound": "L*R**2/(4*N + 1)"})
    assert document["kind"] == "gap"
    assert verify(document).refutes
    for share in ("1", "2", "-1/2"):
        with pytest.raises(CertificateError):
            verify(document | {"share": share})
    with pytest.raises(CertificateError, match="equalities only"):
        verify(edited(document, ("claim", "relation"), "<="))


small = st.fractions(min_value=-2, max_value=2, max_denominator=4)


@given(rows=st.lists(st.lists(small, min_size=2, max_size=2), min_size=1, max_size=4))
def test_gram_matrices_are_semidefinite_and_shifted_ones_are_not(rows: list) -> None:
    gram = [[sum(a * b for a, b in zip(u, v, strict=True)) for v in rows] for u in rows]
    assert is_positive_semidefinite(gram, Fractions())
    if len(rows) > 2:  # rank at most 2: the least eigenvalue is zero
        for i in range(len(rows)):
            gram[i][i] -= Fraction(1, 1000)
        assert not is_positive_semidefinite(gram, Fractions())


def test_a_zero_pivot_needs_a_zero_row() -> None:
    assert not is_positive_semidefinite([[0, 1], [1, 100]], Fractions())
    assert not is_positive_semidefinite([[1, 1, 0], [1, 1, 1], [0, 1, 5]], Fractions())
    assert is_positive_semidefinite([[0, 0], [0, 1]], Fractions())


def test_balls_never_decide_a_singular_matrix() -> None:
    numbers = Balls(64)
    with numbers.scope():
        third = numbers.rational(Fraction(1, 3))
        matrix = [[third * 3, third * 3], [third * 3, third * 3]]
        with pytest.raises(UndecidedError):
            is_positive_semidefinite(matrix, numbers)


def test_verification_imports_no_solver_no_sympy_and_no_numpy(
    certificate: dict[str, Any],
) -> None:
    script = (
        "import json, sys\n"
        "from theoryck.certificates import verify\n"
        "verify(json.load(sys.stdin))\n"
        "bad = {'cvxpy', 'sympy', 'numpy', 'scipy', 'clarabel', 'z3'} & set(sys.modules)\n"
        "assert not bad, bad\n"
    )
    subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(certificate), text=True, check=True
    )
