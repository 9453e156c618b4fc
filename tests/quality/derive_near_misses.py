"""Near misses, examined as far as a proof would come: without the search for repairs."""

from __future__ import annotations

import time

from tests.quality.derive_corpus import SECONDS, check
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Order
from theoryck.claims.reading import read_claim
from theoryck.derive.search import prepare, search
from theoryck.derive.setting import Stuck


def check_without_repairs(table: dict[str, object]) -> None:
    """True claims are proved; of the others no derivation is found."""
    claim = read_claim({key: value for key, value in table.items() if key != "expect"})
    plain = (
        isinstance(claim, RateClaim)
        and claim.relation == "<="
        and not (isinstance(claim.bound, Order) and claim.bound.kind != "O")
    )
    if table.get("expect") == "proved" or not plain or not isinstance(claim, RateClaim):
        check(table)
        return
    deadline = time.monotonic() + SECONDS
    try:
        setting, target = prepare(claim, deadline)
    except Stuck:
        return
    assert search(setting, target, deadline).proof is None
