"""Clipped SGD under heavy-tailed noise: the true exponents are proved, better ones are not."""

from __future__ import annotations

import pytest

from tests.quality.derive_corpus import check, tables

pytestmark = pytest.mark.costly


@pytest.mark.parametrize("table", tables("derive_heavy"))
def test_only_true_claims_are_proved(table: dict[str, object]) -> None:
    check(table)
