"""The exact check of chains of potentials: measures, links, and documents changed in any place."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from theoryck.algebra import Oracle, cases, dot
from theoryck.certificates import CertificateError, verify
from theoryck.certificates.links import Chain, links
from theoryck.claims import read_claim
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import RateClaim
from theoryck.errors import ClaimError, TheoryckError, TooLargeError, UntraceableError
from theoryck.methods import Method, method
from theoryck.pep.chains import ChainAnswer, examine_chain

PATIENCE = 60.0


def claim(at: dict[str, Any] | None = None, **changes: Any) -> RateClaim:
    table = {
        "id": "chain",
        "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 0"},
        "method": "gradient_descent(step=1/L)",
        "assumptions": ["convex", "smooth(L)"],
        "initial": "norm(x[0] - x_star)**2 <= R**2",
        "measure": "f(x[N]) - f_star",
        "bound": "L*R**2/(4*N + 2)*(1 + 1/1000000)",
        "at": [at or {"L": 1, "R": 1, "N": 3}],
        **changes,
    }
    found = read_claim(table)
    assert isinstance(found, RateClaim)
    return found


def chain(which: RateClaim) -> Chain:
    return links(which, which.at[0], Rationals())


def document(which: RateClaim) -> dict[str, Any]:
    answer = examine_chain(which, which.at[0], time.monotonic() + PATIENCE)
    assert isinstance(answer, ChainAnswer)
    assert answer.certificate is not None, answer.reason
    found: dict[str, Any] = json.loads(json.dumps(answer.certificate))
    return found


@pytest.fixture(scope="module")
def last_value() -> dict[str, Any]:
    return document(claim())


MINIMUM = {
    "assumptions": ["smooth(L)"],
    "initial": "f(x[0]) - f_star <= R",
    "measure": "min_over(k, 0, N, norm(grad(x[k]))**2)",
    "bound": "4*L*R/(3*N + 2)*(1 + 1/1000000)",
}


@pytest.fixture(scope="module")
def minimum() -> dict[str, Any]:
    return document(claim(**MINIMUM))


def test_the_document_is_verified_in_words(last_value: dict[str, Any]) -> None:
    said = verify(last_value)
    assert not said.refutes
    assert "every function" in said.lines[0]
    assert "4 potentials" in said.lines[1]
    assert "exact rationals" in said.lines[1]
    assert "nor that it is tight" in said.lines[2]


def numbers_in(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from numbers_in(value, (*path, key))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from numbers_in(value, (*path, place))
    elif isinstance(data, str) and path[0] in ("potentials", "proofs", "weights"):
        yield path


def put(data: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    inside: Any = changed
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return changed


def get(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


@pytest.mark.parametrize("which", ["last_value", "minimum"])
def test_no_number_may_change(which: str, request: pytest.FixtureRequest) -> None:
    data = request.getfixturevalue(which)
    assert verify(data)
    changed = 0
    for path in numbers_in(data):
        old = get(data, path)
        name = path[-1]
        if path[0] == "proofs" and path[2] == "completion":
            replacements = ["no such inequality"]
        elif path[0] == "proofs" and name in data["proofs"][path[1]]["completion"]:
            # the completion makes up for another size, not for another sign
            replacements = [str(-Fraction(old) - 1), "0.5", "1/0"]
        else:
            replacements = [str(-Fraction(old) - 1), str(2 * Fraction(old) + 1), "nan", ""]
        for value in replacements:
            changed += 1
            with pytest.raises(CertificateError):
                verify(put(data, path, value))
    assert changed > 40


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("claim", "bound"), "L*R**2/(4*N + 2)*99/100", "start"),
        (("claim", "measure"), "2*(f(x[N]) - f_star)", "end"),
        (("claim", "measure"), "f(x[N + 1]) - f_star", "links"),
        (("claim", "measure"), "f(x[N - 1]) - f_star", "at most 3 entries"),
        (("claim", "assumptions"), ["convex", "smooth(2*L)"], "start"),
        (("claim", "method"), "gradient_descent(step=1/(2*L))", "link 0"),
        (("claim", "method"), "subgradient(step=2/L)", "link 0"),
        (("claim", "initial"), "norm(x[0] - x_star)**2 <= 2*R**2", "start"),
        (("claim", "initial"), "norm(grad(x[0]))**2 <= R**2", "start"),
        (("claim", "relation"), "==", "equality"),
        (("claim", "bound"), "O(1/N)", "order bound"),
        (("at", "N"), "4", "links"),
        (("at", "L"), "2", "start"),
        (("at", "R"), "-2", "domain"),
        (("arithmetic",), "floats", "rationals or balls"),
        (("kind",), "upper-bound", "goals"),
        (("kind",), "chains", "chain"),
        (("format",), 2, "format"),
        (("potentials",), [], "potentials"),
        (("potentials",), {}, "list"),
        (("potentials", 1), "h", "table"),
        (("potentials", 1), {}, "link"),
        (("potentials", 1, "s9,s9"), "1", "not in the state"),
        (("potentials", 1, "s0,s0,s0"), "1", "not in the state"),
        (("potentials", 1, "f_star"), "1", "no value"),
        (("potentials", 2, "1"), "1", "link 1"),
        (("proofs",), [], "proofs"),
        (("proofs", 0), None, "tables"),
        (("proofs", 2, "multipliers"), ["h"], "table"),
        (("proofs", 2, "multipliers", "curvature(y9,y0)"), "1", "no inequality"),
        (("proofs", 2, "multipliers", "initial(0)"), "1", "no inequality"),
        (("proofs", 2, "completion"), [], "left over"),
        (("proofs", 2, "completion"), [["h"]], "names"),
        (("proofs", 2, "completion"), ["curvature(y0,y1)"], "not of the form"),
        (("proofs", 2, "completion"), "x", "list"),
        (("weights",), ["1"], "no minimum"),
        (("weights",), None, "list"),
    ],
)
def test_a_changed_document_is_rejected(
    last_value: dict[str, Any], path: tuple[Any, ...], value: Any, expected: str
) -> None:
    with pytest.raises((CertificateError, ClaimError, TheoryckError), match=expected):
        verify(put(last_value, path, value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], "0 weights"),
        (["1/4", "1/4", "1/4", "1/5"], "sum to 1"),
        (["1/2", "1/2", "1/2", "-1/2"], "negative weight"),
        (["1", "0", "0", "0", "0"], "weights"),
    ],
)
def test_weights_are_those_of_a_mean(
    minimum: dict[str, Any], value: list[str], expected: str
) -> None:
    with pytest.raises(CertificateError, match=expected):
        verify(put(minimum, ("weights",), value))


def test_what_is_measured_in_the_links_counts() -> None:
    mean = "mean_over(k, 0, N - 1, norm(grad(x[k]))**2)"
    data = document(claim(measure=mean, bound="2*L**2*R**2/N"))
    assert verify(data)
    for larger in (
        f"10*{mean}",
        mean.replace("mean_over(k, 0, N - 1, ", "sum_over(k, 0, N - 1, 9*"),
    ):
        with pytest.raises(CertificateError, match="link"):
            verify(put(data, ("claim", "measure"), larger))


def test_exchanged_links_are_rejected(last_value: dict[str, Any]) -> None:
    for name in ("potentials", "proofs"):
        changed = copy.deepcopy(last_value)
        changed[name][1], changed[name][2] = changed[name][2], changed[name][1]
        with pytest.raises(CertificateError):
            verify(changed)


@pytest.mark.parametrize(
    ("measure", "kind", "first", "last"),
    [
        ("f(x[N]) - f_star", "sum", 3, 3),
        ("E(f(x[N]))/2 - f_star", "sum", 3, 3),
        ("norm(x[N] - x[N - 1])**2", "sum", 2, 2),
        ("3*E(sum_over(j, 1, N, norm(grad(x[j]))**2))/2", "sum", 1, 3),
        ("min_over(j, 1, N, norm(x[j] - x[j - 1]))", "min", 0, 2),
        ("mean_over(j, 0, N - 1, (j + 1)*(f(x[j + 1]) - f_star))", "sum", 1, 3),
    ],
)
def test_measures_by_iterate(measure: str, kind: str, first: int, last: int) -> None:
    measured = chain(claim(measure=measure)).measured
    assert (measured.kind, measured.first, measured.last) == (kind, first, last)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"measure": "norm(x[N] - x[0])**2"}, "far apart"),
        ({"measure": "max_over(k, 0, N, f(x[k]) - f_star)"}, "maximum"),
        ({"measure": "f(mean_over(k, 0, N, x[k])) - f_star"}, "far apart"),
        ({"measure": "sum_over(k, 0, N, norm(grad(x[k])))"}, "sum of norms"),
        ({"measure": "-min_over(k, 0, N, f(x[k]) - f_star)"}, "far apart"),
        ({"measure": "(0 - 1)*min_over(k, 0, N, f(x[k]) - f_star)"}, "maximum"),
        ({"measure": "sum_over(k, 0, N, f(x[2*k]) - f_star)"}, "far apart"),
        ({"measure": "sum_over(k, 0, 2, f(x[k**2]) - f_star)"}, "far apart"),
        ({"bound": "norm(x[1] - x_star)**2"}, r"x\[0\], not x\[1\]"),
        ({"method": "projected_gradient(step=1/L)"}, "sets"),
        ({"method": "sgd(step=1/L)"}, "random"),
    ],
)
def test_what_has_no_chain_says_why(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(TheoryckError, match=reason):
        walk(claim(**changes))


def walk(which: RateClaim) -> None:
    made = chain(which)
    assert made.start
    for k in range(made.length):
        link, index = made.link(k), made.numbers.integer(k)
        assert not made.measured.stands_at(index) or str(made.quantity(index, link))
    assert str(made.last_quantity(made.numbers.integer(made.length), made.end))


def test_long_chains_are_refused() -> None:
    with pytest.raises(TooLargeError, match="100001 links"):
        _ = chain(claim({"L": 1, "R": 1, "N": 100001})).length


def test_equal_links_are_shared_and_others_are_not() -> None:
    same = chain(claim())
    assert same.link(0) is same.link(1)
    different = chain(claim(method="gradient_descent(step=1/(L*(k + 1)))"))
    assert different.link(0) is not different.link(1)
    assert different.link(1) is different.link(1)


def test_scalars_of_the_state_are_carried_exactly() -> None:
    made = links(
        which := claim(method="optimized_gradient(L)", bound="L*R**2"),
        which.at[0],
        balls := Balls(),
    )
    with balls.scope():
        thetas = [float(made.shape(k).entries[3].mid()) for k in range(1, 3)]
    assert thetas == pytest.approx([1.618033988749895, 2.193527085331053])


@method(start=lambda x: (x, None))
def halved_where_flat(state: Any, f: Oracle, *, step: Any) -> Any:
    x, square = state
    g = f.grad(x)
    shorter = square is not None and cases(square <= 1, True, False)
    return x - (step / 2 if shorter else step) * g, dot(g, g)


@method(start=lambda x: (x, []))
def with_history(state: Any, f: Oracle, *, step: Any) -> Any:
    x, history = state
    g = f.grad(x)
    return x - step * g, [*history, g]


@pytest.mark.parametrize("custom", [halved_where_flat, with_history])
def test_what_depends_on_f_is_not_carried_as_if_it_were_known(custom: Method) -> None:
    table = dict(claim().table) | {"method": f"{custom.name}(step=1/L)"}
    which = read_claim(table, methods={custom.name: custom})
    assert isinstance(which, RateClaim)
    with pytest.raises(UntraceableError, match="entry 1 of the state"):
        walk(which)


@pytest.mark.parametrize("horizon", [0, 1, 2])
def test_short_chains(horizon: int) -> None:
    bound = "L*R**2/2" if horizon == 0 else "L*R**2/(4*N + 2)"
    which = claim({"L": 2, "R": 3, "N": horizon}, bound=f"({bound})*(1 + 1/1000000)")
    assert len(document(which)["potentials"]) == horizon + 1


def test_irrational_steps_are_checked_in_balls() -> None:
    which = claim(
        {"L": 10, "R": 1, "N": 6},
        assumptions=["strongly_convex(1)", "smooth(L)"],
        method="nesterov(step=1/L, momentum=(sqrt(L) - 1)/(sqrt(L) + 1))",
        bound="L*R**2*(1 - 1/sqrt(L))**N",
    )
    data = document(which)
    assert data["arithmetic"] == "balls"
    assert verify(data)
    with pytest.raises(TheoryckError):
        verify(put(data, ("arithmetic",), "rationals"))
