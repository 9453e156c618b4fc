"""(L0, L1)-smooth functions: ‖∇²f(x)‖ ≤ L0 + L1‖∇f(x)‖, though no L bounds the Hessian.

Sums over coordinates f(x) = Σ h(x_i) inherit the pair of h: ‖∇²f(x)‖ = |h''(x_j)| for some j, at
most L0 + L1·|h'(x_j)|, and |h'(x_j)| ≤ ‖∇f(x)‖.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from theoryck.algebra import NumberSystem, dot
from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, ExactProblem, Functions, Problem, shown
from theoryck.simulate.problems.parameters import rational, settle
from theoryck.simulate.problems.second_order import diagonal


def _check(l0: Fraction, l1: Fraction, size: int) -> None:
    if l0 <= 0 or l1 <= 0 or size < 1:
        raise SimulationError("L0 > 0, L1 > 0 and size >= 1 expected")


@dataclass(frozen=True)
class HyperbolicCosine(Problem):
    """f(x) = (L0/L1²)·Σ(cosh(L1·x_i) − 1).

    h'' = L0·cosh(L1 t) ≤ L0·(1 + |sinh(L1 t)|) = L0 + L1·|h'|, since cosh² = 1 + sinh². Neither
    constant can be smaller: h''(0) = L0 with h'(0) = 0, and h''/|h'| tends to L1.
    """

    l0: Fraction
    l1: Fraction
    size: int = 1

    def __post_init__(self) -> None:
        settle(self, numbers=("l0", "l1"), counts=("size",))
        _check(self.l0, self.l1, self.size)

    @property
    def dimension(self) -> int:
        return self.size

    def describe(self) -> str:
        return (
            f"the sum of cosh(({shown(self.l1)})*x_i) in {self.size} dimensions, with curvature "
            f"{shown(self.l0)} at 0"
        )

    def constants(self) -> Constants:
        return Constants(lower=self.l0, l0_l1=(self.l0, self.l1), nonnegative=True)

    def scaled(self, factor: Fraction) -> HyperbolicCosine:
        return replace(self, l1=self.l1 / factor)

    def on(self, backend: Backend) -> Functions:
        xp, l0, l1 = backend.xp, float(self.l0), float(self.l1)
        return Functions(
            self.size,
            # cosh t − 1 = 2 sinh²(t/2), without cancellation
            value=lambda x: (
                2 * l0 / l1**2 * xp.sum(xp.sinh(l1 * x / 2) ** 2, axis=-1, keepdims=True)
            ),
            gradient=lambda x: l0 / l1 * xp.sinh(l1 * x),
            f_star=0.0,
            x_star=backend.asarray([0.0] * self.size),
            **diagonal(backend, self.size, lambda x: l0 * xp.cosh(l1 * x)),
        )


@dataclass(frozen=True)
class QuadraticExponential(Problem):
    """f(x) = Σ h(x_i), h(t) = L0·t²/2 + L0/(2 L1²) for |t| ≤ 1/L1, (L0/L1²)·exp(L1|t| − 1) beyond.

    Zhang, He, Sra and Jadbabaie 2020, proof of Theorem 4: with a fixed step gradient descent
    diverges from where ‖∇f‖ = M unless the step is of the order of 1/(L1·M). Value, slope and
    curvature of the two pieces agree at |t| = 1/L1: L0/L1², L0/L1 and L0. Inside, h'' = L0;
    outside, h'' = L1·|h'|; so h'' ≤ max(L0, L1|h'|), and f is (L0, L1)-smooth. As h'' ≥ L0, it is
    L0-strongly convex.
    """

    l0: Fraction
    l1: Fraction
    size: int = 1

    def __post_init__(self) -> None:
        settle(self, numbers=("l0", "l1"), counts=("size",))
        _check(self.l0, self.l1, self.size)

    @property
    def dimension(self) -> int:
        return self.size

    def describe(self) -> str:
        return (
            f"the sum of exp(({shown(self.l1)})*|x_i|) in {self.size} dimensions, with a quadratic "
            f"of curvature {shown(self.l0)} around 0"
        )

    def constants(self) -> Constants:
        return Constants(lower=self.l0, l0_l1=(self.l0, self.l1), nonnegative=True)

    def scaled(self, factor: Fraction) -> QuadraticExponential:
        return replace(self, l1=self.l1 / factor)

    def on(self, backend: Backend) -> Functions:
        xp, l0, l1 = backend.xp, float(self.l0), float(self.l1)

        def split(x: Any) -> tuple[Any, Any, Any]:
            t = l1 * xp.abs(x)
            return t <= 1, t, xp.exp(xp.where(t <= 1, xp.ones_like(t), t) - 1)

        def value(x: Any) -> Any:
            near, t, grown = split(x)
            heights = xp.where(near, 0.5 * t * t + 0.5, grown)
            return l0 / l1**2 * xp.sum(heights, axis=-1, keepdims=True)

        def gradient(x: Any) -> Any:
            near, t, grown = split(x)
            return l0 / l1 * xp.sign(x) * xp.where(near, t, grown)

        return Functions(
            self.size,
            value=value,
            gradient=gradient,
            f_star=self.size * l0 / (2 * l1**2),
            x_star=backend.asarray([0.0] * self.size),
            # in the near piece the exponential stands at exp(0)
            **diagonal(backend, self.size, lambda x: l0 * split(x)[2]),
        )


def _power_pair(scale: Fraction, half: int, l1: Fraction) -> tuple[Fraction, Fraction]:
    """(L0, L1) for h' = c·t^(2p−1), h'' = c·(2p−1)·t^(2p−2), p > 1, and any L1 > 0.

    The largest value of (2p−1)·t^(2p−2) − L1·t^(2p−1) over t ≥ 0 is at t = (2p−2)/L1, where it
    is t^(2p−2); hence h'' ≤ L0 + L1·|h'| if and only if L0 ≥ c·((2p−2)/L1)^(2p−2).
    """
    return scale * ((2 * half - 2) / l1) ** (2 * half - 2), l1


def _check_power(half: int, scale: Fraction, l1: Fraction, size: int) -> None:
    if half < 2:
        raise SimulationError(f"an even power of at least 4 expected, got {2 * half}")
    if scale <= 0 or l1 <= 0 or size < 1:
        raise SimulationError("scale > 0, L1 > 0 and size >= 1 expected")


@dataclass(frozen=True)
class EvenPower(ExactProblem):
    """f(x) = (c/2p)·Σ x_i^(2p), p ≥ 2: convex, with L0 = c·((2p−2)/L1)^(2p−2) for every L1 > 0.

    Args:
        half: p.
        scale: c.
        l1: of the pairs (L0, L1) that f has the one that is stated.
    """

    half: int
    scale: Fraction
    l1: Fraction
    size: int = 1

    def __post_init__(self) -> None:
        settle(self, numbers=("scale", "l1"), counts=("half", "size"))
        _check_power(self.half, self.scale, self.l1, self.size)

    @property
    def dimension(self) -> int:
        return self.size

    def describe(self) -> str:
        power = 2 * self.half
        term = f"x**{power}" if self.size == 1 else f"sum(x_i**{power})"
        return f"{shown(self.scale)}*{term}/{power}"

    def constants(self) -> Constants:
        pair = _power_pair(self.scale, self.half, self.l1)
        return Constants(lower=Fraction(0), l0_l1=pair, nonnegative=True)

    def scaled(self, factor: Fraction) -> EvenPower:
        power = 2 * self.half - 2
        return replace(self, scale=self.scale / factor**power, l1=self.l1 / factor)

    def on(self, backend: Backend) -> Functions:
        xp, p, scale = backend.xp, self.half, float(self.scale)

        def value(x: Any) -> Any:
            return scale / (2 * p) * xp.sum(x ** (2 * p), axis=-1, keepdims=True)

        return Functions(
            self.size,
            value=value,
            gradient=lambda x: scale * x ** (2 * p - 1),
            f_star=0.0,
            x_star=backend.asarray([0.0] * self.size),
            **diagonal(backend, self.size, lambda x: scale * (2 * p - 1) * x ** (2 * p - 2)),
        )

    def exact_value(self, x: tuple[Any, ...], numbers: NumberSystem) -> Any:
        total = numbers.integer(0)
        for t in x:
            total = total + t ** (2 * self.half)
        return numbers.rational(self.scale / (2 * self.half)) * total

    def exact_gradient(self, x: tuple[Any, ...], numbers: NumberSystem) -> tuple[Any, ...]:
        scale = numbers.rational(self.scale)
        return tuple(scale * t ** (2 * self.half - 1) for t in x)

    def data(self) -> dict[str, Any]:
        return {"kind": "even power", "power": str(2 * self.half), "scale": str(self.scale)}


@dataclass(frozen=True)
class NormPower(Problem):
    """f(x) = (c/2p)·‖x‖^(2p), p ≥ 2, with the same pairs (L0, L1) as :class:`EvenPower`.

    ∇f = c‖x‖^(2p−2)·x; the Hessian has the eigenvalues c(2p−1)‖x‖^(2p−2) along x and c‖x‖^(2p−2)
    across, so that the bound is that of t = ‖x‖ on a line.
    """

    half: int
    scale: Fraction
    l1: Fraction
    size: int = 2

    def __post_init__(self) -> None:
        settle(self, numbers=("scale", "l1"), counts=("half", "size"))
        _check_power(self.half, self.scale, self.l1, self.size)

    @property
    def dimension(self) -> int:
        return self.size

    def describe(self) -> str:
        return f"{shown(self.scale)}*norm(x)**{2 * self.half}/{2 * self.half}"

    def constants(self) -> Constants:
        pair = _power_pair(self.scale, self.half, self.l1)
        return Constants(lower=Fraction(0), l0_l1=pair, nonnegative=True)

    def scaled(self, factor: Fraction) -> NormPower:
        power = 2 * self.half - 2
        return replace(self, scale=self.scale / factor**power, l1=self.l1 / factor)

    def on(self, backend: Backend) -> Functions:
        xp, p, scale = backend.xp, self.half, float(self.scale)
        identity = xp.eye(self.size, dtype=xp.float64)

        def hessian(x: Any) -> Any:
            square = xp.expand_dims(dot(x, x), axis=-1)
            outer = xp.expand_dims(x, axis=-1) * xp.expand_dims(x, axis=1)
            return scale * square ** (p - 2) * (square * identity + (2 * p - 2) * outer)

        def product(x: Any, v: Any) -> Any:
            square = dot(x, x)
            return scale * square ** (p - 2) * (square * v + (2 * p - 2) * dot(x, v) * x)

        return Functions(
            self.size,
            value=lambda x: scale / (2 * p) * dot(x, x) ** p,
            gradient=lambda x: scale * dot(x, x) ** (p - 1) * x,
            f_star=0.0,
            x_star=backend.asarray([0.0] * self.size),
            hessian=hessian,
            hessian_vector=product,
        )


def l0_l1_problems(
    l0: Fraction, l1: Fraction
) -> Iterator[tuple[Problem, tuple[Fraction, ...], bool]]:
    """Problems with just this pair of constants, each with a start relative to x* and whether it
    is to be scaled with it: the telling ones for methods with fixed steps first.

    Raises:
        SimulationError: a constant is not positive.
    """
    l0, l1 = rational(l0, "L0"), rational(l1, "L1")
    _check(l0, l1, 1)
    for far in (Fraction(3), Fraction(6), Fraction(1, 2)):
        yield QuadraticExponential(l0, l1), (far / l1,), False
        yield HyperbolicCosine(l0, l1), (far / l1,), False
    for half in (2, 3):
        scale = l0 * (l1 / (2 * half - 2)) ** (2 * half - 2)
        for far in (Fraction(4), Fraction(1)):
            yield EvenPower(half, scale, l1), (far / l1,), False
    yield QuadraticExponential(l0, l1, 3), (5 / l1, 1 / l1, -1 / (4 * l1)), False
    yield NormPower(2, l0 * (l1 / 2) ** 2, l1, 3), (3 / l1, -2 / l1, 1 / l1), False
