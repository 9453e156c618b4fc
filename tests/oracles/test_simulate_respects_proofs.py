"""Every rate that derive proves is respected by runs on its class.

All rate and complexity claims of ``proofs/`` and of the corpora of derive that are expected to be
proved, with an explicit bound, are run on problems of their class. A run that is surely above a
proved bound is a fault of theoryck: of the proof, of the problem's constants or of the run.
"""

from __future__ import annotations

import math
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from theoryck.claims.claim import ComplexityClaim, RateClaim
from theoryck.claims.expressions import Order, mentions
from theoryck.claims.reading import read_claim
from theoryck.claims.sampling import sample_instances
from theoryck.simulate.engine import search
from theoryck.simulate.engine.complexity import as_rate
from theoryck.simulate.engine.search import Record, Setting
from theoryck.simulate.engine.values import choose
from theoryck.simulate.errors import SimulationError

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "proofs", ROOT / "tests" / "quality" / "claims")
INSTANCES = 2
LEVEL = 1 - 1e-7  # of one Student bound: hundreds of them are looked at here

# claims that no problem here can be run on, and why
START = "the number of steps depends on the start"
SADDLE = "no quadratic saddle is among the problems, which have a minimum"
EXPONENT = "no problem has a KL exponent other than one half"
EMPTY = "no function but a constant has bounded gradients and grows quadratically"
UNSEEN = {
    "derive_complexity/clipped-printed-theorem": START,
    "derive_complexity/gd-strongly-convex-logarithm-of-the-start": START,
    "derive_complexity/normalised-generalised": START,
    "derive_complexity/normalised-with-the-accuracy-in-its-step": START,
    "derive_escape/falls-by-an-amount": SADDLE,
    "derive_escape/falls-exponentially": SADDLE,
    "derive_escape/large-gradient": SADDLE,
    "derive_escape/leaves-the-ball": SADDLE,
    "derive_escape/leaves-the-ball-explicit-constant": SADDLE,
    "derive_kl/kl-finite": EXPONENT,
    "derive_kl/kl-finite-a-quarter": EXPONENT,
    "derive_kl/kl-in-expectation": EXPONENT,
    "derive_kl/kl-symbolic": EXPONENT,
    "derive_kl/kl-three-quarters": EXPONENT,
    "derive_varying/pl-karimi": EMPTY,
    "derive_varying/strongly-convex-best": EMPTY,
}

# where no parameter values are found by trying simple ones
AT = {
    "derive_varying/pl-induction": {
        "mu": 1, "L": 2, "sigma": 1, "beta": 2, "a": 4, "Delta": 1, "N": 5
    },
}  # fmt: skip


def proved() -> Iterator[tuple[str, RateClaim | ComplexityClaim]]:
    for file in sorted(file for folder in FOLDERS for file in folder.glob("*.toml")):
        for table in tomllib.loads(file.read_text(encoding="utf-8"))["claim"]:
            if table.get("expect") != "proved":
                continue
            if table.get("kind", "rate") not in ("rate", "complexity"):
                continue
            name = f"{file.stem}/{table['id']}"
            given = {"at": [AT[name]]} if name in AT else {}
            stated = {key: value for key, value in table.items() if key != "expect"}
            claim = read_claim(stated | given)
            if isinstance(claim, RateClaim | ComplexityClaim) and explicit(claim):
                yield name, claim


def explicit(claim: RateClaim | ComplexityClaim) -> bool:
    """Whether one run can be above the bound: an order hides a constant, and that no method
    gets there sooner is not seen from one method's runs."""
    bound = claim.bound if isinstance(claim, RateClaim) else claim.within
    return bound is not None and not mentions(bound, Order)


CLAIMS = dict(proved())


def observed(claim: RateClaim | ComplexityClaim) -> Iterator[tuple[Any, Record]]:
    for at in (claim.at or sample_instances(claim, INSTANCES))[:INSTANCES]:
        values = choose(at)
        rate = claim if isinstance(claim, RateClaim) else as_rate(claim, values)
        setting = Setting(rate, values, LEVEL, seed=0, deadline=time.monotonic() + 30)
        yield values.text, search.search(setting)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_CANDIDATES", 14)
    monkeypatch.setattr(search, "MAX_RANDOMISED", 5)
    monkeypatch.setattr(search, "MAX_TUNINGS", 8)


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_no_run_is_above_a_proved_bound(name: str) -> None:
    runs, refused = 0, "no problem of the class was run"
    try:
        for at, record in observed(CLAIMS[name]):
            assert record.refutation is None, (at, record.refutation)
            above = [o for o in record.doubtful if o.above]
            assert not above, (at, [(o.candidate.describe(), o.lowest, o.bound) for o in above])
            assert all(math.isfinite(o.bound) for o in record.within), at
            runs += sum(o.runs for o in (*record.within, *record.doubtful))
    except SimulationError as error:
        refused = str(error)
    if name in UNSEEN:
        assert not runs, f"{runs} runs: it is seen now"
    else:
        assert runs, refused


def test_most_proved_rates_are_run() -> None:
    assert len(CLAIMS) > 80
    assert len(UNSEEN) < 0.2 * len(CLAIMS)
    assert UNSEEN.keys() <= CLAIMS.keys()
