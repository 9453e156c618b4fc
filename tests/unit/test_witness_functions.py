"""Explicit functions: what is said of them holds at random points, and a run breaks or keeps."""

from __future__ import annotations

import copy
import json
from fractions import Fraction as F
from typing import Any

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theoryck.algebra import Fractions
from theoryck.assumptions.base import Curvature
from theoryck.certificates import CertificateError, verify
from theoryck.certificates.function_data import read_function
from theoryck.certificates.function_documents import function_document
from theoryck.certificates.functions import (
    AwayFromPolygon,
    ExplicitFunction,
    LargestPiece,
    Quadratic,
)
from theoryck.certificates.piecewise import Piecewise
from theoryck.certificates.sure import SureBall, SureBalls
from theoryck.claims.arithmetic import Rationals
from theoryck.claims.reading import read_claim
from theoryck.errors import DomainError, TheoryckError, UndecidedError

Q = Fractions()
ONE, ZERO, HALF = F(1), F(0), F(1, 2)

HUBER = Piecewise((-HALF, HALF), (-HALF, -HALF, HALF), (ZERO, ONE, ZERO))
STEEPER = Piecewise((-ONE, ONE), (-ONE, -ONE, ONE), (F(3), ONE, F(3)))
ABSOLUTE = Piecewise((ZERO,), (-ONE, F(2)), (ZERO, ZERO))
KINKED = Piecewise((-ONE, ZERO, F(2)), (F(-4), F(-2), ZERO, F(3)), (ONE, ONE, HALF, F(2)))
HILLS = Piecewise(  # not convex: curvature 1, then -1/2, then 1
    (F(-2), F(-1), F(1), F(2)),
    (-HALF, -HALF, -ONE, ONE, HALF),
    (ONE, -HALF, ONE, -HALF, ONE),
)
BOWL = Quadratic(((F(2), ONE), (ONE, F(3))))
VALLEY = Quadratic(((F(2), F(2)), (F(2), F(2))))
TRIANGLE = AwayFromPolygon(HALF, F(4), ((F(2), ZERO), (-ONE, F(2)), (-ONE, F(-2))))
SQUARE = AwayFromPolygon(ONE, F(3), ((ONE, -ONE), (ONE, ONE), (-ONE, ONE), (-ONE, -ONE)))
TENT = LargestPiece(
    ((ONE, ZERO), (ZERO, ONE), (-ONE, -ONE), (F(3), F(3))),
    (ZERO, ZERO, ZERO, F(-5)),
    (F(1, 3), F(1, 3), F(1, 3), ZERO),
)
ON_LINE = [HUBER, STEEPER, ABSOLUTE, KINKED, HILLS]
FUNCTIONS: list[ExplicitFunction] = [*ON_LINE, BOWL, VALLEY, TRIANGLE, SQUARE, TENT]

numbers = st.fractions(min_value=-5, max_value=5, max_denominator=12)


def points(f: ExplicitFunction) -> st.SearchStrategy:
    return st.tuples(*(numbers for _ in range(f.dimension)))


def dot(x: Any, y: Any) -> F:
    return sum((a * b for a, b in zip(x, y, strict=True)), F(0))


def minus(x: Any, y: Any) -> tuple:
    return tuple(a - b for a, b in zip(x, y, strict=True))


def tightest(f: ExplicitFunction) -> tuple[F | None, F | None, F | None]:
    """The sharpest bounds on curvature and gradients that f is said to have, to a sixteenth."""
    grid = [F(i, 16) for i in range(-160, 161)]
    lower = [c for c in grid if f.within(Curvature(lower=c), Q)]
    upper = [c for c in grid if f.within(Curvature(upper=c), Q)]
    gradient = [c for c in grid if f.within(Curvature(gradient=c), Q)]
    return (
        max(lower) if lower else None,
        min(upper) if upper else None,
        min(gradient) if gradient else None,
    )


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.describe())
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_said_of_a_function_holds(f: ExplicitFunction, data: st.DataObject) -> None:
    x, y = data.draw(points(f)), data.draw(points(f))
    fx, fy, gx, gy = f.value(x, Q), f.value(y, Q), f.gradient(x, Q), f.gradient(y, Q)
    assert fx >= 0
    assert f.value((F(0),) * f.dimension, Q) == 0
    lower, upper, gradient = BOUNDS[FUNCTIONS.index(f)]
    d = minus(x, y)
    bend = fx - fy - dot(gy, d)
    if lower is not None:
        assert bend >= lower / 2 * dot(d, d)
    if upper is not None:
        assert bend <= upper / 2 * dot(d, d)
        assert lower is None or dot(minus(gx, gy), minus(gx, gy)) <= max(upper, -lower) ** 2 * dot(
            d, d
        )
    if gradient is not None:
        assert dot(gx, gx) <= gradient**2
    modulus = MODULI[FUNCTIONS.index(f)]
    if modulus is not None:
        assert dot(gx, gx) >= modulus * fx


