"""Assertions for people who test optimisers with pytest: measured ≤ theory, and theory proved.

>>> claim = {
...     "id": "gd-smooth-convex",
...     "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
...     "method": "gradient_descent(step=1/L)",
...     "assumptions": ["convex", "smooth(L)"],
...     "initial": "norm(x[0] - x_star)**2 <= R**2",
...     "measure": "f(x[N]) - f_star",
...     "bound": "L*R**2/(4*N + 2)",
... }
>>> assert_rate(claim, {1: 0.16, 10: 0.02}, L=1, R=1)
>>> assert_rate(claim, {1: 0.16, 10: 0.03}, L=1, R=1)
Traceback (most recent call last):
    ...
AssertionError: gd-smooth-convex: the measure is above the bound L*R**2/(4*N + 2)
  at L = 1, R = 1, N = 10: measured 0.03 > 0.0238095, 1.26 times the bound (tolerance 1e-09)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from theoryck.check import check
from theoryck.claims.arithmetic import Floats
from theoryck.claims.claim import Claim, RateClaim
from theoryck.claims.evaluate import Environment, evaluate, holds
from theoryck.claims.expressions import Expectation, mentions, names
from theoryck.claims.expressions import Order as OrderBound
from theoryck.claims.printing import to_text
from theoryck.claims.reading import read_claim
from theoryck.errors import TheoryckError
from theoryck.methods.base import Method
from theoryck.verdict import Status, Verdict

if TYPE_CHECKING:
    from theoryck.simulate.statistics import Report

DEFAULT_TOLERANCE = 1e-9  # relative to the bound: room for the rounding of the run itself
DEFAULT_ERROR = 1e-6  # the probability that runs are wrongly said to be above a bound
SHOWN = 5  # violations in a message


class RateTestError(TheoryckError, ValueError):
    """The test itself cannot be made: a parameter is missing, or the bound has no value."""


@dataclass(frozen=True)
class Excess:
    """A measurement above the bound."""

    at: Mapping[str, float]
    measured: float
    bound: float

    @property
    def ratio(self) -> float:
        """How many times the bound was measured; infinite over a bound of zero."""
        return self.measured / self.bound if self.bound > 0 else math.inf


def assert_rate(
    claim: Claim | Mapping[str, Any],
    measured: Mapping[int, float] | Sequence[float],
    *,
    tolerance: float = DEFAULT_TOLERANCE,
    **parameters: float,
) -> None:
    """Asserts that what was measured is at most what the claim's bound allows.

    Args:
        claim: a rate claim, or the table of one.
        measured: the claim's measure by iteration: a mapping from the horizon (the parameter N),
            or a sequence whose entry i is the measure for the horizon i. Entries of a sequence
            for which the claim says nothing (as i = 0 under N >= 1) are passed over. If every
            parameter is given by name, the horizon's mapping has its one value.
        tolerance: relative room above the bound.
        parameters: the values of the claim's other parameters.

    Raises:
        AssertionError: a measurement is above the bound, or is not a number; the message names
            the parameters, the iteration, the ratio and the tolerance.
        RateTestError: there is nothing to compare, a parameter is missing, unknown or outside
            its domain, or the bound has no value there.
        ClaimError: the table means nothing as written.
    """
    rate = _rate(claim)
    horizon = _horizon(rate, parameters)
    compared = 0
    excesses = []
    for iteration, value in _items(measured):
        at = {**parameters, horizon: iteration}
        if not _within(rate, at):
            if isinstance(measured, Mapping):
                raise RateTestError(f"{rate.id}: {_words(at)} is outside the claim's domain")
            continue
        compared += 1
        bound = _bound(rate, at)
        if not float(value) <= bound * (1 + tolerance):
            excesses.append(Excess(at, float(value), bound))
    if not compared:
        raise RateTestError(
            f"{rate.id}: nothing was compared; no measurement is at a {horizon} that the claim "
            "speaks of"
        )
    if excesses:
        raise AssertionError(_message(rate, excesses, tolerance))


def assert_runs(
    claim: Claim | Mapping[str, Any],
    samples: Mapping[int, Any],
    *,
    at_least: float = 0.0,
    error: float = DEFAULT_ERROR,
    **parameters: float,
) -> tuple[Report, ...]:
    """Asserts that independent runs do not break the claim's bound, by a test that is seldom wrong.

    A bound on an expectation is held against the mean of the runs by a lower confidence bound
    that is valid for every law (:func:`~theoryck.simulate.statistics.compare_mean`), one with a
    ``confidence`` against how often it fails, and any other against every run. The assertion
    fails for a true claim with probability at most ``error``, whatever the number of runs and of
    horizons, so a test with it is not flaky.

    Args:
        claim: a rate claim, or the table of one.
        samples: by the horizon N, the measure of every run without its E(...): for instance
            ``simulate(...).measured["gap"]``, infinite where a run diverged.
        at_least: what no run can be below; 0 suits gaps, distances and norms.
        error: of all horizons together.
        parameters: the values of the claim's other parameters.

    Returns:
        A report for each horizon, in the order of the samples: what was seen, and what was not.

    Raises:
        AssertionError: the runs are surely above the bound; the message holds the reports.
        RateTestError: as for :func:`assert_rate`.
        SimulationError: a sample is not one: empty, NaN, or below ``at_least``.

    >>> claim = {
    ...     "id": "sgd", "parameters": {"L": "L > 0", "s": "s > 0", "N": "integer, N >= 1"},
    ...     "method": "sgd(step=1/L)",
    ...     "assumptions": ["strongly_convex(L)", "smooth(L)", "unbiased", "bounded_variance(s)"],
    ...     "measure": "E(f(x[N]) - f_star)", "bound": "s**2/(2*L)"}
    >>> report, = assert_runs(claim, {5: [0.2, 0.4] * 100}, L=1, s=1)
    >>> print(report.answer, report.runs)
    within 200
    """
    from theoryck.simulate.statistics import Answer, compare_mean, compare_probability

    rate = _rate(claim)
    horizon = _horizon(rate, parameters)
    if not samples:
        raise RateTestError(f"{rate.id}: nothing was compared; there are no samples")
    reports = []
    for iteration, sample in samples.items():
        at = {**parameters, horizon: iteration}
        if not _within(rate, at):
            raise RateTestError(f"{rate.id}: {_words(at)} is outside the claim's domain")
        bound, looks = _bound(rate, at), len(samples)
        if rate.confidence is not None:
            kept = float(evaluate(rate.confidence, _environment(at), Floats()))
            report = compare_probability(sample, bound, kept, error=error, looks=looks)
        elif mentions(rate.measure, Expectation):
            report = compare_mean(sample, bound, at_least=at_least, error=error, looks=looks)
        else:
            # one failure is too many: a claim about every run has the confidence 1
            report = compare_probability(sample, bound, 1.0, error=error, looks=looks)
        reports.append(report)
    above = [
        f"  at {_words({**parameters, horizon: iteration})}: {report}"
        for iteration, report in zip(samples, reports, strict=True)
        if report.answer is Answer.ABOVE
    ]
    if above:
        head = f"{rate.id}: the runs are above the bound {to_text(rate.bound)}"
        raise AssertionError("\n".join([head, *above[:SHOWN]]))
    return tuple(reports)


def assert_proved(
    claim: Claim | Mapping[str, Any],
    *,
    engines: Iterable[str] = ("derive", "pep", "simulate"),
    budget: float = 60.0,
    methods: Iterable[Method] = (),
) -> Verdict:
    """Asserts that theoryck proves the claim, and gives the verdict.

    Args:
        claim: a claim, or the table of one.
        engines, budget, methods: as for :func:`theoryck.check`.

    Raises:
        AssertionError: the verdict is another one; the message holds its reason and findings.

    >>> assert_proved({
    ...     "id": "gd", "parameters": {"L": "L > 0", "Delta": "Delta > 0", "N": "integer, N >= 1"},
    ...     "method": "gradient_descent(step=1/L)", "assumptions": ["smooth(L)"],
    ...     "initial": "f(x[0]) - f_star <= Delta",
    ...     "measure": "min_over(k, 0, N - 1, norm(grad(x[k]))**2)",
    ...     "bound": "2*L*Delta/N"}, engines=["derive"]).scope
    <Scope.ALL_PARAMETERS: 'all parameters'>
    """
    verdict = check(claim, engines=engines, budget=budget, methods=methods)
    if verdict.status is not Status.PROVED:
        beside = "".join(f"\n  {finding.code}: {finding.message}" for finding in verdict.findings)
        raise AssertionError(
            f"{verdict.id}: {verdict.status}, not proved: {verdict.reason}{beside}"
        )
    return verdict


def _rate(claim: Claim | Mapping[str, Any]) -> RateClaim:
    read = claim if isinstance(claim, Claim) else read_claim(claim)
    if not isinstance(read, RateClaim):
        raise RateTestError(f"{read.id}: a claim of kind 'rate' expected, got {read.kind!r}")
    if isinstance(read.bound, OrderBound) or mentions(read.bound, OrderBound):
        raise RateTestError(f"{read.id}: {to_text(read.bound)} has no constants to compare with")
    return read


def _horizon(claim: RateClaim, parameters: Mapping[str, float]) -> str:
    """The one parameter that the measurements give."""
    unknown = [name for name in parameters if name not in claim.parameters]
    if unknown:
        raise RateTestError(
            f"{claim.id}: no parameter {unknown[0]!r}; there are {', '.join(claim.parameters)}"
        )
    absent = [name for name in claim.parameters if name not in parameters]
    if len(absent) == 1:
        return absent[0]
    if not absent:
        counts = names(claim.measure) & {p.name for p in claim.parameters.values() if p.integer}
        which = f", such as {min(counts)}," if counts else ""
        raise RateTestError(
            f"{claim.id}: every parameter is given; leave out the one{which} that the measurements "
            "are indexed by"
        )
    raise RateTestError(
        f"{claim.id}: give all parameters but the horizon; missing are {', '.join(absent)}"
    )


def _items(measured: Mapping[int, float] | Sequence[float]) -> Iterator[tuple[int, float]]:
    yield from measured.items() if isinstance(measured, Mapping) else enumerate(measured)


def _environment(at: Mapping[str, float]) -> Environment:
    return Environment({name: float(value) for name, value in at.items()})


def _within(claim: RateClaim, at: Mapping[str, float]) -> bool:
    """Whether the parameters are in the claim's domain; only the horizon may be outside of it."""
    environment = _environment(at)
    return all(
        (not parameter.integer or float(at[parameter.name]).is_integer())
        and (parameter.condition is None or holds(parameter.condition, environment, Floats()))
        for parameter in claim.parameters.values()
    )


def _bound(claim: RateClaim, at: Mapping[str, float]) -> float:
    try:
        value = float(evaluate(claim.bound, _environment(at), Floats()))
    except TheoryckError as error:
        raise RateTestError(
            f"{claim.id}: the bound {to_text(claim.bound)} has no value at {_words(at)}: {error}; "
            "a bound in the claim's parameters alone is needed"
        ) from error
    if math.isnan(value):
        raise RateTestError(f"{claim.id}: the bound is not a number at {_words(at)}")
    return value


def _words(at: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in at.items())


def _message(claim: RateClaim, excesses: Sequence[Excess], tolerance: float) -> str:
    lines = [f"{claim.id}: the measure is above the bound {to_text(claim.bound)}"]
    lines += [
        f"  at {_words(e.at)}: measured {e.measured:.6g} > {e.bound:.6g}, "
        f"{e.ratio:.4g} times the bound (tolerance {tolerance:g})"
        for e in excesses[:SHOWN]
    ]
    if len(excesses) > SHOWN:
        lines.append(f"  and at {len(excesses) - SHOWN} more")
    return "\n".join(lines)
