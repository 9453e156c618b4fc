"""From a bound on a sum along the run to what the claim measures of its terms."""

from __future__ import annotations

from theoryck.derive.measure import Target
from theoryck.derive.proof import Workshop
from theoryck.derive.routes.attempt import attempt
from theoryck.derive.rules.measures import MeanOfSum, MinimumBelowMean, ValueAtAverage
from theoryck.derive.statements import Aggregate


def of_total(workshop: Workshop, total: int, target: Target) -> int | None:
    """The step on the sum itself, the mean, the least, or the value at the mean iterate."""
    aggregate = target.measured.aggregate
    if aggregate is Aggregate.SUM:
        return total
    mean = attempt(workshop, MeanOfSum(), total)
    if mean is None:
        return None
    if target.at_average:
        return attempt(workshop, ValueAtAverage(), mean)
    return attempt(workshop, MinimumBelowMean(), mean) if aggregate is Aggregate.MIN else mean