BOUNDS = [tightest(f) for f in FUNCTIONS]
MODULI = [
    max((F(i, 16) for i in range(160) if f.dominates(F(i, 16), Q)), default=None) for f in FUNCTIONS
]


def test_what_is_said_is_as_sharp_as_can_be() -> None:
    named = dict(zip(("huber", "steeper", "absolute", "kinked", "hills"), BOUNDS, strict=False))
    assert named["huber"] == (0, 1, HALF)
    assert named["steeper"] == (1, 3, None)
    assert named["absolute"] == (0, None, 2)
    assert named["kinked"] == (HALF, None, None)
    assert named["hills"] == (-HALF, 1, None)
    assert BOUNDS[FUNCTIONS.index(VALLEY)] == (0, 4, None)
    assert BOUNDS[FUNCTIONS.index(TRIANGLE)] == (HALF, 4, None)
    assert BOUNDS[FUNCTIONS.index(TENT)][::2] == (0, F(68, 16))  # sqrt(18), rounded up
    # a singular quadratic dominates with its other eigenvalue
    assert MODULI[FUNCTIONS.index(VALLEY)] == 8
    assert MODULI[FUNCTIONS.index(HUBER)] == 0
    # half of the slope is lost on the hills, and they still dominate
    assert 0 < MODULI[FUNCTIONS.index(HILLS)] < 2


@pytest.mark.parametrize("f", [*ON_LINE[:4], BOWL, VALLEY], ids=lambda f: f.describe())
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_proximal_point_is_a_minimiser(f: ExplicitFunction, data: st.DataObject) -> None:
    x, other = data.draw(points(f)), data.draw(points(f))
    step = data.draw(st.fractions(min_value=F(1, 8), max_value=4, max_denominator=8))
    u = f.prox(x, step, Q)
    assert u is not None

    def objective(v: Any) -> F:
        return f.value(v, Q) + dot(minus(v, x), minus(v, x)) / (2 * step)

    assert objective(u) <= objective(other)
    nearby = tuple(a + F(b, 1000) for a, b in zip(u, minus(other, u), strict=True))
    assert objective(u) <= objective(nearby)


def test_a_step_too_long_for_the_hills_has_no_proximal_point() -> None:
    assert HILLS.prox((ONE,), F(2), Q) is None
    assert HILLS.prox((ONE,), ONE, Q) is not None


@pytest.mark.parametrize("f", [BOWL, VALLEY, HUBER], ids=lambda f: f.describe())
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_line_search_finds_the_least_value(f: ExplicitFunction, data: st.DataObject) -> None:
    x, direction, t = data.draw(points(f)), data.draw(points(f)), data.draw(numbers)
    found = f.line_minimum(x, direction, Q)
    assert found is not None
    there = tuple(a + t * b for a, b in zip(x, direction, strict=True))
    assert f.value(found, Q) <= f.value(there, Q)
    away = minus(found, x)
    assert dot(away, away) * dot(direction, direction) == dot(away, direction) ** 2  # on the line


@pytest.mark.parametrize("f", [TRIANGLE, SQUARE])
@settings(max_examples=60, deadline=None)
@given(x=st.tuples(numbers, numbers), weights=st.tuples(*(st.integers(0, 5) for _ in range(4))))
def test_the_projection_is_the_nearest_point(f: AwayFromPolygon, x: Any, weights: Any) -> None:
    p = f.projection(x, Q)
    total = sum(weights[: len(f.vertices)]) or 1
    share = weights if sum(weights[: len(f.vertices)]) else (1, 0, 0, 0)
    q = tuple(
        sum((F(w, total) * v[k] for w, v in zip(share, f.vertices, strict=False)), F(0))
        for k in range(2)
    )
    # the variational inequality of a projection, and p is in the polygon: no vertex is beyond it
    assert dot(minus(x, p), minus(q, p)) <= 0
    assert f.projection(p, Q) == p


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.describe())
def test_data_are_the_way_back(f: ExplicitFunction) -> None:
    assert read_function(json.loads(json.dumps(f.data()))) == f
    half = f.scaled(HALF)
    x = (F(3, 2),) * f.dimension
    assert half.value(tuple(t / 2 for t in x), Q) == f.value(x, Q) / 4


