"""Methods that scale their steps by the stochastic gradients seen so far."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from theoryck.algebra import Oracle, Vector, dot, hadamard, maximum, norm, ratio, sqrt
from theoryck.algebra.language import namespace
from theoryck.algebra.units import GRADIENT, NONE, X
from theoryck.errors import UntraceableError
from theoryck.methods.base import method

MOMENTS = {"beta1": NONE, "beta2": NONE}


@method(start=lambda x: (x, 0), units={"step": X, "damping": GRADIENT})
def adagrad_norm(state: Any, f: Oracle, *, step: Any, damping: Any = 0) -> Any:
    """Q⁺ = Q + ‖g‖², x⁺ = x − step·g/√(damping² + Q⁺), Q₀ = 0
    [Levy 2017; Ward, Wu, Bottou 2019, whose b₀ is the damping]
    """
    x, total = state
    g = f.sample_grad(x)
    total = total + dot(g, g)
    return x - step * ratio(1, sqrt(damping * damping + total)) * g, total


@method(start=lambda x: (x, x - x), units={"step": X, "damping": GRADIENT})
def adagrad(state: Any, f: Oracle, *, step: Any, damping: Any) -> Any:
    """r⁺ = r + g⊙g, x⁺ = x − step·g/(damping + √r⁺), r₀ = 0, by coordinate
    [Duchi, Hazan, Singer 2011, diagonal]
    """
    x, total = state
    g = f.sample_grad(x)
    total = total + hadamard(g, g)
    return x - step * ratio(g, damping + sqrt(total)), total


@method(start=lambda x: (x, None), units={"step": X, "damping": GRADIENT})
def adagrad_full(state: Any, f: Oracle, *, step: Any, damping: Any) -> Any:
    """S⁺ = S + ggᵀ, x⁺ = x − step·(damping·I + √S⁺)⁻¹g, S₀ = 0
    [Duchi, Hazan, Singer 2011, full matrix]
    """
    x, total = state
    g = f.sample_grad(x)
    product = _outer(g)
    total = product if total is None else total + product
    return x - step * _precondition(total, damping, g), total


def _outer(g: Any) -> Any:
    xp: Any = namespace(g)
    if isinstance(g, Vector) or xp is None:
        raise UntraceableError(
            "a matrix of gradients is no linear form in them: simulate can run it, pep and derive "
            "need its step stated by an equation"
        )
    return xp.expand_dims(g, axis=-1) * xp.expand_dims(g, axis=-2)


def _precondition(total: Any, damping: Any, g: Any) -> Any:
    # (damping·I + √S)⁻¹g in the eigenvectors of S, and 0 along those where both are 0
    xp: Any = namespace(total)
    eigenvalues, vectors = xp.linalg.eigh(total)
    largest = xp.max(eigenvalues, axis=-1, keepdims=True)
    present = eigenvalues > 1e-14 * largest
    roots = xp.sqrt(xp.where(present, eigenvalues, xp.zeros_like(eigenvalues)))
    coordinates = xp.sum(vectors * xp.expand_dims(g, axis=-1), axis=-2)
    scaled = ratio(coordinates, damping + roots)
    return xp.sum(vectors * xp.expand_dims(scaled, axis=-2), axis=-1)


@method(start=lambda x: (x, x - x), units={"step": X, "decay": NONE, "damping": GRADIENT})
def rmsprop(state: Any, f: Oracle, *, step: Any, decay: Any, damping: Any) -> Any:
    """r⁺ = decay·r + (1−decay)·g⊙g, x⁺ = x − step·g/(damping + √r⁺), r₀ = 0, by coordinate
    [Tieleman and Hinton 2012]
    """
    x, average = state
    g = f.sample_grad(x)
    average = decay * average + (1 - decay) * hadamard(g, g)
    return x - step * ratio(g, damping + sqrt(average)), average


def _moments(m: Any, v: Any, g: Any, beta1: Any, beta2: Any) -> tuple[Any, Any]:
    return beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * hadamard(g, g)


@method(start=lambda x: (x, x - x, x - x), units={"step": X, "damping": GRADIENT, **MOMENTS})
def adam(state: Any, f: Oracle, *, step: Any, beta1: Any, beta2: Any, damping: Any, k: Any) -> Any:
    """m⁺ = β₁·m + (1−β₁)·g, v⁺ = β₂·v + (1−β₂)·g⊙g, m̂ = m⁺/(1−β₁^(k+1)),
    v̂ = v⁺/(1−β₂^(k+1)), x⁺ = x − step·m̂/(damping + √v̂), m₀ = v₀ = 0, by coordinate
    [Kingma and Ba 2015]
    """
    x, m, v = state
    m, v = _moments(m, v, f.sample_grad(x), beta1, beta2)
    m_hat, v_hat = m / (1 - beta1 ** (k + 1)), v / (1 - beta2 ** (k + 1))
    return x - step * ratio(m_hat, damping + sqrt(v_hat)), m, v


@method(
    start=lambda x: (x, x - x, x - x, x - x),
    units={"step": X, "damping": GRADIENT, **MOMENTS},
)
def amsgrad(
    state: Any,
    f: Oracle,
    *,
    step: Any,
    beta1: Any = Fraction(9, 10),
    beta2: Any = Fraction(999, 1000),
    damping: Any = Fraction(1, 10**8),
) -> Any:
    """m⁺ = β₁·m + (1−β₁)·g, v⁺ = β₂·v + (1−β₂)·g⊙g, v̂⁺ = max(v̂, v⁺), v̂₀ = damping²,
    x⁺ = x − step·m⁺/√v̂⁺, m₀ = v₀ = 0, by coordinate        [Reddi, Kale, Kumar 2018]
    """
    x, m, v, v_hat = state
    m, v = _moments(m, v, f.sample_grad(x), beta1, beta2)
    v_hat = maximum(v_hat, v)
    return x - step * ratio(m, maximum(damping, sqrt(v_hat))), m, v, v_hat


@method(
    start=lambda x: (x, x - x, x - x),
    units={"step": NONE, "damping": GRADIENT, "decay": X**-1, **MOMENTS},
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
    k: Any,
) -> Any:
    """r = m̂/(√v̂ + damping) with adam's m̂ and v̂, u = r + decay·x, x⁺ = x − step·‖x‖/‖u‖·u,
    all of x one layer and φ the identity        [You et al. 2020, Algorithm 2]
    """
    x, m, v = state
    m, v = _moments(m, v, f.sample_grad(x), beta1, beta2)
    m_hat, v_hat = m / (1 - beta1 ** (k + 1)), v / (1 - beta2 ** (k + 1))
    u = ratio(m_hat, damping + sqrt(v_hat)) + decay * x
    return x - step * ratio(norm(x), norm(u)) * u, m, v


@method(start=lambda x: (x, x, x, 0, 0), units={"D": X, "G": GRADIENT}, constants=("D", "G"))
def accelegrad(state: Any, f: Oracle, *, D: Any, G: Any, k: Any) -> Any:
    """α = (k+1)/4, y⁺ = u − η·g, z⁺ = P(z − α·η·g) with u = z/α + (1 − 1/α)·y,
    g = ∇f(u), η = 2D/√(G² + Σα²‖g‖²); x⁺ is the average of the y⁺ with weights α
    [Levy, Yurtsever, Cevher 2018; P projects on the feasible set, of diameter D]
    """
    average, y, z, weights, total = state
    alpha = (k + 1) * (D / D) / 4  # D/D is the one of the number system of the arguments
    u = z / alpha + (1 - 1 / alpha) * y
    g = f.grad(u)
    total = total + alpha * alpha * dot(g, g)
    eta = 2 * D * ratio(1, sqrt(G * G + total))
    y, z = u - eta * g, f.project(z - alpha * eta * g, diameter=D)
    average = (weights * average + alpha * y) / (weights + alpha)
    return average, y, z, weights + alpha, total
