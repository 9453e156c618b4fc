"""The expression grammar: what is read, and what each error says, and where."""

from fractions import Fraction

import pytest

from theoryck.claims import Arithmetic, Scope, parse_condition, parse_expression, to_text
from theoryck.claims.expressions import Apply, Comparison, Conjunction, Number, Order, Over, Symbol
from theoryck.claims.scopes import CONSTANTS, RUN
from theoryck.errors import ClaimError, Place

PLACE = Place("file.toml", "a-claim", "measure")
RUN_SCOPE = Scope(
    "the measure",
    dict.fromkeys(("L", "R", "N", "mu", "Delta", "Theta"), ()),
    frozenset({"N"}),
    CONSTANTS | RUN | {"O"},
)
ARRAYS = Scope(
    "the function",
    {"w": ("d",), "X": ("n", "d"), "y": ("n",), "c": ()},
    words=CONSTANTS,
    arithmetic=Arithmetic.ARRAYS,
)


def error_of(text, scope=RUN_SCOPE):
    with pytest.raises(ClaimError) as caught:
        parse_expression(text, place=PLACE, scope=scope)
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", Fraction(1, 10)),
        ("1e-3", Fraction(1, 1000)),
        ("1_000", Fraction(1000)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("1e400", Fraction(10**400)),
        ("123456789.123456789", Fraction(123456789123456789, 10**9)),
    ],
)
def test_literals_are_exact(text, value):
    assert parse_expression(text) == Number(value)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("f(x[N])-f_star", "f(x[N]) - f_star"),
        ("-L**-2", "-L**-2"),
        ("(-L)**2", "(-L)**2"),
        ("-L**2", "-L**2"),
        ("(L**R)**mu", "(L**R)**mu"),
        ("L**R**mu", "L**R**mu"),
        ("L-(R-mu)", "L - (R - mu)"),
        ("L/(R*mu)", "L/(R*mu)"),
        ("(L*R)/mu", "L*R/mu"),
        ("+L", "L"),
        ("1 - (1 - mu/L)**(2*N)", "1 - (1 - mu/L)**(2*N)"),
        ("norm(grad(x[N-1]))**2", "norm(grad(x[N - 1]))**2"),
        (
            "min_over(i, 0, N-1, E(norm(grad(x[i]))**2))",
            "min_over(i, 0, N - 1, E(norm(grad(x[i]))**2))",
        ),
        ("f(mean_over(k, 0, N, x[k])) - f_star",) * 2,
        ("\n  L *\n  R ", "L*R"),
        ("O(1/sqrt(N))",) * 2,
        ("max(L, R, 0)",) * 2,
        ("x[floor(N/2)] - x_star", None),
    ],
)
def test_what_is_read_is_printed(text, printed):
    shape = ("d",) if printed is None else ()
    tree = parse_expression(text, scope=RUN_SCOPE, shape=shape)
    assert to_text(tree) == (printed or text)


def test_an_order_is_a_whole_bound():
    assert isinstance(parse_expression("Omega(1/N)", scope=RUN_SCOPE), Order)
    error = error_of("2*O(1/N)")
    assert error.place.column == 3
    assert "whole bound" in error.remedy
    plain = Scope("a step", {"N": ()})
    assert "whole bound" in error_of("O(1/N)", plain).remedy


def test_ranges_bind_their_index():
    tree = parse_expression("sum_over(i, 0, N, i**2)", scope=RUN_SCOPE)
    assert isinstance(tree, Over)
    assert (tree.variable, tree.lower, tree.upper) == ("i", Number(Fraction(0)), Symbol("N"))
    assert "'i'" in error_of("sum_over(i, 0, N, 1) + i").problem


