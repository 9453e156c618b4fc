"""Claims with a confidence, and claims in which nothing is random."""

from __future__ import annotations

import pytest

from tests.quality.derive_corpus import check, tables

pytestmark = pytest.mark.costly


@pytest.mark.parametrize("table", tables("derive_probability"))
def test_only_true_claims_are_proved(table: dict[str, object]) -> None:
    check(table)
