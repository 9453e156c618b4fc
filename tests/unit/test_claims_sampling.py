"""Where numeric engines look when a claim names no instance."""

from __future__ import annotations

from fractions import Fraction

import pytest

from theoryck.claims.claim import Claim
from theoryck.claims.expressions import Number
from theoryck.claims.reading import read_claim
from theoryck.claims.sampling import admissible, sample_instances
from theoryck.claims.spelling import spell


def claim(parameters: dict[str, str]) -> Claim:
    return read_claim(
        {"id": "c", "kind": "identity", "parameters": parameters, "lhs": "1", "rhs": "1"}
    )


def values(parameters: dict[str, str], count: int) -> list[dict[str, Fraction]]:
    found = sample_instances(claim(parameters), count)
    return [{name: value.value for name, value in at.items()} for at in found]


@pytest.mark.parametrize(
    "parameters",
    [
        {"L": "L > 0", "N": "integer, N >= 1"},
        {"L": "L > 0", "mu": "0 < mu <= L", "step": "0 < step < 2/L"},
        {"a": "sqrt(2) < a and a < 6", "b": "b**2 > a"},
        {"N": "integer, N >= 3", "M": "integer, M > N"},
        {f"p{i}": f"p{i} > 0" for i in range(20)},
    ],
)
def test_samples_are_admissible_and_differ(parameters: dict[str, str]) -> None:
    found = values(parameters, 3)
    assert len(found) == 3
    assert all(admissible(claim(parameters), at) for at in found)
    assert found[0] != found[1] != found[2]
    assert found == values(parameters, 3)


def test_all_parameters_vary_together() -> None:
    first, second = values({"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"}, 2)
    assert all(first[name] != second[name] for name in first)


def test_a_boundary_where_claims_degenerate_is_not_the_first_place() -> None:
    (first,) = values({"L": "L > 0", "mu": "0 < mu <= L"}, 1)
    assert first["mu"] < first["L"]


def test_zero_is_looked_at_where_it_is_allowed() -> None:
    assert any(at["sigma"] == 0 for at in values({"sigma": "sigma >= 0"}, 2))


@pytest.mark.parametrize("parameters", [{"a": "a > 1 and a < 0"}, {"a": "a > 1000"}])
def test_where_nothing_small_is_admissible_nothing_is_sampled(parameters: dict[str, str]) -> None:
    assert values(parameters, 3) == []


@pytest.mark.parametrize(
    ("text", "spelled"), [("3/2", "3/2"), ("sqrt(16)", "4"), ("sqrt(2)", "sqrt(2)"), (0.1, "0.1")]
)
def test_one_spelling_a_value(text: object, spelled: str) -> None:
    table = {"id": "c", "kind": "identity", "parameters": {"a": ""}, "lhs": "a", "rhs": "a"}
    (at,) = read_claim(table | {"at": [{"a": text}]}).at
    assert spell(at["a"]) == spelled
    assert spell(Number(Fraction(5))) == "5"
