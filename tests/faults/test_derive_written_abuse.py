"""Derivations from strangers: bounded, named in every error, and never evaluated."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from theoryck.claims.claim import RateClaim
from theoryck.claims.derivations import MAX_LINES
from theoryck.claims.reading import InvalidClaim, read_claim, read_file
from theoryck.derive.examine import examine
from theoryck.derive.written import examine_written
from theoryck.errors import ClaimError
from theoryck.verdict import EngineReport, Status

CLAIM: dict[str, Any] = {
    "id": "gd",
    "parameters": {"L": "L > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["smooth(L)"],
    "measure": "min_over(k, 0, N - 1, norm(grad(x[k]))**2)",
    "bound": "2*L*(f(x[0]) - f_star)/N",
}
LINE = {"name": "a", "say": "0 <= 1"}
FILE = """
format = 1
[[claim]]
id = "gd"
parameters = { L = "L > 0", N = "integer, N >= 1" }
method = "gradient_descent(step=1/L)"
assumptions = ["smooth(L)"]
measure = "min_over(k, 0, N - 1, norm(grad(x[k]))**2)"
bound = "2*L*(f(x[0]) - f_star)/N"
"""


def read(derivation: Any) -> RateClaim:
    claim = read_claim({**CLAIM, "derivation": derivation})
    assert isinstance(claim, RateClaim)
    return claim


def examined(*lines: dict[str, Any], **keys: Any) -> EngineReport:
    claim = read({"state": ["x"], "lines": list(lines), **keys})
    assert claim.derivation is not None
    return examine_written(claim, claim.derivation, time.monotonic() + 20)


MALFORMED: dict[str, tuple[Any, str]] = {
    "no table": (3, "a table is needed"),
    "no state": ({"lines": [LINE]}, "derivation.state: the key is missing"),
    "no lines": ({"state": ["x"]}, "derivation.lines: the key is missing"),
    "an empty list of lines": ({"state": ["x"], "lines": []}, "no lines"),
    "a state without x": ({"state": ["y"], "lines": [LINE]}, "the first entry is x"),
    "an empty state": ({"state": [], "lines": [LINE]}, "the first entry is x"),
    "an unfolding of numbers": ({"state": ["x"], "lines": [{**LINE, "unfold": 3}]}, "unfold"),
    "a name twice": ({"state": ["x", "x"], "lines": [LINE]}, "no name stands twice"),
    "a sequence that hides the iterates": (
        {"state": ["x"], "let": {"x": "x_star"}, "lines": [LINE]},
        "'x' stands for something already",
    ),
    "a constant that hides a sequence": (
        {"state": ["x"], "let": {"c": "k"}, "constants": {"c": "0"}, "lines": [LINE]},
        "'c' stands for something already",
    ),
    "a name of a parameter": ({"state": ["x", "L"], "lines": [LINE]}, "means something already"),
    "an unknown key": ({"state": ["x"], "lines": [LINE], "lnies": []}, "did you mean 'lines'?"),
    "an unknown key of a line": (
        {"state": ["x"], "lines": [{**LINE, "form": "b"}]},
        "derivation.lines[a].form: unknown key; did you mean 'from'?",
    ),
    "two lines of one name": ({"state": ["x"], "lines": [LINE, LINE]}, "two lines of one name"),
    "a chain": ({"state": ["x"], "lines": [{**LINE, "say": "0 <= 1 <= 2"}]}, "one comparison"),
    "a statement that is only meant where nothing is": (
        {"state": ["x"], "lines": [{**LINE, "where": "N >= 5 and N <= 3"}]},
        "derivation.lines[a].where: only a statement with an index has one",
    ),
    "a word of Python": (
        {"state": ["x"], "lines": [{**LINE, "say": "__import__('os') <= 1"}]},
        "an expression has no strings",
    ),
    "an attribute": ({"state": ["x"], "lines": [{**LINE, "say": "x.y <= 1"}]}, "column"),
    "an unknown name": ({"state": ["x"], "lines": [{**LINE, "say": "M <= 1"}]}, "unknown name"),
    "a huge exponent": (
        {"state": ["x"], "lines": [{**LINE, "say": "L**99999 <= 1"}]},
        "an exponent of more than",
    ),
    "a power tower": (
        {"state": ["x"], "lines": [{**LINE, "say": "9**9**9**9 <= 1"}]},
        "a constant of more than",
    ),
    "an induction on nothing": (
        {"state": ["x"], "lines": [{**LINE, "induction": True}]},
        "an induction needs an index",
    ),
    "a truth value that is none": (
        {"state": ["x"], "lines": [{**LINE, "every": "k", "induction": "yes"}]},
        "true or false is needed",
    ),
    "an unknown way": (
        {"state": ["x"], "lines": [{**LINE, "from": [{"line": "b", "under": "F"}]}]},
        "'F' is not known",
    ),
    "Markov without a share": (
        {"state": ["x"], "lines": [{**LINE, "from": [{"line": "b", "under": "markov"}]}]},
        "a share goes with",
    ),
    "too many lines": (
        {"state": ["x"], "lines": [{**LINE, "name": f"l{n}"} for n in range(MAX_LINES + 1)]},
        "more than 200 entries",
    ),
    "a lemma about the run": (
        {"state": ["x"], "lines": [LINE],
         "lemmas": [{"name": "l", "variables": ["t"], "conclusion": "f(x[0]) <= t"}]},
        "lemmas",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_derivation_is_an_error_with_its_place(name: str) -> None:
    derivation, message = MALFORMED[name]
    with pytest.raises(ClaimError) as wrong:
        read(derivation)
    assert message in str(wrong.value)
    assert "claim 'gd'" in str(wrong.value)


def test_a_million_lines_are_refused_in_a_moment(tmp_path: Path) -> None:
    lines = ",".join('{name="a",say="0<=1"}' for _ in range(30_000))
    path = tmp_path / "many.toml"
    path.write_text(f'{FILE}[[derivation]]\nproves="gd"\nstate=["x"]\nlines=[\n{lines}\n]')
    began = time.monotonic()
    with pytest.raises(ClaimError, match="characters"):
        read_file(path)
    path.write_text(path.read_text().replace("},{", "},\n{"))
    (entry,) = read_file(path).entries
    assert isinstance(entry, InvalidClaim)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ('[[derivation]]\nproves = "gdd"\n', "no claim is called 'gdd'; did you mean 'gd'?"),
        ("[[derivation]]\n", "derivation-1', proves: the key is missing"),
        ("[derivation]\n", "a single table"),
        ('[[derivation]]\nproves = "gd"\n' * 2, "has a derivation already"),
    ],
)
def test_a_derivation_of_no_claim_is_reported_beside_the_claims(
    tmp_path: Path, tables: str, message: str
) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(FILE + tables)
    *_, stray = read_file(path).entries
    assert isinstance(stray, InvalidClaim)
    assert message in " ".join(map(str, stray.errors))


SENSELESS: dict[str, list[dict[str, Any]]] = {
    "a division by zero": [{**LINE, "say": "1/(L - L) <= 1"}],
    "a root of a negative number": [{**LINE, "say": "sqrt(-L) <= 1"}],
    "a vector and a number": [{**LINE, "say": "f(x[0] + 1) <= 1"}],
    "f of a number": [{**LINE, "say": "f(L) <= 1"}],
    "an index that is none": [{**LINE, "say": "f(x[L]) <= 1"}],
    "an index before the start": [{**LINE, "say": "f(x[-1]) <= 1"}],
    "a sum of a billion terms": [{**LINE, "say": "sum_over(j, 0, 10**9, f(x[j])) <= 1"}],
    "a rule with too few arguments": [{**LINE, "from": "smooth(x[0])"}],
    "a sum over coordinates of numbers": [{**LINE, "say": "sum(L) <= 1"}],
    "nested sums": [{**LINE, "say": "sum_over(i, 0, N, sum_over(j, 0, N, i*f(x[j]))) <= -1"}],
    "the expectation of a vector": [{**LINE, "say": "E(x[1]) <= 1"}],
    "a sum from below 0": [{**LINE, "say": "sum_over(j, -3, N, abs(j)) <= N**2"}],
    "a part of nothing": [{**LINE, "say": "1 <= 0", "every": "k", "where": "2 != 3"}],
    "an infinite sum": [{**LINE, "say": "sum_over(j, 0, oo, 1/(j + 1)**2) <= 2"}],
    "a product too large": [{**LINE, "say": "(" + " + ".join("LN") + "+f(x[1]))**900 <= 1"}],
}


@pytest.mark.parametrize("name", SENSELESS)
def test_a_senseless_line_is_refused_with_its_name(name: str) -> None:
    report = examined(*SENSELESS[name])
    assert report.status is Status.INCONCLUSIVE
    assert "line 1 (a)" in report.reason


def test_a_constant_that_names_itself_is_refused() -> None:
    report = examined({**LINE, "say": "c <= 1"}, constants={"c": "c + 1"})
    assert report.status is Status.INCONCLUSIVE
    report = examined({**LINE, "say": "c[0] <= 1"}, let={"c": "c[k + 1] + 1"})
    assert report.status is Status.INCONCLUSIVE


def test_a_state_of_another_size_is_refused() -> None:
    claim = read({"state": ["x", "y"], "lines": [LINE]})
    assert claim.derivation is not None
    report = examine_written(claim, claim.derivation, time.monotonic() + 20)
    assert "has 1 entries, and 2 are named" in report.reason


def test_a_derivation_does_not_stand_in_the_way_of_a_search() -> None:
    report = examine(read({"state": ["x"], "lines": [LINE]}), time.monotonic() + 30)
    assert report.status is Status.PROVED
    assert "written" not in report.reason


def test_a_lower_bound_is_not_proved_by_an_upper_one() -> None:
    claim = read_claim({**CLAIM, "bound": "Omega(1)", "derivation": {"state": ["x"], "lines": [
        {"name": "a", "say": "min_over(k, 0, N - 1, norm(grad(x[k]))**2) <= L*1e9"},
    ]}})  # fmt: skip
    assert isinstance(claim, RateClaim)
    report = examine(claim, time.monotonic() + 20)
    assert report.status is not Status.PROVED


def test_lines_that_prove_something_else_prove_nothing() -> None:
    report = examined(LINE)
    assert report.status is Status.INCONCLUSIVE
    assert "the last line (a)" in report.reason


def test_the_checker_itself_refuses_a_restriction_without_an_index() -> None:
    restricted = {"name": "a", "every": "k", "where": "N <= 0", "say": "norm(grad(x[N]))**2 <= 0"}
    claim = read({"state": ["x"], "lines": [restricted]})
    assert claim.derivation is not None
    (line,) = claim.derivation.lines
    for changed in (line, replace(line, every=None)):
        written = replace(claim.derivation, lines=(changed,))
        report = examine_written(claim, written, time.monotonic() + 20)
        assert report.status is Status.INCONCLUSIVE, report.evidence


def test_a_line_about_nothing_is_of_no_use() -> None:
    """What holds for no index says nothing of one."""
    empty = {
        "name": "a",
        "every": "k",
        "where": "k >= 5 and k <= 3",
        "say": "norm(grad(x[N]))**2 <= 0",
    }
    last = {"name": "b", "say": "norm(grad(x[N]))**2 <= 0", "from": [{"line": "a", "at": "4"}]}
    report = examined(empty, last)
    assert report.status is Status.INCONCLUSIVE
    assert "line 2 (b)" in report.reason