@pytest.mark.parametrize(
    ("text", "column", "problem", "remedy"),
    [
        ("", None, "empty", "formula"),
        ("   ", None, "empty", "formula"),
        ("2L", 1, "'2L'", "2*L"),
        ("R*2L", 3, "'2L'", "2*L"),
        ("f(x[N]", 2, "not closed", "pairs"),
        ("L + R)", 6, "closes nothing", "pairs"),
        ("(L]", 3, "closes nothing", "pairs"),
        ("L +", 3, "cannot be read", "*"),
        ("L R", 1, "cannot be read", "*"),
        ("L = 3", 3, "single =", "=="),
        ("L^2", 2, "'^'", "**"),
        ("f(x[N]) ≤ 1", 9, "'≤'", "<="),
        ("L − R", 3, "'−'", "-"),
        ("2·L", 2, "'·'", "*"),
        ("‖x[N]‖", 1, "'‖'", "norm"),
        ("|L|", 1, "'|'", "abs"),
        ("a\0b", 2, "'\\x00'", "NUL"),
        ("L.real", 2, "'.'", "attributes"),
        ("'L'", 1, "means nothing", "strings"),
        ("f'{L}'", 2, "means nothing", "strings"),
        ("L # note", 3, "'#'", "comments"),
        ("{L}", 1, "'{'", "( )"),
        ("(y := 3)", 4, "':'", "x[N]"),
        ("lambda", 1, "lambda", "lam"),
        ("1/lambda", 3, "lambda", "lam"),
        ("a if L else R", 1, "an if", "min"),
        ("[L for L in R]", 1, "comprehension", "sum_over"),
        ("(L, R)", 1, "comma", "and"),
        ("L, R", 1, "comma", "and"),
        ("L < R", 1, "comparison", "inequality"),
        ("L and R", 1, "`and`", "one formula"),
        ("not L", 1, "`not`", "one formula"),
        ("True", 1, "True", "12"),
        ("None", 1, "None", "12"),
        ("1j", 1, "'1j'", "*"),
        ("007", 1, "'007'", "12"),
        ("0x10", 1, "'0x'", "*"),
        ("1e4000", 1, "digits", "power"),
        ("L//R", 1, "operator", "floor"),
        ("L(R)", 1, "L is no function", "L*(...)"),
        ("(L)(R)", 1, "L is no function", "L*(...)"),
        ("2(L)", 1, "without a name", "*"),
        ("smoth", 1, "'smoth'", "L, R, N"),
        ("Dleta", 1, "'Dleta'", "'Delta'"),
        ("R + fstar", 5, "'fstar'", "'f_star'"),
        ("ln(N)", 1, "'ln'", "'log'"),
        ("sqr(N)", 1, "'sqr'", "'sqrt'"),
        ("print(1)", 1, "'print'", "functions are"),
        ("f(x_N)", 3, "'x_N'", "'x[N]'"),
        ("x", 1, "without an index", "x[N]"),
        ("f - f_star", 1, "without its argument", "f(...)"),
        ("sqrt", 1, "without its arguments", "sqrt(...)"),
        ("k", 1, "k means nothing", "min_over"),
        ("E[f(x[N])]", 1, "E[...]", "E(...)"),
        ("L[0]", 1, "index", "x[N]"),
        ("x[0][1]", 1, "index", "x[N]"),
        ("log(L, 2)", 1, "takes 1 argument, got 2", None),
        ("dot(x[0])", 1, "takes 2 arguments, got 1", None),
        ("f(x=3)", 1, "no named arguments", "f(value)"),
        ("min(L)", 1, "two or more", "min_over"),
        ("min_over(k, 0, N)", 1, "4 arguments, got 3", "min_over(k, 0, N, ...)"),
        ("min_over(1, 0, N, L)", 10, "is a name", "k"),
        ("min_over(N, 0, N, L)", 10, "'N' already", "k"),
        ("min_over(f, 0, N, L)", 10, "'f' already", "k"),
        ("min_over(k, 0, N, x[k])", 19, "vectors", "norm"),
        ("sum_over(k, 0, N/2, L)", 16, "N/2", "floor"),
        ("f(x[N/2])", 5, "N/2", "floor"),
        ("f(x[L])", 5, "whole number", "integer, L"),
        ("f(x[0.5])", 5, "0.5", "floor"),
        ("f(x[-1])", 3, "x[-1]", None),
        ("f(x[0-1])", 3, "iterates start at x[0]", None),
        ("f(3)", 3, "a scalar", "x[N]"),
        ("f(f(x[0]))", 3, "a scalar", "x[N]"),
        ("norm(L)", 1, "norm of L", "abs"),
        ("grad(x[0]) + 1", 1, "a vector (d) and a scalar", "one shape"),
        ("x[N]*x[0]", 1, "product of vectors", "dot(x[N], x[0])"),
        ("x[N]**2", 1, "power of the vector", "norm(x[N])**2"),
        ("1/x[N]", 1, "division by a vector", "norm"),
        ("L**x[0]", 1, "exponent", "scalars"),
        ("abs(x[0])", 1, "abs of a vector", "norm"),
        ("x[N] - x[0]", 1, "a vector (d)", "norm(v)"),
        ("dot(x[0], L)", 1, "dot of a vector (d) and a scalar", "two vectors"),
        ("x[0] @ L", 1, "@ with a scalar", "*"),
        ("1/0", 1, "division by zero", None),
        ("L + log(-1)", 5, "log", None),
    ],
)
def test_errors_name_place_problem_and_remedy(text, column, problem, remedy):
    error = error_of(text)
    assert problem in error.problem
    assert (error.place.file, error.place.claim, error.place.key) == (
        "file.toml",
        "a-claim",
        "measure",
    )
    assert error.place.column == column
    if remedy is None:
        assert error.remedy is None or error.remedy
    else:
        assert remedy in error.remedy


