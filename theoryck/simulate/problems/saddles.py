"""The chain of saddles on which gradient descent takes exponential time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from theoryck.simulate.backend import Backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.problems.base import Constants, Functions, Problem, shown
from theoryck.simulate.problems.parameters import settle
from theoryck.simulate.problems.second_order import columnwise

S1, S2 = Fraction(15, 8), Fraction(57736, 10000)  # above max s' = 15/8 and max |s''| = 10/√3


@dataclass(frozen=True)
class SaddleChain(Problem):
    """The octopus of Du, Jin, Lee, Jordan, Póczos and Singh 2017, Section 4, on all of ℝ^d.

    In each coordinate let a = |x_i|, and s rise from 0 at τ to 1 at 2τ as 10t³ − 15t⁴ + 6t⁵,
    t = a/τ − 1. With x_0 standing for a point beyond 2τ,

        f(x) = Σ_i (1 − s(x_{i−1}))·L·x_i² + s(x_{i−1})·h(x_i),

        h(a) = −γa²                                                        a ≤ τ
               −γa² + (10γ − 14L)/(3τ)·(a − τ)³ + (5L − 3γ)/(2τ²)·(a − τ)⁴    τ ≤ a ≤ 2τ
               L(a − 4τ)² − ν                                            2τ ≤ a ≤ 6τ

    with ν = (37L + 13γ)τ²/6. On the paper's region, where x_1, …, x_{i−1} are between 2τ and 6τ,
    x_i is up to 2τ and the others up to τ, these are its equations, mirrored in every coordinate.
    The paper extends f by a theorem of Whitney; here the formula is the extension, where beyond
    6τ the slope of h − La² goes from −8Lτ to 0 along 1 − 3t² + 2t³, t = (a − 6τ)/(4τ).

    f is twice continuously differentiable. h decreases from 0 to 4τ and increases after, so every
    term is at least −ν: f* = −dν, where all |x_i| = 4τ. h − La² ≤ 0 and s' ≥ 0, so that ∂f/∂x_1
    vanishes only at |x_1| = 0 and 4τ. At 0 the Hessian's first diagonal entry is −2γ; at 4τ the
    same holds for x_2, and so on: every stationary point is a minimiser or has
    λ_min(∇²f) ≤ −2γ.

    Gradient descent from near 0 passes the saddles one by one. While x_i grows by the factor
    1 + 2ηγ a step, x_{i+1} shrinks by 1 − 2ηL, and so has the longer a way to grow: the k-th saddle
    takes of the order of ((L + γ)/γ)^k steps.

    Args:
        size: d, the number of saddles to pass.
        stable: L.
        unstable: γ.
        width: τ.
    """

    size: int
    stable: Fraction = Fraction(1)
    unstable: Fraction = Fraction(1)
    width: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        settle(self, numbers=("stable", "unstable", "width"), counts=("size",))
        if self.size < 1:
            raise SimulationError(f"at least one coordinate expected, got {self.size}")
        if min(self.stable, self.unstable, self.width) <= 0:
            raise SimulationError(
                f"L > 0, gamma > 0 and tau > 0 expected, got L = {self.stable}, "
                f"gamma = {self.unstable} and tau = {self.width}"
            )

    @property
    def dimension(self) -> int:
        return self.size

    def describe(self) -> str:
        return (
            f"a chain of {self.size} saddles, curvatures {shown(2 * self.stable)} and "
            f"{shown(-2 * self.unstable)}"
        )

    def depth(self) -> Fraction:
        """ν, by which f falls from one saddle to the next."""
        return (37 * self.stable + 13 * self.unstable) * self.width**2 / 6

    def constants(self) -> Constants:
        """A row of the Hessian has h''-like, s''·(h − La²) and two s'·(h' − 2La) as its entries.

        h'' is extreme at 0, where it is −2γ, or at its stationary point between τ and 2τ, or
        beyond 6τ, where it is at most 2L + 3L; h − La² falls by 48Lτ² + ν at most; and
        −(h' − 2La)/τ = L(2 + 2t + 14t² − 10t³) + γ(2 + 2t − 10t² + 6t³) is at most 8L + 2.2γ.
        By Gershgorin's theorem no eigenvalue is further from a diagonal entry than its row's rest.

        With w = h − La² the third derivative along a unit vector u is the sum over i of
        (s·w‴ + s‴·w)·u_i³ + 3s″w′·u_i²u_{i+1} + 3s′w″·u_i u_{i+1}², and the sum of each product
        of three u's is at most 1. Between τ and 2τ, τw‴ goes from 20γ − 28L to 32L − 16γ; beyond
        6τ, |w‴| ≤ 3L/τ; |s‴| ≤ 60/τ³. Of a symmetric form the norm is its largest value on one
        vector.
        """
        rate, drop, tau = self.stable, self.unstable, self.width
        slope, bend = 20 * drop - 28 * rate, 30 * rate - 18 * drop
        at = -slope / (2 * bend) if bend else Fraction(0)
        between = -2 * drop + slope * at + bend * at * at if 0 < at < 1 else Fraction(0)
        low, high = max(2 * drop, -between), max(5 * rate, between)
        beside, third = Fraction(0), max(abs(slope), abs(slope + 2 * bend), 3 * rate) / tau
        if self.size > 1:
            falls = 48 * rate * tau**2 + self.depth()
            # the first row has no predecessor, the last no successor
            neighbours = 1 if self.size == 2 else 2
            steep = (8 * rate + Fraction(11, 5) * drop) * tau
            beside = S2 / tau**2 * falls + neighbours * S1 / tau * steep
            bent = max(high - 2 * rate, low + 2 * rate)
            third += 60 / tau**3 * falls + 3 * S2 / tau**2 * steep + 3 * S1 / tau * bent
        return Constants(lower=-low - beside, upper=high + beside, hessian=third)

    def scaled(self, factor: Fraction) -> SaddleChain:
        return replace(self, width=self.width * factor)

    def on(self, backend: Backend) -> Functions:
        xp, d = backend.xp, self.size
        chain = _Chain(xp, float(self.stable), float(self.unstable), float(self.width))

        def before(x: Any, entries: Any, first: float) -> Any:
            """Those entries one coordinate on, with ``first`` in front."""
            return xp.concat([xp.full_like(x[:, :1], first), entries[:, :-1]], axis=1)

        def after(x: Any, entries: Any) -> Any:
            """Those entries one coordinate back, with 0 at the end."""
            return xp.concat([entries[:, 1:], xp.zeros_like(x[:, :1])], axis=1)

        def parts(x: Any) -> tuple[Any, Any]:
            a = xp.abs(x)
            return chain.gate(a), chain.well(a)

        def value(x: Any) -> Any:
            (s, _, _), (w, _, _) = parts(x)
            terms = chain.stable * x * x + before(x, s, 1.0) * w
            return xp.sum(terms, axis=-1, keepdims=True)

        def gradient(x: Any) -> Any:
            (s, ds, _), (w, dw, _) = parts(x)
            inner = before(x, s, 1.0) * dw + ds * after(x, w)
            return 2 * chain.stable * x + xp.sign(x) * inner

        def product(x: Any, v: Any) -> Any:
            (s, ds, dds), (w, dw, ddw) = parts(x)
            own = 2 * chain.stable + before(x, s, 1.0) * ddw + dds * after(x, w)
            # s' is 0 near 0 and so is h' − 2La at 0: the signs are smooth where they matter
            turned = xp.sign(x) * v
            cross = ds * after(x, dw * turned) + dw * before(x, ds * turned, 0.0)
            return own * v + xp.sign(x) * cross

        return Functions(
            dimension=d,
            value=value,
            gradient=gradient,
            f_star=-d * float(self.depth()),
            x_star=backend.asarray([4 * float(self.width)] * d, what="minimiser"),
            **columnwise(backend, d, product),
        )


@dataclass(frozen=True)
class _Chain:
    """s and w = h − La² with their first two derivatives in a ≥ 0, coordinate by coordinate."""

    xp: Any
    stable: float
    unstable: float
    width: float

    def gate(self, a: Any) -> tuple[Any, Any, Any]:
        xp, tau = self.xp, self.width
        t = xp.clip(a / tau - 1, 0.0, 1.0)
        s = t**3 * (10 - 15 * t + 6 * t * t)
        return s, 30 * (t * (1 - t)) ** 2 / tau, 60 * t * (1 - t) * (1 - 2 * t) / tau**2

    def well(self, a: Any) -> tuple[Any, Any, Any]:
        xp, rate, drop, tau = self.xp, self.stable, self.unstable, self.width
        cube, fourth = (10 * drop - 14 * rate) / (3 * tau), (5 * rate - 3 * drop) / (2 * tau**2)
        depth = (37 * rate + 13 * drop) * tau**2 / 6
        u = xp.clip(a, 0.0, 2 * tau) - tau
        u = xp.where(u > 0, u, xp.zeros_like(u))
        t = xp.clip((a - 6 * tau) / (4 * tau), 0.0, 1.0)
        near, total = a <= 2 * tau, rate + drop
        within = xp.where(a <= 6 * tau, a, xp.full_like(a, 6 * tau))
        linear = -8 * rate * tau * within + 16 * rate * tau**2 - depth
        tail = -32 * rate * tau**2 * (t - t**3 + 0.5 * t**4)
        value = xp.where(near, -total * a * a + u**3 * (cube + fourth * u), linear + tail)
        slope = xp.where(
            near,
            -2 * total * a + u * u * (3 * cube + 4 * fourth * u),
            -8 * rate * tau * (1 - t * t * (3 - 2 * t)),
        )
        bend = xp.where(
            near, -2 * total + u * (6 * cube + 12 * fourth * u), 12 * rate * t * (1 - t)
        )
        return value, slope, bend
