"""Membership claims: each assumption proved on the whole box or refuted at exact points."""

from __future__ import annotations

import random
import time
from fractions import Fraction
from typing import Any

import pytest
import sympy

from theoryck.claims.arithmetic import Rationals
from theoryck.claims.claim import MembershipClaim
from theoryck.claims.printing import to_text
from theoryck.claims.reading import read_claim
from theoryck.derive.boxed import problem_of
from theoryck.derive.composition import Composition, Shape
from theoryck.derive.counterexamples import fails, setting_at
from theoryck.derive.intervals import WHOLE, enclose, exact_interval
from theoryck.derive.membership import examine_membership
from theoryck.derive.subdivision import Settled, Unsettled, nonnegative_on
from theoryck.derive.sufficiency import NotShown, shown
from theoryck.derive.violations import TESTS, Candidate
from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport, Scope, Status

pytestmark = pytest.mark.costly

x, y = sympy.symbols("x y", real=True)
LOGISTIC = "log(1 + exp(-a*w)) + lam/2*w**2"
LOGISTIC_PARAMETERS = {"a": "", "lam": "lam > 0"}
WAVY = "x**2 + 3*sin(x)**2"


def claim_of(function: str, *assumptions: str, **keys: Any) -> MembershipClaim:
    table = {
        "id": "m",
        "kind": "membership",
        "function": function,
        "variables": ["x"],
        "assumptions": list(assumptions),
        **keys,
    }
    claim = read_claim(table)
    assert isinstance(claim, MembershipClaim)
    return claim


def examine(function: str, *assumptions: str, **keys: Any) -> EngineReport:
    return examine_membership(claim_of(function, *assumptions, **keys), time.monotonic() + 30)


def on(low: Any, high: Any) -> dict[str, Any]:
    return {"domain": {"x": [low, high]}}


PROVED = [
    (WAVY, ("smooth(8)", "weakly_convex(4)", "pl(1/32)", "quadratic_growth(2)"), {}),
    ("exp(x) + x**2", ("strongly_convex(2)",), {}),
    ("x**4/4", ("convex", "smooth(3)", "hessian_lipschitz(6)"), on(-1, 1)),
    ("x**4", ("l0_l1_smooth(12, 3)", "kl(3/4, 4)"), {}),
    ("cosh(x)", ("strongly_convex(1)", "l0_l1_smooth(1, 1)"), {}),
    ("sin(x)", ("smooth(1)", "lipschitz(1)", "hessian_lipschitz(1)"), {}),
    ("tanh(x)", ("smooth(0.77)",), {}),
    ("1/x", ("convex",), on("1/10", "oo")),
    ("x**4", ("smooth(24)",), on("-sqrt(2)", "sqrt(2)")),
    ("tan(x)", ("lipschitz(4)",), on(-1, 1)),
    ("3*x**2 - x + 1", ("quadratic", "pl(6)", "error_bound(12)", "quadratic_growth(6)"), {}),
    ("abs(x)", ("convex", "lipschitz(1)"), {}),
    ("relu(x)**2", ("convex", "smooth(2)"), {}),
    ("log(exp(x) + exp(y))", ("convex",), {"variables": ["x", "y"]}),
    ("x**2/2 + y**2/2 + x*y/2", ("strongly_convex(1/2)", "pl(1/2)"), {"variables": ["x", "y"]}),
    ("max(x, y)", ("convex",), {"variables": ["x", "y"]}),
]


@pytest.mark.parametrize(("function", "assumptions", "keys"), PROVED)
def test_true_memberships_are_proved(
    function: str, assumptions: tuple[str, ...], keys: dict[str, Any]
) -> None:
    report = examine(function, *assumptions, **keys)
    assert report.status is Status.PROVED, report.reason
    assert report.scope is Scope.ALL_PARAMETERS
    for assumption in assumptions:
        name = assumption.split("(")[0]
        assert any(line.startswith(f"{name}: ") for line in report.evidence)


