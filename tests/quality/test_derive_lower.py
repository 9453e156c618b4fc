"""Bounds that are attained and orders from below: true ones are proved, others are not."""

from __future__ import annotations

import pytest

from tests.quality.derive_corpus import check, examined, tables

pytestmark = pytest.mark.costly


@pytest.mark.parametrize("table", tables("derive_lower"))
def test_only_true_claims_are_proved(table: dict[str, object]) -> None:
    check(table)


def test_an_attained_upper_bound_is_tight_and_a_loose_one_is_not() -> None:
    table: dict[str, object] = {
        "id": "gd",
        "parameters": {"mu": "mu > 0", "L": "L > mu", "N": "integer, N >= 0"},
        "method": "gradient_descent(step=1/L)",
        "assumptions": ["strongly_convex(mu)", "smooth(L)"],
        "measure": "norm(x[N] - x_star)**2",
        "bound": "(1 - mu/L)**(2*N)*norm(x[0] - x_star)**2",
    }
    assert examined(table).tight is True
    loose = {**table, "bound": "(1 - mu/L)**N*norm(x[0] - x_star)**2"}
    assert examined(loose).tight is None