def test_columns_count_characters_and_not_bytes():
    scope = Scope("the bound", {"μ": (), "λ": ()})
    assert error_of("μ*λ + zz", scope).place.column == 7
    assert parse_expression("μ*λ", scope=scope).arguments[1].column == 3


def test_names_mean_something_only_where_they_may():
    step = Scope("the argument step of sgd", {"L": ()}, words=CONSTANTS | {"k"})
    assert parse_expression("1/(L*sqrt(k + 1))", scope=step)
    for text in ("f_star", "f(x[0])", "x[0]", "E(L)", "grad(x_star)"):
        assert "the argument step of sgd" in str(error_of(text, step)), text


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("X@w - y", ("n",)),
        ("transpose(X)@(X@w - y)", ("d",)),
        ("norm(X@w - y)**2/n", ()),
        ("sum(log(1 + exp(-y*(X@w))))", ()),
        ("y*y", ("n",)),
        ("1 + y", ("n",)),
        ("c/y", ("n",)),
        ("w**2", ("d",)),
        ("max(w, 0)", ("d",)),
        ("y@X@w", ()),
        ("dot(X, X)", ()),
        ("transpose(X)", ("d", "n")),
        ("y@transpose(w)", ("n", "d")),
        ("transpose(w)@w", ()),
        ("transpose(y)@X@w", ()),
        ("transpose(transpose(w))", ("d",)),
        ("transpose(transpose(y)@X)", ("d",)),
    ],
)
def test_arrays_are_computed_entry_by_entry(text, shape):
    scope = Scope(ARRAYS.where, {**ARRAYS.shapes, "n": ()}, arithmetic=Arithmetic.ARRAYS)
    assert parse_expression(text, scope=scope, shape=shape)
    with pytest.raises(ClaimError):
        parse_expression(text, scope=scope, shape=(*shape, "other"))


@pytest.mark.parametrize("text", ["X*w", "X@y", "w + y", "w/y", "dot(w, y)", "max(w, y)"])
def test_arrays_of_different_shapes_do_not_mix(text):
    with pytest.raises(ClaimError):
        parse_expression(text, scope=ARRAYS, shape=None)


def test_conditions():
    scope = Scope("a constraint", {"mu": (), "L": ()})
    chain = parse_condition("0 < mu <= L", scope=scope)
    assert isinstance(chain, Comparison)
    assert chain.relations == ("<", "<=")
    both = parse_condition("L > 0 and mu > 0 and (mu != L and L == 1)", scope=scope)
    assert isinstance(both, Conjunction)
    assert len(both.parts) == 4
    assert to_text(both) == "L > 0 and mu > 0 and mu != L and L == 1"


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("mu", "nothing is compared", "0 < mu <= L"),
        ("mu > 0 or L > 0", "`or`", "`and`"),
        ("mu > 0, L > 0", "comma", "`and`"),
        ("not mu > 0", "`not`", "opposite"),
        ("mu in L", "`in`", "<="),
        ("mu is L", "`in` or `is`", "<="),
        ("mu = L", "single =", "=="),
        ("mu > 0 and L", "nothing is compared", "0 < mu <= L"),
        ("mu > nu", "'nu'", "mu, L"),
    ],
)
def test_conditions_that_are_none(text, problem, remedy):
    scope = Scope("a constraint", {"mu": (), "L": ()})
    with pytest.raises(ClaimError) as caught:
        parse_condition(text, place=PLACE, scope=scope)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


def test_trees_compare_without_their_columns():
    assert parse_expression("1+2") == parse_expression("  1 +   2")
    assert parse_expression("2 + 1") == Apply("+", (Number(Fraction(2)), Number(Fraction(1))))