REFUTED = [
    (WAVY, "convex", {}),
    (WAVY, "smooth(7.99)", {}),
    (WAVY, "weakly_convex(3.99)", {}),
    (WAVY, "pl(0.18)", {}),
    (WAVY, "quadratic_growth(2.01)", {}),
    ("exp(x) + x**2", "strongly_convex(2.02)", {}),
    ("x**4/4", "smooth(2.97)", on(-1, 1)),
    ("x**4", "smooth(23.9999)", on("-sqrt(2)", "sqrt(2)")),
    ("x**4", "l0_l1_smooth(1, 3)", {}),
    ("x**4", "kl(3/4, 4.04)", {}),
    ("x**4", "pl(1)", {}),
    ("x**4", "error_bound(1)", {}),
    ("x**4", "quadratic", {}),
    ("sin(x)", "hessian_lipschitz(0.99)", {}),
    ("sin(x)", "lipschitz(0.99)", {}),
    ("abs(x)", "lipschitz(0.99)", {}),
    ("abs(x)", "smooth(100)", {}),
    ("-abs(x)", "weakly_convex(5)", {}),
    ("floor(x)", "lipschitz(1)", {}),
    ("x", "pl(1)", {}),  # unbounded below
    ("(1 - y*x)**2", "convex", {"variables": ["x", "y"]}),
    ("x**2/2 + y**2/2 + x*y/2", "smooth(1.49)", {"variables": ["x", "y"]}),
    ("x**2 + y**2 + z**2 + 2.1*x*z", "convex", {"variables": ["x", "y", "z"]}),
    ("x**2", "semi_smooth(0, 1)", {}),
]


@pytest.mark.parametrize(("function", "assumption", "keys"), REFUTED)
def test_false_memberships_are_refuted_at_points(
    function: str, assumption: str, keys: dict[str, Any]
) -> None:
    report = examine(function, assumption, **keys)
    assert report.status is Status.REFUTED, report.reason
    assert assumption.split("(")[0] in report.reason
    (instance,) = report.instances
    assert instance.witness is not None
    assert instance.witness["points"]


@pytest.mark.parametrize(("function", "assumption", "keys"), REFUTED)
def test_the_prover_alone_does_not_prove_what_is_false(
    function: str, assumption: str, keys: dict[str, Any]
) -> None:
    """Without the search for counterexamples, which would hide a hole in the proofs."""
    claim = claim_of(function, assumption, **keys)
    setting = setting_at(claim, {})
    assert setting is not None
    (use,), problem = claim.assumptions, problem_of(claim, {}, setting.outer)
    origin = tuple(Fraction(0) for _ in setting.box)
    assert isinstance(shown(problem, use, (origin,), time.monotonic() + 1), NotShown)


def test_the_failing_assumption_is_named_among_true_ones() -> None:
    report = examine("x**4/4", "convex", "smooth(2.9)", "lipschitz(1)", **on(-1, 1))
    assert report.status is Status.REFUTED
    assert report.reason.startswith("smooth(2.9) fails")


@pytest.mark.parametrize(
    ("assumption", "status"),
    [
        ("smooth(a**2/4 + lam)", Status.PROVED),
        ("strongly_convex(lam)", Status.PROVED),
        ("smooth(0.99*a**2/4 + lam)", Status.REFUTED),
        ("strongly_convex(1.01*lam)", Status.REFUTED),
    ],
)
def test_parameters_are_covered(assumption: str, status: Status) -> None:
    report = examine(LOGISTIC, assumption, variables=["w"], parameters=LOGISTIC_PARAMETERS)
    assert report.status is status, report.reason
    assert report.scope is (Scope.ALL_PARAMETERS if status is Status.PROVED else None)


def test_a_box_may_depend_on_parameters() -> None:
    keys: dict[str, Any] = {
        "variables": ["w"],
        "parameters": {**LOGISTIC_PARAMETERS, "W": "W > 0"},
        "domain": {"w": ["-W", "W"]},
    }
    assert examine(LOGISTIC, "lipschitz(abs(a) + lam*W)", **keys).status is Status.PROVED
    assert examine(LOGISTIC, "lipschitz(lam*W)", **keys).status is Status.REFUTED


def test_instances_are_proved_where_no_proof_covers_all_parameters() -> None:
    keys = {"parameters": {"b": "b >= 1"}, "at": [{"b": 1}, {"b": "3/2"}], **on(0, 1)}
    report = examine("exp(sin(b*x))", "lipschitz(b*exp(b))", **keys)
    assert report.status is Status.PROVED, report.reason
    if report.scope is Scope.INSTANCES:
        assert [i.status for i in report.instances] == [Status.PROVED, Status.PROVED]


@pytest.mark.parametrize("function", ["1/x", "log(x)", "sin(x)/x", "sqrt(x)"])
def test_a_function_without_a_value_in_its_domain_means_nothing(function: str) -> None:
    report = examine(function, "convex")
    assert report.status is Status.INVALID
    assert "give a domain" in report.reason


