"""Written derivations prove what they prove, and nothing sharper: lines and claims are mutated."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from theoryck.derive.written import examine_written
from theoryck.derive.written.endings import follows
from theoryck.derive.written.language import LineError
from theoryck.derive.written.lines import Accepted
from theoryck.verdict import Scope, Status

sys.path.insert(0, str(Path(__file__).parent))
from written import (
    SECONDS,
    book_before,
    changed,
    check_alone,
    claim_of,
    named,
    sharpened,
    without,
    written,
)

LIPSCHITZ, SMOOTH = "accelegrad-lipschitz", "accelegrad-smooth-written"
NORM, AMS = "adagrad-norm-nonconvex", "amsgrad-nonconvex"
MOMENTUM = "amsgrad-momentum-nonconvex"


# the others, which take longer, are seen to be proved where the table of proofs/ is
@pytest.mark.parametrize("name", [NORM, AMS])
def test_every_line_is_accepted_and_the_claim_follows(name: str) -> None:
    claim = claim_of(name)
    report = examine_written(claim, written(claim), time.monotonic() + SECONDS)
    assert report.status is Status.PROVED, report.reason
    assert report.scope is Scope.ALL_PARAMETERS
    assert len(report.evidence) >= len(written(claim).lines)


# lines whose bound is tight at some values
TIGHT = {
    LIPSCHITZ: ("in the ball", "short", "near", "convexity", "descent", "below", "size", "claim"),
    SMOOTH: ("move", "projected", "logarithm", "root", "below", "one step", "claim"),
    NORM: ("descent", "noise", "shift", "second moment", "size", "least", "likely sum", "claim"),
    AMS: ("v bounded", "w bounded", "descent", "product", "one step", "squares", "claim"),
    MOMENTUM: ("m bounded", "m convex", "scaled m", "summed", "claim"),
}


@pytest.mark.parametrize(("name", "line"), [(n, x) for n, lines in TIGHT.items() for x in lines])
def test_a_line_is_not_accepted_with_nine_tenths_of_its_bound(name: str, line: str) -> None:
    claim = claim_of(name)
    with pytest.raises(LineError):
        check_alone(claim, sharpened(named(claim, line)))


# (line, a premise that it cannot do without)
NEEDED = {
    LIPSCHITZ: (("move", 0), ("near 2", 3), ("convexity", 1), ("projected", 0)),
    SMOOTH: (("descent", 0), ("one step", 1), ("average", 2), ("claim", 1)),
    NORM: (("one step", 1), ("expected step", 1), ("expected step", 2), ("total", 2), ("claim", 1)),
    AMS: (("one step", 1), ("expected step", 1), ("summed", 1), ("claim", 3)),
    MOMENTUM: (("gradients", 1), ("expected step", 1), ("claim", 2)),
}


@pytest.mark.parametrize(
    ("name", "line", "premise"), [(n, x, i) for n, lines in NEEDED.items() for x, i in lines]
)
def test_a_line_is_not_accepted_without_a_premise(name: str, line: str, premise: int) -> None:
    claim = claim_of(name)
    with pytest.raises(LineError):
        check_alone(claim, without(named(claim, line), premise))


# (claim, what is changed in it, the first line that no longer holds)
NEAR_MISSES: list[tuple[str, dict[str, Any], str]] = [
    (LIPSCHITZ, {"assumptions": ["lipschitz(G)"]}, "convexity"),
    (LIPSCHITZ, {"assumptions": ["convex"]}, "short"),
    (LIPSCHITZ, {"assumptions": ["convex", "lipschitz(2*G)"]}, "below"),
    (LIPSCHITZ, {"initial": "norm(x[0] - x_star) <= 2*D"}, "in the ball"),
    (LIPSCHITZ, {"method": "accelegrad(D=D/2, G=G)"}, "projected"),
    (SMOOTH, {"initial": ["norm(x[0] - x_star) <= D", "0 <= D"]}, "below"),
    (SMOOTH, {"assumptions": ["convex", "smooth(2*L)", "lipschitz(G)"]}, "descent"),
    (NORM, {"method": "adagrad_norm(step=alpha, damping=b0/2)"}, "descent"),
    (NORM, {"method": "adagrad_norm(step=2*alpha, damping=b0)"}, "descent"),
    (
        NORM,
        {"assumptions": ["smooth(L)", "lipschitz(G)", "bounded_variance(sigma)"]},
        "expected step",
    ),
    (
        NORM,
        {"assumptions": ["smooth(L)", "lipschitz(G)", "unbiased", "bounded_variance(2*sigma)"]},
        "expected step",
    ),
    (NORM, {"assumptions": ["smooth(L)", "unbiased", "bounded_variance(sigma)"]}, "second moment"),
    (
        AMS,
        {
            "assumptions": [
                *("smooth(L)", "unbiased", "bounded_second_moment(G)", "dimension(p)"),
            ]
        },
        "v bounded",
    ),
    (AMS, {"assumptions": ["smooth(L)", "bounded_samples(G)", "dimension(p)"]}, "product"),
    (AMS, {"assumptions": ["smooth(L)", "unbiased", "bounded_samples(G)"]}, "summed"),
    (AMS, {"method": "amsgrad(step=alpha, beta1=0, beta2=beta2, damping=eps)"}, "descent"),
    (AMS, {"method": "amsgrad(step=alpha/sqrt(k + 1), beta2=beta2, damping=eps)"}, "descent"),
]


@pytest.mark.parametrize(("name", "change", "line"), NEAR_MISSES)
def test_a_changed_claim_breaks_a_line(name: str, change: dict[str, Any], line: str) -> None:
    claim = changed(name, **change)
    with pytest.raises(LineError):
        check_alone(claim, named(claim, line))


# what the last line does not give
BEYOND = [
    (LIPSCHITZ, {"bound": "O(G*D/sqrt(N))"}),
    (SMOOTH, {"bound": "O(L*D**2/N**2/log(N))"}),
    (SMOOTH, {"bound": "16*G*D/(N*(N + 1))"}),
    (SMOOTH, {"measure": "f(x[N - 1]) - f_star"}),
    (NORM, {"confidence": "1 - delta/2"}),
    (NORM, {"bound": "O(1/sqrt(N))"}),
    (NORM, {"measure": "min_over(k, 1, N - 1, norm(grad(x[k]))**2)"}),
    (AMS, {"bound": "O(1/sqrt(N))"}),
    (AMS, {"measure": "E(norm(grad(x[N]))**2)"}),
    (AMS, {"measure": "min_over(k, 0, N - 2, E(norm(grad(x[k]))**2))"}),
]


@pytest.mark.parametrize(("name", "change"), BEYOND)
def test_the_last_line_gives_no_other_claim(name: str, change: dict[str, Any]) -> None:
    claim = changed(name, **change)
    last = written(claim).lines[-1]
    book = book_before(claim, last)
    with pytest.raises(LineError):
        follows(Accepted(last, "assumed", _chances(book, name)), book)


def _chances(book: Any, name: str) -> Any:
    """The chances of the last line of the derivation that has some."""
    if name != NORM:
        return frozenset()
    delta = book.language.setting.domain.symbols["delta"]
    return frozenset({("total", delta / 2), ("expected scale", delta / 2)})


def test_the_claim_itself_follows_from_its_last_line() -> None:
    claim = claim_of(NORM)
    last = written(claim).lines[-1]
    book = book_before(claim, last)
    assert follows(Accepted(last, "assumed", _chances(book, NORM)), book)


def test_a_chance_too_many_is_refused() -> None:
    claim = claim_of(NORM)
    last = written(claim).lines[-1]
    book = book_before(claim, last)
    more = _chances(book, NORM) | {("another", next(iter(_chances(book, NORM)))[1])}
    with pytest.raises(LineError):
        follows(Accepted(last, "assumed", frozenset(more)), book)


def test_a_false_lemma_stops_the_derivation() -> None:
    claim = claim_of(LIPSCHITZ)
    derivation = written(claim)
    (lemma,) = derivation.lemmas
    false = replace(lemma, conclusion=replace(lemma.conclusion, relations=("<",)))
    report = examine_written(
        claim, replace(derivation, lemmas=(false,)), time.monotonic() + SECONDS
    )
    assert report.status is Status.INCONCLUSIVE
    assert "lemma 'root_sum'" in report.reason


def test_the_finding_names_the_line_and_why() -> None:
    claim = changed(AMS, assumptions=["smooth(L)", "unbiased", "dimension(p)"])
    report = examine_written(claim, written(claim), time.monotonic() + SECONDS)
    assert report.status is Status.INCONCLUSIVE
    (finding,) = report.findings
    assert "line 1 (v bounded)" in finding.message
    assert "bounded_samples is not assumed" in finding.message
