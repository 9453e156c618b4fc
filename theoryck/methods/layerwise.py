"""Methods that scale their steps layer by layer."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

from theoryck.algebra import Oracle, norm, ratio, sqrt
from theoryck.algebra.language import namespace
from theoryck.algebra.units import GRADIENT, NONE, X
from theoryck.errors import DomainError
from theoryck.methods.base import method
from theoryck.methods.moments import MOMENTS, corrected, updated


@method(
    start=lambda x: (x, x - x, x - x),
    units={"step": NONE, "damping": GRADIENT, "decay": X**-1, **MOMENTS},
    constants=("batch",),
)
def lamb(
    state: Any,
    f: Oracle,
    *,
    step: Any,
    beta1: Any = Fraction(9, 10),
    beta2: Any = Fraction(999, 1000),
    damping: Any = Fraction(1, 10**6),
    decay: Any = 0,
    batch: Any = 1,
    k: Any,
) -> Any:
    """r = m̂/(√v̂ + damping) with adam's m̂ and v̂, u = r + decay·x, and in every layer
    x⁺ = x − step·‖x‖/‖u‖·u; φ is the identity, and x without layers is one
    [You et al. 2020, Algorithm 2; the paper has √v̂ + ε, a slide that quotes it √(v̂ + ε)]
    """
    x, m, v = state
    m, v = updated(m, v, f.sample_grad(x, batch=batch), beta1, beta2)
    m_hat, v_hat = corrected(m, v, beta1, beta2, k)
    u = ratio(m_hat, damping + sqrt(v_hat)) + decay * x
    return x - step * _rescaled(u, x, f.layers()), m, v


def _rescaled(u: Any, x: Any, layers: tuple[slice, ...]) -> Any:
    """‖x‖/‖u‖·u in every layer."""
    if len(layers) <= 1:
        return ratio(norm(x), norm(u)) * u
    ends = [0, *(layer.stop for layer in layers)]
    starts = [layer.start or 0 for layer in layers]
    if starts != ends[:-1] or ends[-1] != x.shape[-1] or any(a >= b for a, b in pairwise(ends)):
        raise DomainError(
            f"the layers {[(s.start, s.stop) for s in layers]} are not {x.shape[-1]} coordinates "
            "one after the other"
        )
    xp: Any = namespace(x)
    pieces = [(u[..., layer], x[..., layer]) for layer in layers]
    return xp.concat([ratio(norm(y), norm(r)) * r for r, y in pieces], axis=-1)
