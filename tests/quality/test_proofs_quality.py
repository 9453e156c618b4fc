"""Nothing false is proved: the false neighbours of every claim in proofs/, and the false claims
there. What is false is decided by mathematics, in near_misses.toml, never by the tool."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from theoryck import check
from theoryck.certificates import verify
from theoryck.claims import read_claim
from theoryck.derive import prove
from theoryck.verdict import Scope, Status

HERE = Path(__file__).parent
PROOFS = HERE.parents[1] / "proofs"
BUDGET = 20.0
SAMPLED = 3  # of what costs most: every third one, so that the whole run stays short

Table = dict[str, Any]


def load(file: Path) -> Table:
    return tomllib.loads(file.read_text(encoding="utf-8"))


CLAIMS: dict[str, Table] = {
    f"{file.stem}/{table['id']}": table
    for file in sorted(PROOFS.glob("*.toml"))
    for table in load(file)["claim"]
}
NEAR_MISSES: list[Table] = load(HERE / "near_misses.toml")["near_miss"]
FALSE = {name for name, table in CLAIMS.items() if table.get("expect") == "refuted"}

# of these nobody can say what a small slip would make false, and no engine has a rule for them
UNTOUCHED = {"mit_6881_lecture20/fixed-step-gd-lower-bound"}


def changed(near_miss: Table) -> Table:
    table = {k: v for k, v in CLAIMS[near_miss["of"]].items() if k not in ("expect", "text")}
    return {**table, **near_miss["change"]}


def label(near_miss: Table) -> str:
    return f"{near_miss['of']}: {near_miss['why']}"


def test_every_claim_has_a_false_neighbour() -> None:
    assert CLAIMS
    near = {near_miss["of"] for near_miss in NEAR_MISSES}
    assert near <= CLAIMS.keys()
    assert CLAIMS.keys() - FALSE - near == UNTOUCHED


def derived(table: Table) -> bool:
    """Whether derive proves it; what would be true instead is not looked for."""
    return prove(read_claim(table), time.monotonic() + BUDGET).status is Status.PROVED


@pytest.mark.parametrize(
    "near_miss", [m for m in NEAR_MISSES if "refuted" not in m], ids=lambda m: label(m)
)
def test_a_false_neighbour_is_not_proved(near_miss: Table) -> None:
    assert not derived(changed(near_miss))
    if NEAR_MISSES.index(near_miss) % SAMPLED == 0:
        verdict = check(changed(near_miss), engines=("pep",), budget=BUDGET)
        assert verdict.status not in (Status.PROVED, Status.INVALID), verdict.reason


@pytest.mark.parametrize(
    "near_miss",
    [m for m in NEAR_MISSES if "refuted" in m and m["refuted"] != ["pep"]]
    + [m for m in NEAR_MISSES if m.get("refuted") == ["pep"]][::SAMPLED],
    ids=lambda m: label(m),
)
def test_a_false_neighbour_is_refuted(near_miss: Table) -> None:
    verdict = check(changed(near_miss), engines=sorted(near_miss["refuted"]), budget=BUDGET)
    assert verdict.status is Status.REFUTED, verdict.reason
    check_witnesses(verdict)


@pytest.mark.parametrize(
    "near_miss",
    # one in three: tests/quality/claims holds many more of derive's own
    [m for m in NEAR_MISSES if "derive" not in m.get("refuted", ["derive"])][::3],
    ids=lambda m: label(m),
)
def test_what_another_engine_refutes_is_not_derived(near_miss: Table) -> None:
    assert not derived(changed(near_miss))


def check_witnesses(verdict: Any) -> None:
    """A rate is refuted by a function, a start and a run, which exact arithmetic confirms."""
    if verdict.kind != "rate":
        return
    broken = [i for i in verdict.instances if i.status is Status.REFUTED]
    assert broken
    for instance in broken:
        assert instance.witness is not None
        if "claim" in instance.witness:  # a document that can be checked by itself
            assert verify(instance.witness)


# what must come out for all parameters, and with a certificate at every instance
FOR_ALL_PARAMETERS = [
    "classics/gd-smooth-gradient",
    "classics/gd-smooth-pl",
    "classics/gd-smooth-strongly-convex-values",
    "classics/sgd-bounded-variance",
    "giselsson_sgd/error-bound-linear-rate",
]
AT_INSTANCES = [
    *FOR_ALL_PARAMETERS,
    "classics/gd-smooth-convex",
    "classics/gd-smooth-strongly-convex-distance",
]


@pytest.mark.parametrize("name", FOR_ALL_PARAMETERS)
def test_a_known_rate_is_derived(name: str) -> None:
    verdict = check(CLAIMS[name], engines=("derive",))
    assert verdict.status is Status.PROVED, verdict.reason
    assert verdict.scope is Scope.ALL_PARAMETERS


@pytest.mark.parametrize("name", AT_INSTANCES)
def test_a_known_rate_is_certified(name: str) -> None:
    verdict = check(CLAIMS[name], engines=("pep",))
    assert verdict.status is Status.PROVED, verdict.reason
    assert len(verdict.instances) == len(CLAIMS[name]["at"])
    for instance in verdict.instances:
        assert instance.certificate is not None
        assert verify(instance.certificate)
