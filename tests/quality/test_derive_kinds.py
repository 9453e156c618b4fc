"""Inequalities, identities, schedules, implications, equivalences: the true and the false ones."""

from __future__ import annotations

import pytest

from tests.quality.derive_corpus import check, tables


@pytest.mark.parametrize("table", tables("derive_kinds"))
def test_kinds(table: dict[str, object]) -> None:
    check(table)
