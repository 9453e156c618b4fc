"""Steps that depend on the gradient's length, and complexities: only true claims are proved."""

from __future__ import annotations

import pytest

from tests.quality.derive_corpus import check, tables

pytestmark = pytest.mark.costly


@pytest.mark.parametrize("table", [*tables("derive_functional"), *tables("derive_complexity")])
def test_only_true_claims_are_proved(table: dict[str, object]) -> None:
    check(table)