WRONG: list[tuple[Any, str]] = [
    (None, "a table"),
    ({"family": "cubic"}, "no family"),
    ({"family": ["quadratic"]}, "no family"),
    ({"family": "quadratic"}, "a list"),
    ({"family": "quadratic", "matrix": []}, "square matrix"),
    ({"family": "quadratic", "matrix": [["1", "0"]]}, "square matrix"),
    ({"family": "quadratic", "matrix": [["1", "1"], ["0", "1"]]}, "symmetric"),
    ({"family": "quadratic", "matrix": [["-1"]]}, "bounded below"),
    ({"family": "quadratic", "matrix": [["1", "2"], ["2", "1"]]}, "bounded below"),
    ({"family": "quadratic", "matrix": [[1]]}, "not a .* fraction"),
    ({"family": "quadratic", "matrix": [["1.5"]]}, "not a .* fraction"),
    ({"family": "quadratic", "matrix": [["9" * 1000]]}, "not a .* fraction"),
    ({"family": "quadratic", "matrix": [["0"] * 300] * 300}, "over 40000"),
    (HUBER.data() | {"breakpoints": ["1/2", "-1/2"]}, "increase"),
    (HUBER.data() | {"breakpoints": []}, "breakpoints expected"),
    (HUBER.data() | {"slopes": ["0", "1"]}, "one slope"),
    (HUBER.data() | {"slopes": ["-1/2", "-1/2", "1/4"]}, "jumps downwards"),
    (HUBER.data() | {"curvatures": ["0", "1", "-1"]}, "not a global minimiser"),
    (HUBER.data() | {"slopes": ["-1/2", "-1/4", "3/4"]}, "not a global minimiser"),
    (ABSOLUTE.data() | {"slopes": ["1", "2"]}, "not a global minimiser"),
    (TENT.data() | {"weights": ["1", "0", "0", "0"]}, "do not sum to 0"),
    (TENT.data() | {"weights": ["1/3", "1/3", "1/6", "1/6"]}, "below f at 0"),
    (TENT.data() | {"weights": ["1", "1", "1", "-2"]}, "non-negative"),
    (TENT.data() | {"offsets": ["0", "0", "0", "1"]}, "largest offset"),
    (TENT.data() | {"offsets": ["0"]}, "as many"),
    (TENT.data() | {"slopes": []}, "at least one piece"),
    (SQUARE.data() | {"lower": "4"}, "mu <= L"),
    (SQUARE.data() | {"lower": "-1"}, "mu <= L"),
    (SQUARE.data() | {"vertices": [["1", "0"], ["0", "1"]]}, "3 to"),
    (SQUARE.data() | {"vertices": [["1"], ["0"], ["1"]]}, "pairs"),
    (SQUARE.data() | {"vertices": SQUARE.data()["vertices"][::-1]}, "clockwise"),
    (SQUARE.data() | {"vertices": [["3", "1"], ["2", "2"], ["1", "1"]]}, "outside"),
    (
        SQUARE.data() | {"vertices": [["4", "-1"], ["1", "0"], ["0", "4"], ["-4", "-4"]]},
        "strictly convex",
    ),
]


@pytest.mark.parametrize(("data", "said"), WRONG)
def test_data_that_are_no_such_function_are_refused(data: Any, said: str) -> None:
    with pytest.raises(CertificateError, match=said):
        read_function(data)


def test_a_star_is_no_polygon() -> None:
    # every turn is to the left and 0 is to the left of every side, but it goes around twice
    star = [("0", "10"), ("-6", "-8"), ("10", "3"), ("-10", "3"), ("6", "-8")]
    with pytest.raises(CertificateError, match="strictly convex"):
        read_function(SQUARE.data() | {"vertices": [list(v) for v in star]})


# --- the run


CLAIM = {
    "id": "gd",
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "0.99*L*R**2/(4*N + 2)",
    "at": [{"L": 1, "R": 1, "N": 3}],
}
WORST = Piecewise((-F(1, 7), F(1, 7)), (-F(1, 7), -F(1, 7), F(1, 7)), (ZERO, ONE, ZERO))


def document(
    claim: dict[str, Any] = CLAIM,
    function: ExplicitFunction = WORST,
    start: tuple[F, ...] = (ONE,),
    arithmetic: str = "rationals",
) -> dict[str, Any]:
    at = {name: str(value) for name, value in claim["at"][0].items()}
    made = function_document(read_claim(claim), at, arithmetic, function, start)
    return json.loads(json.dumps(made))


@pytest.mark.parametrize("arithmetic", ["rationals", "balls"])
def test_a_run_that_breaks_the_bound_refutes(arithmetic: str) -> None:
    established = verify(document(arithmetic=arithmetic))
    assert established.refutes
    assert "0.0714286, above the bound 0.0707143" in established.lines[0]


