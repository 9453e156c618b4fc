"""Claim files to typed claims: every kind, every key, and what each mistake is told."""

import json
from fractions import Fraction

import pytest

from theoryck.claims import (
    Claim,
    ComplexityClaim,
    EquivalenceClaim,
    GradientClaim,
    IdentityClaim,
    ImplicationClaim,
    InequalityClaim,
    InvalidClaim,
    MembershipClaim,
    RateClaim,
    ScheduleClaim,
    read_claim,
    read_file,
    to_text,
)
from theoryck.claims.expressions import Apply, Number, Order, Symbol
from theoryck.errors import ClaimError
from theoryck.methods import METHODS, method
from theoryck.verdict import Status

RATE = {
    "id": "gd",
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
}
COMPLEXITY = {
    "id": "steps",
    "kind": "complexity",
    "parameters": {"L": "L > 0", "Delta": "Delta >= 0", "epsilon": "epsilon > 0"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["smooth(L)"],
    "initial": "f(x[0]) - f_star <= Delta",
    "reach": "min_over(i, 0, k, norm(grad(x[i]))) <= epsilon",
    "within": "2*L*Delta/epsilon**2",
}
MEMBERSHIP = {
    "id": "member",
    "kind": "membership",
    "function": "x**2 + 3*sin(x)**2",
    "variables": ["x"],
    "domain": "R",
    "assumptions": ["smooth(8)", "pl(1/32)"],
}
IMPLICATION = {
    "id": "implies",
    "kind": "implication",
    "parameters": {"mu": "mu > 0"},
    "hypotheses": ["strongly_convex(mu)"],
    "conclusion": "pl(mu)",
}
SCHEDULE = {
    "id": "steps-sum",
    "kind": "schedule",
    "schedule": "1/(k + 1)",
    "conditions": ["sum(gamma) == oo", "sum(gamma**2) < oo", "sum(gamma)/sum(gamma**2) == oo"],
}
INEQUALITY = {
    "id": "young",
    "kind": "inequality",
    "parameters": {"a": "", "b": "", "x": "x > 0"},
    "hypotheses": ["a >= 0 and b >= 0"],
    "conclusion": "2*a*b <= x*a**2 + b**2/x",
}
IDENTITY = {
    "id": "square",
    "kind": "identity",
    "parameters": {"a": "", "b": ""},
    "lhs": "(a + b)**2",
    "rhs": "a**2 + 2*a*b + b**2",
}
EQUIVALENCE = {
    "id": "same",
    "kind": "equivalence",
    "parameters": {"gamma": "gamma > 0", "beta": "0 <= beta < 1"},
    "methods": ["sgd(step=gamma)", "momentum_sgd(step=gamma, momentum=beta)"],
    "assumptions": ["beta == 0"],
}
GRADIENT = {
    "id": "slope",
    "kind": "gradient",
    "function": "norm(X@w - y)**2/n",
    "variables": {"w": "d", "X": "n x d", "y": "n"},
    "derivative": "2*transpose(X)@(X@w - y)/n",
}
TABLES = [
    (RATE, RateClaim),
    (COMPLEXITY, ComplexityClaim),
    (MEMBERSHIP, MembershipClaim),
    (IMPLICATION, ImplicationClaim),
    (SCHEDULE, ScheduleClaim),
    (INEQUALITY, InequalityClaim),
    (IDENTITY, IdentityClaim),
    (EQUIVALENCE, EquivalenceClaim),
    (GRADIENT, GradientClaim),
]


def changed(table, **changes):
    """The table with some keys changed, or left out where the change is None."""
    return {key: value for key, value in {**table, **changes}.items() if value is not None}


def error_of(table, **changes):
    with pytest.raises(ClaimError) as caught:
        read_claim(changed(table, **changes), file="claims.toml")
    return caught.value


@pytest.mark.parametrize(
    ("table", "kind"), TABLES, ids=lambda value: getattr(value, "__name__", "")
)
def test_every_kind_is_read(table, kind):
    claim = read_claim({**table, "text": "as printed", "source": "a slide", "expect": "proved"})
    assert type(claim) is kind
    assert (claim.id, claim.text, claim.source) == (table["id"], "as printed", "a slide")
    assert claim.expect is Status.PROVED
    assert set(claim.parameters) == set(table.get("parameters", ()))


@pytest.mark.parametrize(
    ("table", "kind"), TABLES, ids=lambda value: getattr(value, "__name__", "")
)
def test_every_kind_survives_json(table, kind):
    claim = read_claim(table)
    again = read_claim(json.loads(json.dumps(claim.table)))
    assert again == claim
    assert again.table == claim.table


@pytest.mark.parametrize(
    ("table", "kind"), TABLES, ids=lambda value: getattr(value, "__name__", "")
)
def test_every_key_that_is_needed_is_missed(table, kind):
    optional = {"kind", "parameters", "initial", "domain"}
    if kind in (InequalityClaim, EquivalenceClaim):
        optional |= {"hypotheses", "assumptions"}
    for key in set(table) - optional:
        error = error_of(table, **{key: None})
        assert error.place.key == key
        assert "missing" in error.problem or "exactly one" in error.problem


@pytest.mark.parametrize(
    ("table", "kind"), TABLES, ids=lambda value: getattr(value, "__name__", "")
)
@pytest.mark.parametrize("wrong", [True, 3.5j, ["a", 1], {"a": {"b": 1}}, b"bytes", None, object()])
def test_no_type_of_value_escapes_as_another_error(table, kind, wrong):
    for key in table:
        with pytest.raises(ClaimError) as caught:
            read_claim({**table, key: wrong})
        assert caught.value.place.key


def test_a_rate_claim_holds_what_it_says():
    claim = read_claim({**RATE, "at": [{"L": 1, "R": "3/2", "N": 10}], "relation": "=="})
    assert claim.method.method is METHODS["gradient_descent"]
    assert to_text(claim.method.arguments["step"]) == "1/L"
    assert [use.assumption.name for use in claim.assumptions] == ["convex", "smooth"]
    assert claim.assumptions[1].arguments == {"L": Symbol("L")}
    assert len(claim.initial) == 1
    assert (claim.relation, claim.limit, claim.confidence) == ("==", "N -> oo", None)
    assert claim.parameters["N"].integer
    assert to_text(claim.parameters["N"].condition) == "N >= 1"
    assert claim.at[0]["R"] == Apply("/", (Number(Fraction(3)), Number(Fraction(2))))


def test_natural_spellings():
    assert read_claim(changed(RATE, initial=None)).initial == ()
    two = ["norm(x[0] - x_star) <= R", "f(x[0]) - f_star <= L*R**2"]
    assert read_claim(changed(RATE, initial=two)).initial == (
        read_claim(changed(RATE, initial=" and ".join(two))).initial
    )
    assert read_claim(changed(RATE, bound=3)).bound == Number(Fraction(3))
    assert read_claim(changed(RATE, bound=0.1)).bound == Number(Fraction(1, 10))
    assert read_claim(changed(RATE, assumptions="smooth(L)")).assumptions[0].arguments
    assert read_claim(changed(RATE, assumptions=["smooth(L=2*L)"])).assumptions
    positional = read_claim(changed(RATE, method="heavy_ball(1/L, momentum=k/(k + 3))"))
    assert list(positional.method.arguments) == ["step", "momentum"]
    assert read_claim(changed(RATE, bound="O(1/N)", **{"as": "L -> 0"})).limit == "L -> 0"
    assert read_claim(changed(RATE, **{"as": "N->infinity"})).limit == "N -> oo"
    assert read_claim(changed(RATE, confidence="1 - 1/N")).confidence is not None
    assert isinstance(read_claim(changed(RATE, bound="O(1/N)")).bound, Order)


def test_infinite_ends_of_a_constraint_say_nothing():
    def constraint(text):
        parameter = read_claim(changed(RATE, parameters={**RATE["parameters"], "R": text}))
        condition = parameter.parameters["R"].condition
        return condition and to_text(condition)

    assert constraint("0 < R < oo") == "0 < R"
    assert constraint("-oo < R <= oo") is None
    assert constraint("oo > R >= 1 and R > -oo") == "R >= 1"
    at = [{"L": 1, "R": 1, "N": 1}]
    assert read_claim(changed(RATE, at=at, parameters={**RATE["parameters"], "R": "R < oo"}))


def test_complexity_counts_iterations_by_k_or_an_undeclared_n():
    assert read_claim(COMPLEXITY).limit == "epsilon -> 0"
    assert read_claim(changed(COMPLEXITY, reach="f(x[N]) - f_star <= epsilon")).within
    lower = read_claim(changed(COMPLEXITY, within=None, at_least="Omega(1/epsilon**2)"))
    assert lower.within is None
    assert isinstance(lower.at_least, Order)
    assert "exactly one" in error_of(COMPLEXITY, at_least="1").problem
    assert "one target" in error_of(COMPLEXITY, reach="0 < norm(grad(x[k])) < epsilon").remedy


def test_domains():
    two = changed(MEMBERSHIP, function="x + y", variables="x, y", assumptions=["convex"])
    claim = read_claim(changed(two, domain={"x": [-1.5, "sqrt(2)"], "y": ["-oo", 2]}))
    low, high = claim.domain["x"]
    assert (to_text(low), to_text(high)) == ("-1.5", "sqrt(2)")
    assert claim.domain["y"][0] is None
    assert read_claim(changed(two, domain=None)).domain["y"] == (None, None)
    assert read_claim(changed(MEMBERSHIP, domain=[0, 1])).domain["x"][0] == Number(Fraction(0))
    assert "empty" in error_of(MEMBERSHIP, domain={"x": [1, 0]}).problem
    assert "no variable" in error_of(MEMBERSHIP, domain={"z": [0, 1]}).problem
    assert "[lo, hi]" in error_of(MEMBERSHIP, domain={"x": [0]}).remedy
    assert 'domain = "R"' in error_of(MEMBERSHIP, domain="R^d").remedy


@pytest.mark.parametrize(
    "variables",
    [
        {"w": "d", "X": "n x d", "y": "n"},
        ["w: d", "X: n x d", "y: n"],
        ["w: vector d", "X: matrix n x d", "y: (n)"],
        {"w": ["d"], "X": ["n", "d"], "y": "n"},
        {"w": "d", "X": "n × d", "y": "n"},
        {"w": "R^d", "X": "R^{n x d}", "y": "R^n"},
    ],
)
def test_shapes_have_several_spellings(variables):
    claim = read_claim(changed(GRADIENT, variables=variables))
    assert [v.shape for v in claim.variables] == [("d",), ("n", "d"), ("n",)]
    assert list(claim.derivative) == ["w"]


def test_a_derivative_belongs_to_the_variable_of_its_shape():
    flat = changed(GRADIENT, function="x*y", variables=["x", "y"], derivative=["y", "x"])
    assert {n: to_text(e) for n, e in read_claim(flat).derivative.items()} == {"x": "y", "y": "x"}
    assert read_claim(changed(flat, derivative={"y": "x"})).derivative == {"y": Symbol("x")}
    assert "a table" in error_of(flat, derivative="y").remedy
    assert "no variable" in error_of(flat, derivative={"z": "y"}).problem
    wrong = error_of(GRADIENT, derivative={"w": "X@w - y"})
    assert wrong.place.key == "derivative.w"
    assert "a vector (n)" in wrong.problem
    assert "a scalar is needed" in error_of(GRADIENT, function="X@w").problem
    both = {"w": "d", "X": "n x d", "y": "n", "n": "scalar"}
    assert "dimension too" in error_of(GRADIENT, variables=both).problem
    assert "parameter too" in error_of(GRADIENT, parameters={"w": ""}).problem


def test_methods_and_assumptions_may_be_added():
    @method
    def signed(x, f, *, step):
        return x - step * f.grad(x)

    table = changed(RATE, method="signed(step=1/L)")
    assert "'signed'" in error_of(table).problem
    assert read_claim(table, methods={**METHODS, "signed": signed}).method.method is signed


@pytest.mark.parametrize(
    ("table", "key", "value", "place", "problem", "remedy"),
    [
        (RATE, "id", "GD smooth", "id", "kebab-case", "'gd-smooth'"),
        (RATE, "id", "", "id", "kebab-case", "gd-smooth"),
        (RATE, "kind", "rates", "kind", "'rates'", "'rate'"),
        (RATE, "kind", "zzz", "kind", "'zzz'", "membership"),
        (RATE, "mesure", "1", "mesure", "unknown key", "'measure'"),
        (RATE, "function", "1", "function", "unknown key", "membership and gradient"),
        (RATE, "expect", "prooved", "expect", "'prooved'", "'proved'"),
        (RATE, "relation", ">=", "relation", "'>='", "at_least"),
        (RATE, "relation", "=<", "relation", "'=<'", "'<='"),
        (RATE, "parameters", {"k": "k >= 0"}, "parameters.k", "iteration", "otherwise"),
        (MEMBERSHIP, "variables", {"x": "vector"}, "variables.x", "no dimensions", '"d"'),
        (RATE, "as", "N", "as", "no limit", "N -> oo"),
        (RATE, "as", "M -> oo", "as", "'M'", "parameter"),
        (RATE, "method", "gradient_decent(1/L)", "method", "unknown method", "'gradient_descent'"),
        (RATE, "method", "gradient_descent", "method", "needs step", "gradient_descent(step)"),
        (RATE, "method", "gradient_descent(1, 2)", "method", "takes 1", "(step)"),
        (RATE, "method", "gradient_descent(stp=1)", "method", "'stp'", "'step'"),
        (RATE, "method", "gradient_descent(1, step=1)", "method", "twice", "(step)"),
        (RATE, "method", "gradient_descent(step=1, step=1)", "method", "twice", "(step)"),
        (RATE, "method", "gradient_descent(**L)", "method", "** in a call", "(step)"),
        (RATE, "method", "gradient_descent(step=x[0])", "method", "index", "x0"),
        (RATE, "method", "sgd(1/L, batch=k)", "method", "k means nothing", None),
        (RATE, "method", "1/L", "method", "no name", "name(argument=value)"),
        (RATE, "assumptions", ["convx"], "assumptions[0]", "unknown assumption", "'convex'"),
        (RATE, "assumptions", ["smooth"], "assumptions[0]", "needs L", "smooth(L)"),
        (RATE, "assumptions", ["smooth(k)"], "assumptions[0]", "k means nothing", None),
        (RATE, "assumptions", ["smooth(-1)"], "assumptions[0]", "negative", "positive"),
        (RATE, "assumptions", "convex, smooth(L)", "assumptions", "several", "a list"),
        (RATE, "initial", "f(x[0])", "initial", "nothing is compared", "comparison"),
        (RATE, "initial", "x[0] == x_star", "initial", "a vector (d)", "norm"),
        (RATE, "initial", "norm(x[1] - x_star) <= R", "initial", "x[1]", "x[0]"),
        (RATE, "initial", ["f(x[N]) <= f_star"], "initial[0]", "x[N]", "x[0]"),
        (RATE, "confidence", "95", "confidence", "95 is no probability", "0.95"),
        (RATE, "confidence", "-1/2", "confidence", "no probability", "0.95"),
        (RATE, "bound", "L*R**2/M", "bound", "'M'", "L, R, N"),
        (RATE, "confidence", "1 - zeta", "confidence", "'zeta'", "L, R, N"),
        (RATE, "parameters", ["L"], "parameters", "table", None),
        (MEMBERSHIP, "assumptions", ["unbiased"], "assumptions[0]", "noise", "formula"),
        (MEMBERSHIP, "variables", ["x", "x"], "variables", "twice", None),
        (MEMBERSHIP, "variables", ["sin"], "variables", "function", "otherwise"),
        (MEMBERSHIP, "variables", {"x": "a x b x c"}, "variables.x", "two dimensions", "scalar"),
        (MEMBERSHIP, "function", "x**2 + z", "function", "'z'", "x"),
        (SCHEDULE, "conditions", ["sum(a) == oo", "sum(b) < oo"], "conditions", "'b'", "one name"),
        (SCHEDULE, "conditions", ["sum(k) == oo"], "conditions", "no condition", "sum(gamma)"),
        (SCHEDULE, "conditions", [], "conditions", "no conditions", "sum(gamma)"),
        (EQUIVALENCE, "methods", ["sgd(gamma)"], "methods", "two methods", "two"),
        (IDENTITY, "lhs", "a + f_star", "lhs", "f_star means nothing", None),
    ],
)
def test_each_mistake_is_told_where_what_and_how(table, key, value, place, problem, remedy):
    error = error_of(table, **{key: value})
    assert error.place.file == "claims.toml"
    assert error.place.key == place or error.place.key.startswith(place)
    assert problem in error.problem
    if remedy is not None:
        assert remedy in error.remedy


@pytest.mark.parametrize(
    ("name", "constraint", "problem", "remedy"),
    [
        ("f", "f > 0", "meaning of its own", "otherwise"),
        ("k", "", "meaning of its own", "otherwise"),
        ("E", "", "meaning of its own", "otherwise"),
        ("sqrt", "", "function", "otherwise"),
        ("lambda", "", "Python", "lam"),
        ("2a", "", "no name", "letter"),
        ("a b", "", "no name", "letter"),
        ("mu", 3, "in quotes", '"mu > 0"'),
        ("mu", "positive", "'positive'", "mu > 0"),
        ("mu", "mu > ", "cannot be read", None),
        ("mu", "mu >= 1, integer", "comes first", "integer, mu >= 1"),
        ("µ", "", "is read as", "'μ'"),
        ("mu", "integer,", "nothing after", "integer, mu >= 1"),
        ("mu", "integer mu > 0", "cannot be read", None),
        ("mu", "0 < mu < nu", "'nu'", None),
    ],
)
def test_parameters_that_are_none(name, constraint, problem, remedy):
    error = error_of(RATE, parameters={**RATE["parameters"], name: constraint})
    assert error.place.key == f"parameters.{name}"
    assert problem in error.problem
    if remedy is not None:
        assert remedy in error.remedy


def test_scalar_claims_have_all_letters_free():
    assert read_claim(
        changed(
            IDENTITY,
            parameters={"x": "", "f": "", "E": "", "k": "integer"},
            lhs="x*f*E*k",
            rhs="k*E*f*x",
        )
    )


@pytest.mark.parametrize(
    ("at", "key", "problem"),
    [
        ([{"L": 1, "R": 1}], "at[0]", "no value for N"),
        ([{"L": 1, "R": 1, "N": 1, "M": 1}], "at[0]", "M is no parameter"),
        ([{"L": -1, "R": 1, "N": 1}], "at[0].L", "outside the domain"),
        ([{"L": "0*pi", "R": 1, "N": 1}], "at[0].L", "outside the domain"),
        ([{"L": 1, "R": 1, "N": 0}], "at[0].N", "outside the domain"),
        ([{"L": 1, "R": 1, "N": 0.5}], "at[0].N", "not an integer"),
        ([{"L": 1, "R": 1, "N": "sqrt(2)"}], "at[0].N", "not an integer"),
        ([{"L": 1, "R": 1, "N": 10**12}], "at[0].N", "beyond 1000000"),
        ([{"L": 1, "R": 1, "N": "10**12"}], "at[0].N", "beyond 1000000"),
        ([{"L": True, "R": 1, "N": 1}], "at[0].L", "true"),
        ([{"L": "R", "R": 1, "N": 1}], "at[0].L", "'R'"),
        ([{"L": "oo", "R": 1, "N": 1}], "at[0].L", "decided"),
        ([{"L": float("inf"), "R": 1, "N": 1}], "at[0].L", "no number"),
        ([{"L": 1, "R": 1, "N": 1}, {"L": 0, "R": 1, "N": 1}], "at[1].L", "outside the domain"),
        ([{"L": "1/0", "R": 1, "N": 1}], "at[0].L", "division by zero"),
        (3, "at", "a list is needed"),
    ],
)
def test_instances_are_inside_the_domain(at, key, problem):
    error = error_of(RATE, at=at)
    assert error.place.key == key
    assert problem in error.problem


def test_instances_are_exact():
    at = {"L": 0.1, "R": "sqrt(2)", "N": "sqrt(4)"}
    claim = read_claim({**RATE, "at": [at], "parameters": {**RATE["parameters"], "R": "R**2 > 1"}})
    assert claim.at[0]["L"] == Number(Fraction(1, 10))
    joint = {**RATE["parameters"], "mu": "0 < mu <= L"}
    instance = {"L": "sqrt(2)", "mu": "sqrt(2) - 1/10**30", "R": 1, "N": 1}
    assert read_claim(changed(RATE, parameters=joint, at=[instance]))
    close = {**instance, "mu": "sqrt(2)*sqrt(2)/sqrt(2)"}
    assert "cannot be decided" in error_of(RATE, parameters=joint, at=[close]).problem


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("bound", "L*R**2/(N - 1)", "division by zero"),
        ("bound", "L*R**2*log(N - 1)", "logarithm of 0"),
        ("bound", "sqrt(2)/(N - 1)", "division by zero"),
        ("bound", "sqrt(N - 2)", "square root of -1"),
        ("bound", "(N - 2)**(1/2)", "fractional power"),
        ("method", "gradient_descent(step=1/(N - 1))", "division by zero"),
        ("measure", "f(x[N - 2]) - f_star", "x[-1]"),
        ("measure", "min_over(k, 2, N, norm(grad(x[k])))", "empty range"),
        ("initial", "norm(x[0] - x_star) <= R/(N - 1)", "division by zero"),
    ],
)
def test_a_claim_means_something_at_its_instances(key, value, reason):
    error = error_of(RATE, **{key: value, "at": [{"L": 1, "R": 1, "N": 1}]})
    assert error.place.key == key
    assert reason in error.problem
    assert "N = 1" in error.problem
    assert read_claim(changed(RATE, **{key: value, "at": [{"L": 1, "R": 1, "N": 3}]}))


