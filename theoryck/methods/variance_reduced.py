"""Methods that follow the gradient along their path by differences of one and the same sample."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from theoryck.algebra import Oracle, maximum, norm, ratio
from theoryck.algebra.units import GRADIENT, NONE, X
from theoryck.errors import DomainError, UntraceableError
from theoryck.methods.base import method
from theoryck.methods.whole import common

COUNTS = {"period": NONE, "anchor": NONE}
FIXED = ("period", "batch", "anchor")


@method(start=lambda x: (x, x, None), units=COUNTS, constants=FIXED)
def spider(
    state: Any, f: Oracle, *, step: Any, period: Any, batch: Any = 1, anchor: Any = 1, k: Any
) -> Any:
    """x⁺ = x − step·v; v is a stochastic gradient of ``anchor`` draws when ``period`` divides k,
    and else v + ∇f_S(x) − ∇f_S(x⁻) with S a fresh sample of ``batch`` draws
    [Fang, Li, Lin, Zhang 2018, without normalisation]
    """
    x, x_previous, v = state
    v = _estimate(x, x_previous, v, f, period, batch, anchor, k)
    return x - step * v, x, v


@method(
    start=lambda x: (x, x, None, 1),
    units={"step": X, "tolerance": GRADIENT, **COUNTS},
    constants=FIXED,
)
def normalized_spider(
    state: Any,
    f: Oracle,
    *,
    step: Any,
    tolerance: Any,
    period: Any,
    batch: Any = 1,
    anchor: Any = 1,
    k: Any,
) -> Any:
    """x⁺ = x − step·v/‖v‖ with spider's v, until ‖v‖ ≤ 2·tolerance: then x is returned, and
    stays        [Fang, Li, Lin, Zhang 2018, SPIDER-SFO with Option I]
    """
    x, x_previous, v, moving = state
    v = _estimate(x, x_previous, v, f, period, batch, anchor, k)
    length = norm(v)
    excess = maximum(length - 2 * tolerance, 0)
    moving = moving * ratio(excess, excess)  # 1 where ‖v‖ is larger, 0 from then on where not
    return x - step * moving * ratio(1, length) * v, x, v, moving


@method(start=lambda x: (x, x, None), units={"threshold": GRADIENT, **COUNTS}, constants=FIXED)
def clipped_spider(
    state: Any,
    f: Oracle,
    *,
    step: Any,
    threshold: Any,
    period: Any,
    batch: Any = 1,
    anchor: Any = 1,
    k: Any,
) -> Any:
    """x⁺ = x − step·min(1, threshold/‖v‖)·v with spider's v; the paper's step is 1/(2Ln₀) and
    its threshold 2ε        [Fang, Li, Lin, Zhang 2018, SPIDER-SFO with Option II]
    """
    x, x_previous, v = state
    v = _estimate(x, x_previous, v, f, period, batch, anchor, k)
    return x - step * (threshold / maximum(threshold, norm(v))) * v, x, v


def _estimate(
    x: Any, x_previous: Any, v: Any, f: Oracle, period: Any, batch: Any, anchor: Any, k: Any
) -> Any:
    if _divides(period, k):
        return f.sample_grad(x, batch=anchor)
    here, before = f.sample_grads((x, x_previous), batch=batch)
    return v + here - before


def _divides(period: Any, k: Any) -> bool:
    try:
        count = int(k)
    except (TypeError, ValueError) as error:
        raise UntraceableError(
            f"spider counts k in integers, got {k}: simulate runs it step by step"
        ) from error
    period = common("period", period)
    if isinstance(period, int | float | Fraction):
        if not period > 0:
            raise DomainError(f"a positive period expected, got {period}")
        return count % period == 0
    # by multiples, which every number system has
    return any(multiple * period == count for multiple in range(count + 1))
