"""Step sizes that vary with k: true rates are proved, near misses are not."""

from __future__ import annotations

import pytest

from tests.quality.derive_corpus import check, tables

pytestmark = pytest.mark.costly


@pytest.mark.parametrize("table", tables("derive_varying"))
def test_only_true_claims_are_proved(table: dict[str, object]) -> None:
    check(table)
