"""A claim about an empty class is told of."""

from __future__ import annotations

import pytest

from theoryck.claims.reading import read_claim
from theoryck.claims.vacuity import check_vacuity

CLAIM = {
    "id": "c",
    "parameters": {"mu": "mu > 0", "G": "G > 0", "T": "integer, T >= 1"},
    "method": "sgd(step=1/(mu*(k + 1)))",
    "measure": "E(norm(x[T] - x_star)**2)",
    "bound": "4*G**2/(mu**2*T)",
}


@pytest.mark.parametrize(
    ("assumptions", "vacuous"),
    [
        (["strongly_convex(mu)", "unbiased", "bounded_second_moment(G)"], True),
        (["strongly_convex(mu)", "lipschitz(G)"], True),
        (["strongly_convex(mu)", "bounded_second_moment(G)"], False),
        (["convex", "lipschitz(G)"], False),
        (["strongly_convex(mu)", "unbiased", "bounded_variance(G)"], False),
    ],
)
def test_unbounded_gradients_are_not_bounded(assumptions: list[str], vacuous: bool) -> None:
    findings = check_vacuity(read_claim(CLAIM | {"assumptions": assumptions}))
    assert [f.code for f in findings] == (["vacuous"] if vacuous else [])


def test_other_kinds_have_no_class() -> None:
    table = {"id": "c", "kind": "identity", "lhs": "1", "rhs": "1"}
    assert check_vacuity(read_claim(table)) == ()
