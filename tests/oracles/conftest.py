"""What the oracles of performance estimation share."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import pytest

from theoryck.certificates import instantiate
from theoryck.claims import read_claim
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import RateClaim
from theoryck.errors import InexactError
from theoryck.methods import METHODS, Method
from theoryck.pep.generate import Solved, layout_of, worst_case


def ratio_to_bound(table: Mapping[str, Any], methods: Mapping[str, Method]) -> float:
    claim = read_claim({"id": "case", "at": [{}], **table}, methods={**METHODS, **methods})
    assert isinstance(claim, RateClaim)
    for numbers in (Rationals(), Balls()):
        try:
            with numbers.scope() if isinstance(numbers, Balls) else nullcontext():
                problem = instantiate(claim, {}, numbers)
                solved = worst_case(layout_of(problem, 0), time.monotonic() + 60)
        except InexactError:
            continue
        assert isinstance(solved, Solved), solved
        return float(solved.dual.ratio) ** (1 / problem.goals[0].power)
    raise AssertionError("neither rationals nor balls")


@pytest.fixture
def optimum() -> Callable[..., float]:
    """The optimum of a claim's program, which is posed with a bound of ``far`` so that nothing in
    it tells what comes out."""

    def pose(far: float, methods: Mapping[str, Method] | None = None, **table: Any) -> float:
        return far * ratio_to_bound({**table, "bound": repr(far)}, methods or {})

    return pose