@pytest.mark.parametrize(
    ("function", "assumption", "keys"),
    [
        ("sqrt(x**4)", "smooth(2)", {}),  # true, but the root of zero is not differentiated
        ("x**2", "strict_saddle(1, 1, 1, 1)", {}),
        ("x + 0*tan(x)", "lipschitz(1)", {}),  # no value at the poles, which are not rational
        ("sqrt((x**2 - 2)**2)", "smooth(10)", on(-2, 2)),  # the size of x**2 - 2: kinks
        ("x**2", "convex", on(1, 1)),  # a point, not an interval
        ("floor(x)/10**9", "smooth(1)", {}),
    ],
)
def test_what_is_not_seen_is_not_proved(
    function: str, assumption: str, keys: dict[str, Any]
) -> None:
    assert examine(function, assumption, **keys).status in (Status.INCONCLUSIVE, Status.REFUTED)


@pytest.mark.parametrize(
    ("function", "assumption", "status"),
    [
        ("norm(x)**2", "strongly_convex(2)", Status.PROVED),
        ("norm(x)**2", "strongly_convex(2.02)", Status.REFUTED),
        ("norm(x)**2", "smooth(1.98)", Status.REFUTED),
        ("norm(x)**2", "smooth(2)", Status.INCONCLUSIVE),
        ("sum(abs(x)) + 1/2*norm(x)**2", "strongly_convex(1)", Status.PROVED),
        ("log(sum(exp(x)))", "convex", Status.PROVED),
        ("max(norm(x) - 1, 0)**2", "convex", Status.PROVED),
        ("-norm(x)", "convex", Status.REFUTED),
        ("norm(x)", "lipschitz(0.99)", Status.REFUTED),
        ("sum(x**3)", "convex", Status.REFUTED),
    ],
)
def test_vectors_are_proved_at_every_size_and_refuted_at_one(
    function: str, assumption: str, status: Status
) -> None:
    assert examine(function, assumption, variables=["x: d"]).status is status


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("exp(x) + x**2 - 3*x", Shape.CONVEX),
        ("2 - abs(x)", Shape.CONCAVE),
        ("max(exp(x), 1 - x)/2", Shape.CONVEX),
        ("relu(x)**3", Shape.CONVEX),
        ("log(exp(x) + exp(-x) + 2)", Shape.CONVEX),
        ("min(x, 1) - x**4", Shape.CONCAVE),
        ("a*x + 1", Shape.AFFINE),
        ("a*x**2", Shape.UNKNOWN),
        ("b*x**2", Shape.CONVEX),
        ("-b*x**2", Shape.CONCAVE),
        ("x**2/a", Shape.UNKNOWN),
        ("x**3", Shape.UNKNOWN),
        ("(x**2 - 1)**2", Shape.UNKNOWN),
        ("exp(-x**2)", Shape.UNKNOWN),
        ("log(x)", Shape.UNKNOWN),
        ("x*exp(x)", Shape.UNKNOWN),
        ("exp(x) - exp(x)", Shape.UNKNOWN),
        ("abs(x**2 - 1)", Shape.UNKNOWN),
    ],
)
def test_composition(text: str, shape: Shape) -> None:
    signs = {"a": None, "b": 1, "-b": -1}

    def sign(expr: Any) -> int | None:
        written = to_text(expr)
        return signs[written] if written in signs else int(sympy.sign(sympy.Rational(written)))

    claim = claim_of(text, "convex", parameters={"a": "", "b": "b > 0"})
    assert Composition(frozenset({"x"}), sign).shape(claim.function) is shape


def test_parameters_of_either_sign_are_tried() -> None:
    keys = {"parameters": {"c": ""}}
    assert examine("c*abs(x) + x**2/2", "strongly_convex(1)", **keys).status is Status.REFUTED
    keys = {"parameters": {"c": "c >= 0"}}
    assert examine("c*abs(x) + x**2/2", "strongly_convex(1)", **keys).status is Status.PROVED


def test_a_candidate_outside_the_box_shows_nothing() -> None:
    claim = claim_of("x**4", "smooth(13)", **on(-1, 1))
    setting = setting_at(claim, {})
    assert setting is not None
    (use,), curved = claim.assumptions, TESTS["smooth"][0]
    assert not fails(setting, use, curved, Candidate(((Fraction(2),),), (Fraction(1),)))
    assert not fails(setting, use, curved, Candidate(((Fraction(1),),), (Fraction(1),)))


def test_irrational_ends_are_rounded_to_the_safe_side() -> None:
    setting = setting_at(claim_of("x**2", "convex", **on("-sqrt(2)", "sqrt(3)")), {})
    assert setting is not None
    ((low, high),), ((out_low, out_high),) = setting.box, setting.outer
    assert None not in (low, high, out_low, out_high)
    assert low**2 < 2 < out_low**2
    assert high**2 < 3 < out_high**2


