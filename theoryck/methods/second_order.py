"""Methods that find points where no direction curves downwards, from second derivatives."""

from __future__ import annotations

from typing import Any

from theoryck.algebra import Oracle, cases, dot, norm, ratio, sqrt
from theoryck.algebra.language import namespace
from theoryck.algebra.roots import concave_root
from theoryck.algebra.units import CURVATURE, NONE, X
from theoryck.methods.base import method
from theoryck.methods.spectral import back, eigenvectors, into
from theoryck.methods.whole import whole

HESSIAN_LIPSCHITZ = CURVATURE / X
EXHAUSTED = 1e-10  # of the largest image: a shorter remainder is rounding


@method(units={"M": HESSIAN_LIPSCHITZ})
def cubic_regularization(x: Any, f: Oracle, *, M: Any) -> Any:
    """x⁺ = argmin_u ⟨∇f(x), u − x⟩ + ½⟨∇²f(x)(u − x), u − x⟩ + M/6·‖u − x‖³
    [Nesterov and Polyak 2006; M at least the Lipschitz constant of the Hessian]
    """
    return x + _cubic_step(f.grad(x), f.hessian(x), M)


def _cubic_step(g: Any, hessian: Any, M: Any) -> Any:
    """argmin_h ⟨g, h⟩ + ½⟨Hh, h⟩ + M/6·‖h‖³.

    The global minimisers are h = −(H + μI)⁻¹g with μ = M‖h‖/2 ≥ −λ_min (Nesterov and Polyak
    2006, Section 5); with μ = μ₀ + t, μ₀ = max(0, −λ_min), the equation ‖h(t)‖ = 2μ/M is solved
    as 1/‖h(t)‖ − M/(2μ) = 0, which increases with t and is concave. In the hard case ‖h(0)‖ is
    too short, and a part along the lowest eigenvector is added.
    """
    xp: Any = namespace(g)
    values, vectors = eigenvectors(hessian)
    along = into(vectors, g)
    least = values[..., :1]
    base = xp.where(least < 0, -least, xp.zeros_like(least))
    gaps = values + base

    def difference(t: Any) -> tuple[Any, Any]:
        h = ratio(along, gaps + t)
        length, mu = norm(h), base + t
        slope = ratio(dot(h, ratio(h, gaps + t)), length**3) + ratio(M / 2, mu * mu)
        inverse = xp.where(length == 0, xp.full_like(length, xp.inf), ratio(1, length))
        return inverse - ratio(M / 2, mu), slope

    # every |c|/(δ + t) = 2(μ₀ + t)/M alone has its root on the left of the whole equation's
    room = M / 2 * xp.abs(along) - gaps * base
    root = sqrt((gaps - base) ** 2 + 2 * M * xp.abs(along))
    lowest = xp.max(ratio(2 * room, gaps + base + root), axis=-1, keepdims=True)
    t = concave_root(difference, xp.where(lowest > 0, lowest, xp.zeros_like(lowest)))
    h = -ratio(along, gaps + t)
    missing = (2 * base / M) ** 2 - dot(h, h)
    hard = (t == 0) & (missing > 0)
    extra = sqrt(xp.where(hard, missing, xp.zeros_like(missing)))
    return back(vectors, h) + extra * _oriented(vectors[..., :, 0])


def _oriented(v: Any) -> Any:
    # both signs give a minimiser: the one that depends on no library's choice
    xp: Any = namespace(v)
    largest = xp.max(xp.abs(v), axis=-1, keepdims=True)
    sign = xp.sum(xp.where(xp.abs(v) == largest, xp.sign(v), xp.zeros_like(v)), axis=-1)
    return cases(xp.expand_dims(sign, axis=-1) < 0, -v, v)


@method(
    units={"L": CURVATURE, "rho": HESSIAN_LIPSCHITZ, "iterations": NONE},
    constants=("iterations",),
)
def negative_curvature_descent(x: Any, f: Oracle, *, L: Any, rho: Any, iterations: Any) -> Any:
    """x⁺ = x − 2|c|/ρ·sign(⟨v, ∇f(x)⟩)·v where c = ⟨v, ∇²f(x)v⟩ < 0 promises more than the
    gradient, 2|c|³/(3ρ²) > ‖∇f(x)‖²/(2L), and else x⁺ = x − ∇f(x)/L; the unit vector v is of
    ``iterations`` steps of Lanczos on ∇²f(x) from a random start, by products ∇²f(x)v only
    [Carmon, Duchi, Hinder, Sidford 2018, negative curvature descent; Liu, Li, Wang, Yi, Yang
    2018, who choose between it and the gradient step by what they promise]
    """
    start = f.noise(x, "sphere")
    v = _lowest(f, x, start, whole("iterations", iterations))
    xp: Any = namespace(x)
    g = f.grad(x)
    curvature = dot(v, f.hessian_vector(x, v))
    depth = xp.where(curvature < 0, -curvature, xp.zeros_like(curvature))
    uphill = cases(dot(v, g) < 0, -v, v)
    promised = 2 * depth**3 / (3 * rho * rho) > dot(g, g) / (2 * L)
    return x - cases(promised, 2 * depth / rho * uphill, g / L)


def _lowest(f: Oracle, x: Any, start: Any, iterations: int) -> Any:
    """The unit vector of the Krylov space of a unit vector along which ∇²f(x) is least.

    Lanczos with its vectors kept orthogonal, and the whole projected matrix in place of the
    tridiagonal one: the same in exact numbers, and safe in rounded ones.
    """
    xp: Any = namespace(x)
    q, basis, images, largest = start, [], [], xp.zeros_like(start[..., :1])
    for _ in range(min(iterations, x.shape[-1])):
        basis.append(q)
        images.append(f.hessian_vector(x, q))
        rest = images[-1]
        largest = xp.maximum(largest, norm(rest))
        for _ in range(2):  # once leaves rounding errors of the size of what it removes
            for p in basis:
                rest = rest - dot(p, rest) * p
        length = norm(rest)
        q = cases(length > EXHAUSTED * largest, ratio(1, length) * rest, xp.zeros_like(rest))
    span, image = xp.stack(basis, axis=-2), xp.stack(images, axis=-2)
    projected = span @ xp.matrix_transpose(image)
    _, vectors = eigenvectors((projected + xp.matrix_transpose(projected)) / 2)
    v = xp.sum(xp.expand_dims(vectors[..., :, 0], axis=-1) * span, axis=-2)
    v = ratio(1, norm(v)) * v
    return cases(dot(v, start) < 0, -v, v)
