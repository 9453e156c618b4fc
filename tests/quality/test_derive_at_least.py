"""Lower bounds on the number of iterations: true ones are proved, larger ones are not."""

from __future__ import annotations

import pytest

from tests.quality.derive_corpus import check, tables


@pytest.mark.parametrize("table", tables("derive_at_least"))
def test_only_true_claims_are_proved(table: dict[str, object]) -> None:
    check(table)