RANGED = [
    x**2 + 3 * sympy.sin(x) ** 2,
    sympy.exp(-x) / (1 + sympy.exp(-x)) ** 2,
    sympy.log(1 + sympy.exp(x)) - x,
    sympy.sqrt(1 + x**2) * sympy.atan(x - y),
    (x**3 - x * y) / (2 + sympy.cos(y)),
    sympy.Max(x, y) - sympy.Abs(x * y) + sympy.tanh(x),
    sympy.cosh(x - y) * sympy.sinh(y) + sympy.asinh(x),
    x ** sympy.Rational(-1, 3) + 1 / (1 + y**2),
]


@pytest.mark.parametrize("expr", RANGED, ids=str)
def test_ranges_contain_every_value(expr: sympy.Expr) -> None:
    generator = random.Random(str(expr))
    tried = 0
    for _ in range(60):
        ends = {
            s: sorted(Fraction(generator.randint(-40, 40), 8) for _ in range(2)) for s in (x, y)
        }
        box = {s: exact_interval(*pair) for s, pair in ends.items()}
        try:
            found = enclose(expr, box)
        except TheoryckError:
            continue
        for _ in range(4):
            inside = {
                s: a + (b - a) * Fraction(generator.randint(0, 8), 8) for s, (a, b) in ends.items()
            }
            value = expr.subs(
                {s: sympy.Rational(v.numerator, v.denominator) for s, v in inside.items()}
            )
            number = float(sympy.N(value, 30))
            assert float(found.lower) - 1e-9 <= number <= float(found.upper) + 1e-9
            tried += 1
    assert tried > 20


def test_ranges_of_unbounded_boxes() -> None:
    tail = exact_interval(Fraction(1), None)
    assert float(enclose(1 / (1 + x**2), {x: WHOLE}).upper) == 1
    assert float(enclose(sympy.cos(x) * 6, {x: WHOLE}).lower) == -6
    assert enclose(x**3 - x, {x: tail}).lower < 0  # wide, and right
    assert float(enclose(sympy.tanh(x), {x: tail}).upper) == 1
    with pytest.raises(TheoryckError):
        enclose(1 / x, {x: WHOLE})
    with pytest.raises(TheoryckError):
        enclose(sympy.sqrt(x), {x: WHOLE})


@pytest.mark.parametrize(
    ("expr", "box", "settled"),
    [
        (sympy.cosh(x) - 1 - x**2 / 2, {x: (-3, 3)}, True),  # zero to the fourth order at 0
        (sympy.exp(x) - 1 - x, {x: (None, None)}, True),
        (x**4 - x**2 + sympy.Rational(251, 1000), {x: (-3, 3)}, True),
        (x**4 - x**2 + sympy.Rational(249, 1000), {x: (-3, 3)}, False),
        (x**2 + y**2 - x * y, {x: (-1, 1), y: (-1, 1)}, True),
        (x**2 + y**2 - 3 * x * y, {x: (-1, 1), y: (-1, 1)}, False),
        (x, {x: (-1, 1)}, False),
        (1 / x, {x: (0, 1)}, False),
        (-sympy.Abs(x), {x: (-1, 1)}, False),
        (x**3, {x: (-1, 1)}, False),
        (sympy.sin(x) - x / 2, {x: (0, 1)}, True),
    ],
    ids=str,
)
def test_subdivision(expr: sympy.Expr, box: Any, settled: bool) -> None:
    answer = nonnegative_on(expr, box, time.monotonic() + 10)
    assert isinstance(answer, Settled if settled else Unsettled), answer


def test_strict_positivity_is_not_proved_at_a_zero() -> None:
    late = time.monotonic() + 5
    assert isinstance(nonnegative_on(x**2, {x: (-1, 1)}, late), Settled)
    assert isinstance(nonnegative_on(x**2, {x: (-1, 1)}, late, strict=True), Unsettled)


def test_margins_are_what_the_definitions_say() -> None:
    """f = x⁴ at x = 1, y = 0: f' = 4, f'' = 12, the gap is 1."""
    claim = claim_of("x**4", "smooth(13)", "pl(7)", "lipschitz(5)", "l0_l1_smooth(1, 3)")
    setting = setting_at(claim, {})
    assert setting is not None
    one, zero, along = (Fraction(1),), (Fraction(0),), (Fraction(1),)
    function = setting.function(Rationals())
    found = []
    for use, place in zip(
        claim.assumptions,
        (
            Candidate((one,), along),
            Candidate((one, zero)),
            Candidate((one,)),
            Candidate((one,), along),
        ),
        strict=True,
    ):
        test = TESTS[use.assumption.name][0]
        found.append(test.margin(function, function.constants(use.arguments), place))
    assert [int(value.p) for value in found] == [1, 2, 1, 1]