def edited(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    new = copy.deepcopy(document())
    place = new
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return new


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("claim", "bound"), "L*R**2/(4*N + 2)"),
        (("claim", "assumptions"), ["convex", "smooth(L/2)"]),
        (("claim", "assumptions"), ["strongly_convex(L/100)", "smooth(L)"]),
        (("claim", "assumptions"), ["convex", "smooth(L)", "pl(L/100)"]),
        (("claim", "assumptions"), ["convex", "smooth(L)", "lipschitz(1/8)"]),
        (("claim", "assumptions"), ["convex", "smooth(L)", "quadratic"]),
        (("claim", "assumptions"), ["convex", "smooth(L)", "hessian_lipschitz(1)"]),
        (("claim", "initial"), "norm(x[0] - x_star)**2 <= 0.99*R**2"),
        (("claim", "initial"), "f(x[0]) - f_star <= R**2/10"),
        (("claim", "measure"), "f(x[N + 1]) - f_star"),
        (("claim", "method"), "gradient_descent(step=11/(10*L))"),
        (("claim", "method"), "frank_wolfe()"),
        (("claim", "method"), "projected_gradient(step=1/L)"),
        (("claim", "confidence"), "1/2"),
        (("claim", "bound"), "O(1/N)"),
        (("at", "N"), "4"),
        (("at", "L"), "2"),
        (("at", "R"), "2"),
        (("at", "N"), "100000000000"),
        (("arithmetic",), "floats"),
        (("arithmetic",), None),
        (("bits",), 10**9),
        (("bits",), "256"),
        (("start",), ["2"]),
        (("start",), ["9/10"]),
        (("start",), ["1", "0"]),
        (("start",), []),
        (("start",), "1"),
        (("start",), [1.0]),
        (("function",), {}),
        (("function", "family"), "quadratic"),
        (("function", "breakpoints"), ["-1/7", "1/6"]),
        (("function", "curvatures"), ["0", "2", "0"]),
        (("function", "curvatures"), ["0", "1/2", "0"]),
        (("function", "slopes"), ["-1/7", "-1/7", "1/6"]),
        (("format",), 2),
        (("kind",), "functions"),
    ],
)
def test_no_field_can_be_changed(path: tuple[Any, ...], value: Any) -> None:
    with pytest.raises(TheoryckError):
        verify(edited(path, value))


SMOOTH = ["convex", "smooth(L)"]
SGD = {"method": "sgd(step=1/L)", "measure": "E(f(x[N]) - f_star)"}
LINE_SEARCH = {"method": "gradient_descent_exact_line_search()", "bound": "1/10**9"}
NORMALIZED = {"method": "normalized_gd(step=1/20, offset=0)", "bound": "1/10"}
PROXIMAL = {"method": "proximal_point(step=1)", "assumptions": ["convex"], "bound": "1/20"}


@pytest.mark.parametrize(
    ("changes", "function", "start", "arithmetic"),
    [
        # methods that no tracer follows, and irrational steps
        ({"method": "gradient_descent_polyak_step()", "bound": "L/10**6"}, WORST, (ONE,), 0),
        (LINE_SEARCH, BOWL, (HALF, HALF), 0),
        ({"method": "clipped_gd(step=1/L, threshold=1/20)", "bound": "1/10"}, WORST, (ONE,), 0),
        (NORMALIZED, BOWL, (HALF, HALF), 1),
        ({"method": "gradient_descent(step=1/(L*sqrt(2)))"}, WORST, (ONE,), 1),
        ({"method": "optimized_gradient(L=L)", "bound": "1/10**6"}, WORST, (ONE,), 1),
        ({"method": "proximal_gradient(step=1/L)"}, WORST, (ONE,), 0),
        (SGD | {"assumptions": [*SMOOTH, "unbiased", "bounded_variance(1)"]}, WORST, (ONE,), 0),
        (SGD | {"assumptions": [*SMOOTH, "finite_sum(7)", "interpolation"]}, WORST, (ONE,), 0),
        (PROXIMAL, Piecewise((ZERO,), (-F(1, 6), F(1, 6)), (ZERO, ZERO)), (ONE,), 0),
    ],
)
def test_other_methods_are_run_too(
    changes: dict[str, Any], function: ExplicitFunction, start: Any, arithmetic: int
) -> None:
    claim = CLAIM | changes
    if isinstance(function, Quadratic):
        claim |= {"at": [{"L": 4, "R": 1, "N": 3}]}
    name = ("rationals", "balls")[arithmetic]
    assert verify(document(claim, function, start, name)).refutes
    with pytest.raises(CertificateError, match="does not violate"):
        verify(document(claim | {"bound": "10*L*R"}, function, start, name))


