"""What an assumption is said to yield holds for functions that have it, and for no larger class."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import cos, cosh, exp, inf, pi, sin, sinh, sqrt

import pytest

from theoryck.assumptions import ASSUMPTIONS

POINTS = [x / 4 for x in range(-12, 13)]
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Line:
    """A function on the line with its derivatives and what is known of it."""

    f: Callable[[float], float]
    slope: Callable[[float], float]
    bend: Callable[[float], float] = lambda x: 0.0
    f_star: float = -inf
    minimisers: tuple[float, ...] = ()


SQUARE = Line(lambda x: x * x, lambda x: 2 * x, lambda x: 2.0, 0.0, (0.0,))
SADDLE = Line(lambda x: -x * x, lambda x: -2 * x, lambda x: -2.0)
ABSOLUTE = Line(abs, lambda x: (x > 0) - (x < 0), f_star=0.0, minimisers=(0.0,))
WAVY = Line(
    lambda x: x * x + 3 * sin(x) ** 2,
    lambda x: 2 * x + 3 * sin(2 * x),
    lambda x: 2 + 6 * cos(2 * x),
    0.0,
    (0.0,),
)
HYPERBOLIC = Line(cosh, sinh, cosh, 1.0, (0.0,))
SINE = Line(sin, cos, lambda x: -sin(x), -1.0, (-pi / 2,))
STEEP = Line(lambda x: exp(4 * x), lambda x: 4 * exp(4 * x), f_star=0.0)
CUBE = Line(lambda x: x**3 / 6, lambda x: x * x / 2, lambda x: x)

MEMBERS: dict[str, list[tuple[Line, dict[str, float]]]] = {
    "convex": [(SQUARE, {}), (ABSOLUTE, {}), (HYPERBOLIC, {})],
    "strongly_convex": [(SQUARE, {"mu": 2}), (HYPERBOLIC, {"mu": 1})],
    "weakly_convex": [(SADDLE, {"rho": 2}), (WAVY, {"rho": 4}), (SINE, {"rho": 1})],
    "smooth": [(SQUARE, {"L": 2}), (WAVY, {"L": 8}), (SINE, {"L": 1})],
    "quadratic": [(SQUARE, {"Q": 2}), (SADDLE, {"Q": -2})],
    "l0_l1_smooth": [(HYPERBOLIC, {"L0": 1, "L1": 1}), (SQUARE, {"L0": 2, "L1": 0})],
    "hessian_lipschitz": [(CUBE, {"rho": 1}), (SINE, {"rho": 1})],
    "lipschitz": [(ABSOLUTE, {"G": 1}), (SINE, {"G": 1})],
    "pl": [(SQUARE, {"mu": 2}), (WAVY, {"mu": 1 / 32})],
    "error_bound": [(SQUARE, {"delta": 4}), (WAVY, {"delta": 1 / 16})],
}
ABOUT_NOISE = {"bounded_variance", "bounded_second_moment", "strong_growth", "heavy_tailed"}
OF_RUNS = {"quadratic_saddle"}  # tested with the runs that escape
DRAWS = (-1.0, 1.0)  # equally likely deviations, so that the mean of the gradients is the gradient
NOISE = {
    "bounded_variance": {"sigma": 1.0},
    "bounded_second_moment": {"G": sqrt(2)},
    "strong_growth": {"rho": 2.0},
    "heavy_tailed": {"alpha": 1.5, "sigma": 1.0},
}


def python(text: str) -> str:
    """The inequality on the line, without the remark in brackets at its end."""
    bare = re.sub(r" \((with|alpha).*\)$", "", text)
    return bare.replace("norm(", "abs(").replace("@", "*")


def holds(text: str, names: dict[str, object]) -> bool:
    """Whether an inequality holds with a margin for rounding; the texts are theoryck's own."""
    left, relation, right = re.split(r" (<=|>=|==) ", python(text))
    a, b = (float(eval(side, {"abs": abs}, names)) for side in (left, right))  # our own text
    margin = TOLERANCE * (1 + abs(a) + abs(b))
    return {"<=": a <= b + margin, ">=": a >= b - margin, "==": abs(a - b) <= margin}[relation]