def test_what_a_ball_cannot_decide_is_left_alone():
    at = [{"L": 1, "R": 1, "N": 2}]
    assert read_claim(changed(RATE, bound="1 + sqrt(sqrt(N)**2 - 2)", at=at))
    assert read_claim(changed(RATE, bound="1/(sqrt(N)**2 - N)", at=at))
    assert read_claim(changed(RATE, bound="(sqrt(N)**2 - N)**-1", at=at))


def test_a_confidence_is_a_probability_at_the_instances():
    at = [{"L": 1, "R": 1, "N": 1}, {"L": 1, "R": 3, "N": 1}]
    assert "at at[1]" in error_of(RATE, confidence="R/2", at=at).problem
    assert read_claim(changed(RATE, confidence="1 - exp(-R)", at=at))


def test_negative_assumptions_at_an_instance():
    error = error_of(
        RATE,
        parameters={"L": "", "R": "", "N": "integer"},
        at=[{"L": -1, "R": 1, "N": 1}],
    )
    assert error.place.key == "assumptions"
    assert "smooth: L = L is negative" in error.problem


FILE = """
format = 1
[[claim]]
id = "good"
kind = "identity"
lhs = "1 + 1"
rhs = 2.0
[[claim]]
id = "bad"
measur = "f(x[N])"
method = "gradient_descent(step=1/L)"
expect = "invalid"
[[claim]]
id = "good"
kind = "identity"
lhs = "1"
rhs = "1"
[[claim]]
kind = "identity"
lhs = 1
rhs = 0.1
"""


