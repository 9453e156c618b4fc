"""Methods that scale their steps by the stochastic gradients seen so far.

Their stochastic gradients are means of ``batch`` draws.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from theoryck.algebra import Oracle, dot, hadamard, maximum, ratio, sqrt
from theoryck.algebra.units import GRADIENT, NONE, X
from theoryck.methods.base import method
from theoryck.methods.moments import MOMENTS, corrected, updated
from theoryck.methods.spectral import divided_by_root, outer


@method(start=lambda x: (x, 0), units={"step": X, "damping": GRADIENT}, constants=("batch",))
def adagrad_norm(state: Any, f: Oracle, *, step: Any, damping: Any = 0, batch: Any = 1) -> Any:
    """Q⁺ = Q + ‖g‖², x⁺ = x − step·g/√(damping² + Q⁺), Q₀ = 0
    [Levy 2017; Ward, Wu, Bottou 2019, whose b₀ is the damping]
    """
    x, total = state
    g = f.sample_grad(x, batch=batch)
    total = total + dot(g, g)
    return x - step * ratio(1, sqrt(damping * damping + total)) * g, total


@method(start=lambda x: (x, x - x), units={"step": X, "damping": GRADIENT}, constants=("batch",))
def adagrad(state: Any, f: Oracle, *, step: Any, damping: Any, batch: Any = 1) -> Any:
    """r⁺ = r + g⊙g, x⁺ = x − step·g/(damping + √r⁺), r₀ = 0, by coordinate
    [Duchi, Hazan, Singer 2011, diagonal]
    """
    x, total = state
    g = f.sample_grad(x, batch=batch)
    total = total + hadamard(g, g)
    return x - step * ratio(g, damping + sqrt(total)), total


@method(start=lambda x: (x, None), units={"step": X, "damping": GRADIENT}, constants=("batch",))
def adagrad_full(state: Any, f: Oracle, *, step: Any, damping: Any, batch: Any = 1) -> Any:
    """S⁺ = S + ggᵀ, x⁺ = x − step·(damping·I + √S⁺)⁻¹g, S₀ = 0
    [Duchi, Hazan, Singer 2011, full matrix]
    """
    x, total = state
    g = f.sample_grad(x, batch=batch)
    product = outer(g, g)
    total = product if total is None else total + product
    return x - step * divided_by_root(total, damping, g), total


@method(
    start=lambda x: (x, x - x),
    units={"step": X, "decay": NONE, "damping": GRADIENT},
    constants=("batch",),
)
def rmsprop(state: Any, f: Oracle, *, step: Any, decay: Any, damping: Any, batch: Any = 1) -> Any:
    """r⁺ = decay·r + (1−decay)·g⊙g, x⁺ = x − step·g/(damping + √r⁺), r₀ = 0, by coordinate
    [Tieleman and Hinton 2012]
    """
    x, average = state
    g = f.sample_grad(x, batch=batch)
    average = decay * average + (1 - decay) * hadamard(g, g)
    return x - step * ratio(g, damping + sqrt(average)), average


@method(
    start=lambda x: (x, x - x, x - x),
    units={"step": X, "damping": GRADIENT, **MOMENTS},
    constants=("batch",),
)
def adam(
    state: Any,
    f: Oracle,
    *,
    step: Any,
    beta1: Any,
    beta2: Any,
    damping: Any,
    batch: Any = 1,
    k: Any,
) -> Any:
    """m⁺ = β₁·m + (1−β₁)·g, v⁺ = β₂·v + (1−β₂)·g⊙g, m̂ = m⁺/(1−β₁^(k+1)),
    v̂ = v⁺/(1−β₂^(k+1)), x⁺ = x − step·m̂/(damping + √v̂), m₀ = v₀ = 0, by coordinate
    [Kingma and Ba 2015]
    """
    x, m, v = state
    m, v = updated(m, v, f.sample_grad(x, batch=batch), beta1, beta2)
    m_hat, v_hat = corrected(m, v, beta1, beta2, k)
    return x - step * ratio(m_hat, damping + sqrt(v_hat)), m, v


@method(
    start=lambda x: (x, x - x, x - x, x - x),
    units={"step": X, "damping": GRADIENT, **MOMENTS},
    constants=("batch",),
)
def amsgrad(
    state: Any,
    f: Oracle,
    *,
    step: Any,
    beta1: Any = Fraction(9, 10),
    beta2: Any = Fraction(999, 1000),
    damping: Any = Fraction(1, 10**8),
    batch: Any = 1,
) -> Any:
    """m⁺ = β₁·m + (1−β₁)·g, v⁺ = β₂·v + (1−β₂)·g⊙g, v̂⁺ = max(v̂, v⁺), v̂₀ = damping²,
    x⁺ = P(x − step·m⁺/√v̂⁺), m₀ = v₀ = 0, by coordinate; P(y) = argmin Σ √v̂⁺ᵢ·(uᵢ − yᵢ)²
    over the feasible set, and y where that is the whole space; β₁ may depend on k
    [Reddi, Kale, Kumar 2018, Algorithm 2]
    """
    x, m, v, v_hat = state
    m, v = updated(m, v, f.sample_grad(x, batch=batch), beta1, beta2)
    v_hat = maximum(v_hat, v)
    root = maximum(damping, sqrt(v_hat))
    return f.project_weighted(x - step * ratio(m, root), root), m, v, v_hat


@method(
    start=lambda x: (x, x - x, x - x),
    units={"step": X, "damping": GRADIENT, **MOMENTS},
    constants=("batch",),
)
def projected_adam(
    state: Any,
    f: Oracle,
    *,
    step: Any,
    beta1: Any = Fraction(9, 10),
    beta2: Any = Fraction(999, 1000),
    damping: Any = Fraction(1, 10**8),
    batch: Any = 1,
) -> Any:
    """amsgrad with v⁺ for v̂⁺: m⁺ = β₁·m + (1−β₁)·g, v⁺ = β₂·v + (1−β₂)·g⊙g,
    x⁺ = P(x − step·m⁺/H), H = max(damping, √v⁺), m₀ = v₀ = 0, by coordinate;
    P(y) = argmin Σ Hᵢ·(uᵢ − yᵢ)² over the feasible set, and y where that is the whole space
    [Reddi, Kale, Kumar 2018, Algorithm 1 with Adam's moments, without a correction for bias]
    """
    x, m, v = state
    m, v = updated(m, v, f.sample_grad(x, batch=batch), beta1, beta2)
    root = maximum(damping, sqrt(v))
    return f.project_weighted(x - step * ratio(m, root), root), m, v


@method(
    start=lambda x: (x, x, None),
    units={"step": X, "retention": NONE, "weight": NONE, "initial": GRADIENT**2},
    constants=("initial", "batch"),
)
def adaptive_metric(
    state: Any,
    f: Oracle,
    *,
    step: Any,
    momentum: Any = 0,
    retention: Any = 1,
    weight: Any = 1,
    initial: Any = 0,
    batch: Any = 1,
) -> Any:
    """x⁺ = x − step·H⁻¹g + momentum·H⁻¹H⁻(x − x⁻), H = √G, G = retention·G⁻ + weight·g⊙g,
    x⁻₀ = x₀ and G⁻₀ = initial, by coordinate; a quotient by 0 is 0

    The uniform framework of the adaptive methods, each without damping (k from 0):

    ========  ==================  =================  ==================  =========  =======
    method    step                momentum           retention           weight     initial
    ========  ==================  =================  ==================  =========  =======
    sgd       γ                   0                  1                   0          1
    momentum  γ                   ρ                  1                   0          1
    adagrad   γ                   0                  1                   1          0
    rmsprop   γ                   0                  τ                   1−τ        0
    adam      γ(1−β₁)/b(k+1)      β₁b(k)/b(k+1)      β₂c(k)/c(k+1)       (1−β₂)/c(k+1)  0
    ========  ==================  =================  ==================  =========  =======

    with b(t) = 1 − β₁^t, c(t) = 1 − β₂^t. Two corrections of the table as the lecture prints it:
    Adam's retention there lacks the factor c(k); and momenta belong to constant γ, else they
    take the factor γ_k/γ_{k−1}.
    [Cevher 2018, Mathematics of Data, Lecture 8, summary of the adaptive methods]
    """
    x, x_previous, before = state
    g = f.sample_grad(x, batch=batch)
    square = weight * hadamard(g, g) + retention * (initial if before is None else before)
    root = sqrt(square)
    following = x - step * ratio(g, root)
    if before is not None:
        following = following + momentum * hadamard(ratio(sqrt(before), root), x - x_previous)
    return following, x, square