def at(line: Line, x: float, y: float, constants: dict[str, float]) -> dict[str, object]:
    return {
        **constants,
        "x": x,
        "y": y,
        "f": line.f,
        "grad": line.slope,
        "hessian": line.bend,
        "f_star": line.f_star,
        "x_star": line.minimisers[0] if line.minimisers else x,
        "argmin": line.minimisers,
        "dot": lambda u, v: u * v,
        "dist": lambda u, points: min((abs(u - p) for p in points), default=0.0),
    }


def test_every_yield_is_tried() -> None:
    said = {name for name, assumption in ASSUMPTIONS.items() if assumption.yields}
    assert said == {*MEMBERS, *ABOUT_NOISE, *OF_RUNS}


@pytest.mark.parametrize("name", MEMBERS)
def test_members_satisfy_what_is_yielded(name: str) -> None:
    for line, constants in MEMBERS[name]:
        for text, x, y in product(ASSUMPTIONS[name].yields, POINTS, POINTS):
            assert holds(text, at(line, x, y, constants)), (text, x, y)


@pytest.mark.parametrize(
    ("name", "line", "constants"),
    [
        ("convex", SINE, {}),
        ("strongly_convex", HYPERBOLIC, {"mu": 1.2}),
        ("weakly_convex", SADDLE, {"rho": 1.8}),
        ("smooth", WAVY, {"L": 6}),
        ("lipschitz", SQUARE, {"G": 3}),
        ("pl", SQUARE, {"mu": 2.2}),
        ("error_bound", SQUARE, {"delta": 4.4}),
        (
            "l0_l1_smooth",
            Line(lambda x: exp(4 * x), lambda x: 4 * exp(4 * x), f_star=0.0),
            {"L0": 1, "L1": 1},
        ),
        ("hessian_lipschitz", CUBE, {"rho": 0.8}),
        ("quadratic", SINE, {"Q": 1}),
    ],
)
def test_others_do_not(name: str, line: Line, constants: dict[str, float]) -> None:
    assert any(
        not holds(text, at(line, x, y, constants))
        for text, x, y in product(ASSUMPTIONS[name].yields, POINTS, POINTS)
    )


@pytest.mark.parametrize("name", sorted(ABOUT_NOISE))
def test_noise_satisfies_what_is_yielded(name: str) -> None:
    gradient = 1.0  # at which all four assumptions hold with the constants above

    def mean(values: list[float]) -> float:
        return sum(values) / len(values)

    names: dict[str, object] = {**NOISE[name], "x": 0.0, "grad": lambda x: gradient}
    for text in ASSUMPTIONS[name].yields:
        expanded = re.sub(r"E\((.*?\)(?:\*\*2)?)\)(?= <=)", r"E(lambda g: \1)", python(text))
        names["E"] = lambda inside: mean([inside_at(inside, gradient + d) for d in DRAWS])
        assert holds_with_lambda(expanded, names), text


def inside_at(inside: Callable[[float], float], draw: float) -> float:
    return inside(draw)


def holds_with_lambda(text: str, names: dict[str, object]) -> bool:
    left, relation, right = re.split(r" (<=|>=) ", text)
    scope = {"abs": abs, **names}
    a, b = (float(eval(side, scope)) for side in (left, right))  # our own text
    return a <= b + TOLERANCE if relation == "<=" else a >= b - TOLERANCE


def test_every_assumption_says_what_its_constants_are() -> None:
    for assumption in ASSUMPTIONS.values():
        assert assumption.definition
        assert assumption.latex
        assert assumption.source
        for quantity in assumption.quantities:
            # a constant appears in the definition; in LaTeX perhaps with an index
            assert quantity.name in assumption.definition, assumption.name
            assert quantity.name.rstrip("01") in assumption.latex.replace("\\", ""), assumption.name