def test_after_a_proximal_step_the_gradient_is_the_one_it_produced() -> None:
    claim = CLAIM | {
        "method": "proximal_point(step=1)",
        "assumptions": ["convex"],
        "measure": "norm(grad(x[N]))",
        "at": [{"L": 1, "R": 1, "N": 1}],
    }
    # from 1/2 the step lands on the kink of 2|x|, with the subgradient 1/2
    slope = Piecewise((ZERO,), (F(-2), F(2)), (ZERO, ZERO))
    assert verify(document(claim | {"bound": "0.49"}, slope, (HALF,))).refutes
    with pytest.raises(CertificateError, match="does not violate"):
        verify(document(claim | {"bound": "0.5"}, slope, (HALF,)))


@pytest.mark.parametrize(
    ("assumption", "constants"),
    [
        ("pl({})", ("4", "9/2")),
        ("error_bound({})", ("8", "9")),
        ("kl(1/2, {})", ("14/5", "3")),
        ("quadratic_growth({})", ("4", "9/2")),
        ("smooth({})", ("4", "3")),
        ("l0_l1_smooth({}, 1)", ("4", "3")),
    ],
)
def test_a_singular_quadratic_is_judged_by_its_other_eigenvalues(
    assumption: str, constants: tuple[str, str]
) -> None:
    claim = CLAIM | {"bound": "0", "method": "gradient_descent(step=1/100)"}
    claim |= {"measure": "f(x[N]) - f_star", "initial": ""}
    held, lost = (claim | {"assumptions": [assumption.format(c)]} for c in constants)
    assert verify(document(held, VALLEY, (ONE, ONE))).refutes
    with pytest.raises(CertificateError, match="is not known to be"):
        verify(document(lost, VALLEY, (ONE, ONE)))


def test_a_user_cannot_shadow_an_assumption_into_something_easier() -> None:
    from dataclasses import replace

    from theoryck.assumptions import ASSUMPTIONS

    other = replace(ASSUMPTIONS["quadratic"], definition="something else")
    quadratic = CLAIM | {"assumptions": ["quadratic"], "bound": "0"}
    good = document(quadratic, BOWL, (HALF, HALF))
    assert verify(good).refutes
    with pytest.raises(CertificateError, match="is not known to be"):
        verify(good, assumptions=dict(ASSUMPTIONS) | {"quadratic": other})


# --- balls


def test_sure_balls_do_not_guess() -> None:
    third = SureBall(flint.arb(1) / 3)
    assert third < 1
    assert not third > HALF
    assert 2 * third - third != 1
    for question in (
        lambda: third * 3 == 1,
        lambda: third * 3 < 1,
        lambda: third * 3 != 1,
        lambda: max(third * 3, 1),
        lambda: bool(third - third),
    ):
        with pytest.raises(UndecidedError):
            question()
    with pytest.raises(DomainError):
        1 / (third - third)
    with pytest.raises(TypeError):
        third * 0.5
    with pytest.raises(TypeError):
        hash(third)


@settings(max_examples=60)
@given(a=numbers, b=numbers)
def test_sure_balls_compute_what_rationals_do(a: F, b: F) -> None:
    balls, exact = SureBalls(), Rationals()
    x, y = balls.rational(a), balls.rational(b)
    for of in (lambda p, q: p + q, lambda p, q: p - q, lambda p, q: p * q, lambda p, q: -p):
        value = of(x, y) - of(a, b)
        assert value.ball.contains(0)
    assert balls.sign(x) == exact.sign(exact.rational(a))
    if b:
        assert (x / y - a / b).ball.contains(0)
    assert (x**2 - a * a).ball.contains(0)
    assert (abs(x) - abs(a)).ball.contains(0)


def test_a_method_that_compares_is_not_misled_by_balls() -> None:
    # the gradient is exactly as long as the threshold, which balls cannot tell
    claim = CLAIM | {
        "method": "clipped_gd(step=1, threshold=sqrt(2)/2*sqrt(2)/7)",
        "bound": "1/1000",
    }
    with pytest.raises(UndecidedError):
        verify(document(claim, WORST, (ONE,), "balls"))


def test_a_large_matrix_is_judged_exactly() -> None:
    size, large = 12, 10**70
    rows = tuple(
        tuple(F(large**2 if i == j else large + 7 * (i + j) + i * j) for j in range(size))
        for i in range(size)
    )
    assert Quadratic(rows).within(Curvature(lower=Rationals().rational(ONE)), Rationals())
