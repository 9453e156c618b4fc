"""Escape from a quadratic saddle: enough steps are proved to be, fewer are not."""

from __future__ import annotations

import pytest

from tests.quality.derive_corpus import check, tables

pytestmark = pytest.mark.costly


@pytest.mark.parametrize("table", tables("derive_escape"))
def test_only_true_claims_are_proved(table: dict[str, object]) -> None:
    check(table)