def test_one_bad_claim_never_hides_the_others(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text(FILE)
    first, second, third, fourth = read_file(path).entries
    assert isinstance(first, Claim)
    assert first.rhs == Number(Fraction(2))
    assert isinstance(second, InvalidClaim)
    assert (second.id, second.kind, second.expect) == ("bad", "rate", Status.INVALID)
    keys = [error.place.key for error in second.errors]
    assert {"measur", "measure", "bound", "assumptions", "method"} <= set(keys)
    assert all(str(error).startswith(f"{path}, claim 'bad', ") for error in second.errors)
    assert isinstance(third, InvalidClaim)
    assert "taken" in third.errors[0].problem
    assert isinstance(fourth, InvalidClaim)
    assert fourth.id == "claim-4"
    assert json.dumps(fourth.table)


def test_what_other_systems_write_is_read(tmp_path):
    path = tmp_path / "claims.toml"
    text = '\ufeffformat = 1\r\n[[claim]]\r\nid = "a"\r\nkind = "identity"\r\n'
    path.write_bytes((text + 'lhs = """1 +\r\n 1"""\r\nrhs = 2\r\n').encode())
    (claim,) = read_file(path).entries
    assert isinstance(claim, IdentityClaim)


def test_floats_are_read_as_they_are_written(tmp_path):
    path = tmp_path / "claims.toml"
    text = (
        'format = 1\n[[claim]]\nid = "a"\nkind = "identity"\nlhs = 0.10000000000000000001\nrhs=1\n'
    )
    path.write_text(text)
    (claim,) = read_file(path).entries
    assert claim.lhs == Number(Fraction("0.10000000000000000001"))
    assert read_claim(json.loads(json.dumps(claim.table))) == claim


def test_instances_that_cannot_be_read_do_not_hide_the_confidence() -> None:
    with pytest.raises(ClaimError):
        read_claim(RATE | {"at": 3, "confidence": "1/2"})
