"""Functions on the line that belong to some classes and not to others.

Each example says of which classes it is a member, under which condition on their constants, and
why, by an argument that can be followed on paper. Whether it violates another assumption is
computed, see :mod:`theoryck.derive.implications.definitions`. All its multiples and dilations
a*f(s*u) are tried, so that the constants below can be 1 where possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Member:
    """The example is in the class where ``condition`` (on the class's constants) holds."""

    condition: str
    because: str


@dataclass(frozen=True)
class Draw:
    """With this probability the stochastic gradient deviates by ``deviation`` (text in u)."""

    probability: Fraction
    deviation: str


@dataclass(frozen=True)
class Example:
    """A function of u with its two derivatives, as claim expressions.

    ``minimum`` and ``distance`` (to the minimisers) are None where there is no minimiser;
    ``bend`` is None where the second derivative does not exist everywhere. ``constants``: at
    which constants of its classes the example is extreme. ``points``: where to look beside the
    usual points.
    """

    value: str
    slope: str
    bend: str | None
    minimum: str | None
    distance: str | None
    members: Mapping[str, Member]
    constants: tuple[Fraction, ...] = (Fraction(1),)
    points: tuple[Fraction, ...] = ()
    noise: tuple[Draw, ...] = ()


def _with(example: Example, *noise: Draw, members: Mapping[str, Member]) -> Example:
    """The example with a stochastic oracle."""
    return Example(
        example.value,
        example.slope,
        example.bend,
        example.minimum,
        example.distance,
        {**example.members, **members},
        example.constants,
        example.points,
        noise,
    )


ALWAYS = "1 == 1"
NO_BEND = "the second derivative is 0"

PARABOLA = Example(
    "u**2/2",
    "u",
    "1",
    "0",
    "abs(u)",
    {
        "convex": Member(ALWAYS, "f'' = 1 >= 0"),
        "strongly_convex": Member("mu <= 1", "f'' = 1 >= mu"),
        "weakly_convex": Member("rho >= -1", "f'' = 1 >= -rho"),
        "smooth": Member("L >= 1", "f'' = 1 <= L"),
        "quadratic": Member(ALWAYS, "by definition"),
        "l0_l1_smooth": Member("L0 >= 1 and L1 >= 0", "f'' = 1 <= L0"),
        "hessian_lipschitz": Member("rho >= 0", "f'' is constant"),
        "pl": Member("mu <= 1", "u**2/2 >= mu*u**2/2"),
        "error_bound": Member("delta <= 2", "u**2 >= delta*u**2/2"),
        "kl": Member("alpha == 1/2 and c**2 <= 2", "abs(u) >= c*sqrt(u**2/2)"),
        "quadratic_growth": Member("mu <= 1", "u**2/2 >= mu/2*u**2"),
    },
    constants=(Fraction(1), Fraction(2)),
)

CAP = Example(
    "-u**2/2",
    "-u",
    "-1",
    None,
    None,
    {
        "weakly_convex": Member("rho >= 1", "f'' = -1 >= -rho"),
        "smooth": Member("L >= 1", "abs(f'') = 1 <= L"),
        "quadratic": Member(ALWAYS, "by definition"),
        "l0_l1_smooth": Member("L0 >= 1 and L1 >= 0", "abs(f'') = 1 <= L0"),
        "hessian_lipschitz": Member("rho >= 0", "f'' is constant"),
    },
)

CUBIC = Example(
    "u**3/6",
    "u**2/2",
    "u",
    None,
    None,
    {"hessian_lipschitz": Member("rho >= 1", "f'' = u has slope 1")},
)

LINEAR = Example(
    "u",
    "1",
    "0",
    None,
    None,
    {
        "convex": Member(ALWAYS, NO_BEND),
        "weakly_convex": Member("rho >= 0", NO_BEND),
        "smooth": Member("L >= 0", NO_BEND),
        "quadratic": Member(ALWAYS, "by definition"),
        "l0_l1_smooth": Member("L0 >= 0 and L1 >= 0", NO_BEND),
        "hessian_lipschitz": Member("rho >= 0", NO_BEND),
        "lipschitz": Member("G >= 1", "f' = 1 <= G"),
    },
)

ROOT = Example(
    "sqrt(1 + u**2)",
    "u/sqrt(1 + u**2)",
    "1/((1 + u**2)*sqrt(1 + u**2))",
    "1",
    "abs(u)",
    {
        "convex": Member(ALWAYS, "f'' = (1 + u**2)**(-3/2) > 0"),
        "weakly_convex": Member("rho >= 0", "f'' = (1 + u**2)**(-3/2) > 0"),
        "smooth": Member("L >= 1", "0 < f'' <= 1"),
        "l0_l1_smooth": Member("L0 >= 1 and L1 >= 0", "0 < f'' <= 1"),
        "hessian_lipschitz": Member(
            "rho >= 3", "abs(f''') = 3*abs(u)*(1 + u**2)**(-5/2) <= 3*(1 + u**2)**(-2) <= 3"
        ),
        "lipschitz": Member("G >= 1", "abs(u) <= sqrt(1 + u**2)"),
    },
    constants=(Fraction(1), Fraction(3)),
)

WAVE = Example(
    "1 - cos(u)",
    "sin(u)",
    "cos(u)",
    "0",
    None,
    {
        "weakly_convex": Member("rho >= 1", "f'' = cos(u) >= -1"),
        "smooth": Member("L >= 1", "abs(cos(u)) <= 1"),
        "l0_l1_smooth": Member("L0 >= 1 and L1 >= 0", "abs(cos(u)) <= 1"),
        "hessian_lipschitz": Member("rho >= 1", "abs(f''') = abs(sin(u)) <= 1"),
        "lipschitz": Member("G >= 1", "abs(sin(u)) <= 1"),
    },
)

ABSOLUTE = Example(
    "abs(u)",
    "sign(u)",
    None,
    "0",
    "abs(u)",
    {
        "convex": Member(ALWAYS, "the maximum of two linear functions"),
        "weakly_convex": Member("rho >= 0", "it is convex"),
        "lipschitz": Member("G >= 1", "its subgradients lie in [-1, 1]"),
    },
)

FLAT_PARABOLA = Example(
    "max(abs(u) - 1, 0)**2/2",
    "sign(u)*max(abs(u) - 1, 0)",
    None,
    "0",
    "max(abs(u) - 1, 0)",
    {
        "convex": Member(ALWAYS, "f' is nondecreasing"),
        "weakly_convex": Member("rho >= 0", "it is convex"),
        "smooth": Member("L >= 1", "f' has slopes 0 and 1"),
        "pl": Member("mu <= 1", "f'**2/2 = f"),
        "error_bound": Member("delta <= 2", "f'**2 = 2*f"),
        "kl": Member("alpha == 1/2 and c**2 <= 2", "abs(f') = sqrt(2*f)"),
        "quadratic_growth": Member("mu <= 1", "f is half the squared distance to [-1, 1]"),
    },
    constants=(Fraction(1), Fraction(2)),
)

KINKED = Example(
    "max(abs(u)/2, u**2/2)",
    "sign(u)*max(1/2, abs(u)*(1 + sign(abs(u) - 1))/2)",
    None,
    "0",
    "abs(u)",
    {
        "convex": Member(ALWAYS, "the maximum of convex functions"),
        "weakly_convex": Member("rho >= 0", "it is convex"),
        "quadratic_growth": Member("mu <= 1", "f >= u**2/2"),
    },
    points=(Fraction(99, 100), Fraction(9, 10), Fraction(7, 10), Fraction(3, 10)),
)

QUARTIC = Example(
    "u**4",
    "4*u**3",
    "12*u**2",
    "0",
    "abs(u)",
    {
        "convex": Member(ALWAYS, "f'' = 12*u**2 >= 0"),
        "weakly_convex": Member("rho >= 0", "it is convex"),
        "l0_l1_smooth": Member(
            "L1 > 0 and L0*L1**2 >= 108",
            "with s = 3/L1: 12*u**2 <= 12*s**2 <= L0 where abs(u) <= s, and "
            "12*u**2 <= 12*abs(u)**3/s = L1*abs(f') elsewhere",
        ),
        "kl": Member("alpha == 3/4 and c <= 4", "4*abs(u)**3 >= c*(u**4)**(3/4)"),
    },
    constants=(Fraction(1), Fraction(108)),
)

QUARTIC_AND_SQUARE = Example(
    "u**4 + u**2",
    "4*u**3 + 2*u",
    "12*u**2 + 2",
    "0",
    "abs(u)",
    {
        "convex": Member(ALWAYS, "f'' >= 2 >= 0"),
        "strongly_convex": Member("mu <= 2", "f'' = 12*u**2 + 2 >= mu"),
        "weakly_convex": Member("rho >= -2", "f'' >= 2 >= -rho"),
        "pl": Member("mu <= 2", "it is 2-strongly convex"),
        "error_bound": Member("delta <= 4", "it is 2-strongly convex"),
        "kl": Member("alpha == 1/2 and c**2 <= 4", "it is 2-strongly convex"),
        "quadratic_growth": Member("mu <= 2", "f >= u**2"),
        "l0_l1_smooth": Member(
            "L1 > 0 and (L0 - 2)*L1**2 >= 108",
            "with s = 3/L1: f'' <= 2 + 12*s**2 <= L0 where abs(u) <= s, and "
            "12*u**2 <= 12*abs(u)**3/s <= L1*abs(f') elsewhere",
        ),
    },
    constants=(Fraction(2), Fraction(4), Fraction(110)),
)

HYPERBOLIC = Example(
    "cosh(u)",
    "sinh(u)",
    "cosh(u)",
    "1",
    "abs(u)",
    {
        "convex": Member(ALWAYS, "f'' = cosh(u) > 0"),
        "strongly_convex": Member("mu <= 1", "f'' = cosh(u) >= 1"),
        "weakly_convex": Member("rho >= -1", "f'' = cosh(u) >= 1"),
        "l0_l1_smooth": Member("L0 >= 1 and L1 >= 1", "cosh(u) <= 1 + abs(sinh(u))"),
        "pl": Member("mu <= 1", "it is 1-strongly convex"),
        "error_bound": Member("delta <= 2", "it is 1-strongly convex"),
        "kl": Member("alpha == 1/2 and c**2 <= 2", "it is 1-strongly convex"),
        "quadratic_growth": Member("mu <= 1", "it is 1-strongly convex"),
    },
)

KARIMI = Example(
    "u**2 + 3*sin(u)**2",
    "2*u + 3*sin(2*u)",
    "2 + 6*cos(2*u)",
    "0",
    "abs(u)",
    {
        "weakly_convex": Member("rho >= 4", "f'' = 2 + 6*cos(2*u) >= -4"),
        "smooth": Member("L >= 8", "f'' = 2 + 6*cos(2*u) lies in [-4, 8]"),
        "l0_l1_smooth": Member("L0 >= 8 and L1 >= 0", "f'' lies in [-4, 8]"),
        "hessian_lipschitz": Member("rho >= 12", "abs(f''') = 12*abs(sin(2*u)) <= 12"),
        "pl": Member(
            "mu <= 1/32",
            "sin(t) >= -t/4 for t >= 0 (it is so where sin(t) >= 0, on [pi, 4] as sin(4) > -pi/4, "
            "and beyond 4), so that abs(f') >= abs(u)/2, while f <= 4*u**2",
        ),
        "error_bound": Member("delta <= 1/16", "abs(f') >= abs(u)/2 as for pl, and f <= 4*u**2"),
        "kl": Member(
            "alpha == 1/2 and c**2 <= 1/16", "abs(f') >= abs(u)/2 as for pl, and f <= 4*u**2"
        ),
        "quadratic_growth": Member("mu <= 2", "f >= u**2"),
    },
    constants=(Fraction(1, 32), Fraction(1, 16), Fraction(2), Fraction(4), Fraction(8)),
    points=(Fraction(3, 2), Fraction(8, 5), Fraction(17, 10)),
)
SQUARE_AND_ROOT = Example(
    "u**2/2 + sqrt(1 + u**2)",
    "u + u/sqrt(1 + u**2)",
    "1 + 1/((1 + u**2)*sqrt(1 + u**2))",
    "1",
    "abs(u)",
    {
        "convex": Member(ALWAYS, "f'' >= 1 >= 0"),
        "strongly_convex": Member("mu <= 1", "f'' = 1 + (1 + u**2)**(-3/2) >= 1"),
        "weakly_convex": Member("rho >= -1", "f'' >= 1"),
        "smooth": Member("L >= 2", "1 < f'' <= 2"),
        "l0_l1_smooth": Member("L0 >= 2 and L1 >= 0", "1 < f'' <= 2"),
        "hessian_lipschitz": Member("rho >= 3", "abs(f''') <= 3*(1 + u**2)**(-2) <= 3"),
        "pl": Member("mu <= 1", "it is 1-strongly convex"),
        "error_bound": Member("delta <= 2", "it is 1-strongly convex"),
        "kl": Member("alpha == 1/2 and c**2 <= 2", "it is 1-strongly convex"),
        "quadratic_growth": Member("mu <= 1", "it is 1-strongly convex"),
    },
    constants=(Fraction(1), Fraction(2), Fraction(3)),
)


INFLECTED = Example(
    "u**2*(3*u**2 - 8*u + 6)",
    "12*u*(u - 1)**2",
    "12*(u - 1)*(3*u - 1)",
    "0",
    "abs(u)",
    {
        "quadratic_growth": Member("mu <= 4/3", "3*u**2 - 8*u + 6 = 3*(u - 4/3)**2 + 2/3 >= 2/3"),
        "weakly_convex": Member("rho >= 4", "f'' = 36*(u - 2/3)**2 - 4 >= -4"),
    },
    constants=(Fraction(4, 3), Fraction(4)),
    points=(Fraction(2, 3), Fraction(9, 10)),
)

RIPPLED = Example(
    "u**2 + 8*sin(u)**2",
    "2*u + 8*sin(2*u)",
    "2 + 16*cos(2*u)",
    "0",
    "abs(u)",
    {
        "weakly_convex": Member("rho >= 14", "f'' = 2 + 16*cos(2*u) >= -14"),
        "smooth": Member("L >= 18", "f'' = 2 + 16*cos(2*u) lies in [-14, 18]"),
        "l0_l1_smooth": Member("L0 >= 18 and L1 >= 0", "f'' lies in [-14, 18]"),
        "hessian_lipschitz": Member("rho >= 32", "abs(f''') = 32*abs(sin(2*u)) <= 32"),
        "quadratic_growth": Member("mu <= 2", "f >= u**2"),
    },
    constants=(Fraction(2), Fraction(14), Fraction(18), Fraction(32)),
    # a critical point to 39 digits; f > 10 there
    points=(Fraction("1.804859417719447740352992945589998305818"),),
)

ADDED = (Draw(Fraction(1, 2), "1"), Draw(Fraction(1, 2), "-1"))
ADDED_NOISE = {
    "unbiased": Member(ALWAYS, "the deviations 1 and -1 are equally likely"),
    "bounded_variance": Member("sigma**2 >= 1", "the deviations are 1 and -1"),
    "heavy_tailed": Member("sigma >= 1 and alpha > 0", "the deviations are 1 and -1"),
}

NOISY_PARABOLA = _with(PARABOLA, *ADDED, members=ADDED_NOISE)
NOISY_LINE = _with(
    LINEAR,
    *ADDED,
    members={
        **ADDED_NOISE,
        "bounded_second_moment": Member("G**2 >= 2", "E[g**2] = (2**2 + 0**2)/2 = 2"),
        "strong_growth": Member("rho >= 2", "E[g**2] = 2 = 2*f'**2"),
    },
)
NOISY_ROOT = _with(
    ROOT,
    *ADDED,
    members={
        **ADDED_NOISE,
        "bounded_second_moment": Member("G**2 >= 2", "E[g**2] = f'**2 + 1 <= 2"),
    },
)
MULTIPLIED = _with(
    PARABOLA,
    Draw(Fraction(1, 2), "u"),
    Draw(Fraction(1, 2), "-u"),
    members={
        "unbiased": Member(ALWAYS, "the deviations u and -u are equally likely"),
        "strong_growth": Member("rho >= 2", "E[g**2] = (4*u**2 + 0)/2 = 2*f'**2"),
        "interpolation": Member(ALWAYS, "the deviation at the minimiser 0 is 0"),
    },
)
SILENT = _with(
    PARABOLA,
    Draw(Fraction(1), "-u"),
    members={
        "bounded_second_moment": Member("G**2 >= 0", "g = 0 always"),
        "strong_growth": Member("rho >= 0", "g = 0 always"),
        "interpolation": Member(ALWAYS, "g = 0 always"),
    },
)
RARE = _with(
    PARABOLA,
    Draw(Fraction(1, 128), "16"),
    Draw(Fraction(1, 128), "-16"),
    Draw(Fraction(63, 64), "0"),
    members={
        "unbiased": Member(ALWAYS, "the deviations 16 and -16 are equally likely"),
        "bounded_variance": Member("sigma**2 >= 4", "E[(g - f')**2] = 16**2/64 = 4"),
        "heavy_tailed": Member(
            "alpha > 0 and sigma > 0 and 16**alpha <= 64*sigma**alpha",
            "E[abs(g - f')**alpha] = 16**alpha/64",
        ),
    },
)
SHIFTED = _with(
    PARABOLA,
    Draw(Fraction(1), "1"),
    members={
        "bounded_variance": Member("sigma**2 >= 1", "g = f' + 1 always"),
        "heavy_tailed": Member("sigma >= 1 and alpha > 0", "g = f' + 1 always"),
    },
)

EXAMPLES: tuple[Example, ...] = (
    PARABOLA,
    CAP,
    FLAT_PARABOLA,
    KARIMI,
    SQUARE_AND_ROOT,
    ABSOLUTE,
    ROOT,
    WAVE,
    QUARTIC,
    QUARTIC_AND_SQUARE,
    HYPERBOLIC,
    KINKED,
    INFLECTED,
    RIPPLED,
    CUBIC,
    LINEAR,
    NOISY_PARABOLA,
    NOISY_LINE,
    NOISY_ROOT,
    MULTIPLIED,
    SILENT,
    RARE,
    SHIFTED,
)
