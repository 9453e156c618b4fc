"""Claims of an order: whether the measure over the order stays bounded as the horizon grows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Order
from theoryck.claims.sampling import admissible
from theoryck.errors import InexactError
from theoryck.simulate.engine.classes import Candidate
from theoryck.simulate.engine.observe import observe
from theoryck.simulate.engine.search import Setting, placed_candidates
from theoryck.simulate.engine.values import Values, at_integer, exact_fraction
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.statistics import fit_exponent

HORIZONS = 5  # that are compared
FACTOR = 4  # from one horizon to the next
SHORTEST, LONGEST = 8, 1024  # horizons
MAX_PROBLEMS = 8  # at each horizon
TAIL = 3  # horizons at the end that tell the exponent; before, a run has hardly begun
GROWTH = 0.1  # the exponent up to which a ratio counts as bounded: logarithms look like this


@dataclass(frozen=True)
class Trend:
    """The largest measure/order over the problems tried, at each horizon, and where it was seen.

    ``exponent`` is the slope of its logarithm over that of the horizon, at the last horizons;
    ``settled`` says that no curvature of it is seen.
    """

    horizons: tuple[int, ...]
    ratios: tuple[float, ...]
    candidates: tuple[Candidate, ...]
    exponent: float
    settled: bool


def trend(setting: Setting) -> Trend | None:
    """How the ratio moves as the horizon grows; None if no problem of the class is known.

    The problems are chosen anew at each horizon, since an order is claimed for all of the class.

    Raises:
        SimulationError: the claim is not of the form that runs at several horizons can show.
        TheoryckError: it cannot be run at this instance.
    """
    claim = setting.claim
    if not isinstance(claim.bound, Order) or claim.bound.kind != "O":
        raise SimulationError("only an upper order is compared with runs")
    if claim.confidence is not None:
        raise SimulationError("an order that holds with some probability is not compared with runs")
    symbol = claim.limit.split("->")[0].strip()
    if symbol not in claim.parameters or not claim.limit.endswith("oo"):
        raise SimulationError(f"the limit {claim.limit} is not that of a growing horizon")
    horizons = tuple(_horizons(claim, setting.values, symbol))
    if len(horizons) < TAIL:
        raise SimulationError(f"too few values of {symbol} are admissible to see a trend")
    plain = replace(setting, claim=replace(claim, bound=claim.bound.body))
    worst = [
        # a seed for each horizon: the points are independent
        _worst(
            replace(
                plain,
                values=at_integer(setting.values, symbol, horizon),
                seed=setting.seed + number,
            )
        )
        for number, horizon in enumerate(horizons)
    ]
    found = [w for w in worst if w is not None]
    if len(found) < len(horizons):
        return None
    ratios = tuple(ratio for ratio, _ in found)
    return Trend(
        horizons,
        ratios,
        tuple(c for _, c in found),
        _exponent(horizons, ratios),
        _settled(horizons, ratios),
    )


def _worst(setting: Setting) -> tuple[float, Candidate] | None:
    """The largest ratio at one horizon, and its problem."""
    worst: tuple[float, Candidate] | None = None
    for number, (_, placed) in enumerate(placed_candidates(setting)):
        if number == MAX_PROBLEMS:
            break
        seen = observe(
            setting.claim,
            setting.values,
            placed,
            setting.backend,
            level=setting.level,
            seed=setting.seed,
            deadline=setting.deadline,
        )
        ratio = seen.measured / seen.bound if seen.bound > 0 else math.inf
        if worst is None or not ratio <= worst[0]:
            worst = (ratio, placed)
    return worst


def _horizons(claim: RateClaim, values: Values, symbol: str) -> Iterator[int]:
    try:
        rational = {name: exact_fraction(value) for name, value in values.exact.items()}
    except InexactError:
        return
    first = max(SHORTEST, int(rational[symbol]))
    for power in range(HORIZONS):
        horizon = first * FACTOR**power
        if horizon <= LONGEST and admissible(claim, {**rational, symbol: Fraction(horizon)}):
            yield horizon


def _exponent(horizons: tuple[int, ...], ratios: tuple[float, ...]) -> float:
    if not all(math.isfinite(ratio) for ratio in ratios):
        return math.inf
    if min(ratios) <= 0:
        return -math.inf  # the measure reached zero
    return float(np.polyfit(np.log(horizons[-TAIL:]), np.log(ratios[-TAIL:]), 1)[0])


def _settled(horizons: tuple[int, ...], ratios: tuple[float, ...]) -> bool:
    if len(horizons) < 4 or not all(0 < ratio < math.inf for ratio in ratios):
        return False
    return fit_exponent({n: [r] for n, r in zip(horizons, ratios, strict=True)}).settled
