"""Laws of the grammar: printing and parsing are inverse; any text is read or a ClaimError."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theoryck.claims import Claim, Scope, parse_condition, parse_expression, to_text
from theoryck.claims.arithmetic import Rationals
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Conjunction,
    Expectation,
    Gradient,
    Iterate,
    Number,
    Order,
    Over,
    Symbol,
    Value,
    walk,
)
from theoryck.claims.kinds import KINDS
from theoryck.claims.reading import COMMON_KEYS, check_text, parse_document, read_claim
from theoryck.claims.scopes import CONSTANTS, RUN
from theoryck.errors import ClaimError, Place, TheoryckError

SCOPE = Scope(
    "the bound", {"L": (), "mu": (), "N": ()}, frozenset({"N"}), CONSTANTS | RUN | {"O", "k"}
)

literals = st.builds(
    lambda digits, places: Number(Fraction(digits, 10**places)),
    st.integers(0, 10**6),
    st.integers(0, 30),
)
indices = st.sampled_from([Symbol("N"), Number(Fraction(3)), Symbol("k")]) | st.builds(
    lambda n: Apply("+", (Symbol("N"), Number(Fraction(n)))), st.integers(0, 9)
)
points = st.builds(Iterate, indices) | st.just(Symbol("x_star"))
atoms = (
    literals
    | st.sampled_from([Symbol(name) for name in ("L", "mu", "N", "k", "pi", "oo", "f_star")])
    | st.builds(Value, points)
    | st.builds(lambda p: Apply("norm", (Gradient(p),)), points)
    | st.builds(lambda p, q: Apply("norm", (Apply("-", (p, q)),)), points, points)
    | st.builds(lambda p, q: Apply("dot", (p, q)), points, points)
)


def larger(inner):
    return (
        st.builds(
            lambda name, a, b: Apply(name, (a, b)),
            st.sampled_from(["+", "-", "*", "/"]),
            inner,
            inner,
        )
        | st.builds(lambda a, n: Apply("**", (a, n)), inner, inner)
        | st.builds(lambda a: Apply("neg", (a,)), inner)
        | st.builds(
            lambda name, a: Apply(name, (a,)), st.sampled_from(["sqrt", "exp", "relu"]), inner
        )
        | st.builds(lambda a, b: Apply("max", (a, b)), inner, inner)
        | st.builds(Expectation, inner)
        | st.builds(
            lambda kind, body: Over(
                kind, f"i{nested_ranges(body)}", Number(Fraction(0)), Symbol("N"), body
            ),
            st.sampled_from(["min_over", "sum_over"]),
            inner,
        )
    )


def nested_ranges(expr):
    """A number that no range inside the expression has in its index."""
    return sum(isinstance(node, Over) for node in walk(expr))


trees = st.recursive(atoms, larger, max_leaves=12)


def read(text, parse):
    """The tree of a printed one, None where its constants ask for too much or have no value."""
    try:
        return parse(text, scope=SCOPE)
    except ClaimError as error:
        if any(word in error.problem for word in ("exponent", "constant of", "no value")):
            return None
        raise


@given(trees)
@settings(max_examples=400, deadline=None)
def test_parsing_what_is_printed_gives_the_tree_back(tree):
    assert read(to_text(tree), parse_expression) in (tree, None)


@given(trees)
@settings(max_examples=50, deadline=None)
def test_so_do_orders(tree):
    assert read(to_text(Order("O", tree)), parse_expression) in (Order("O", tree), None)


relations = st.sampled_from(["<", "<=", "==", "!=", ">", ">="])
comparisons = st.lists(trees, min_size=2, max_size=3).flatmap(
    lambda terms: st.builds(
        lambda rs: Comparison(tuple(terms), tuple(rs)),
        st.lists(relations, min_size=len(terms) - 1, max_size=len(terms) - 1),
    )
)


@given(st.lists(comparisons, min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_and_conditions(parts):
    condition = Conjunction(tuple(parts)) if len(parts) > 1 else parts[0]
    assert read(to_text(condition), parse_condition) in (condition, None)


@given(trees)
@settings(max_examples=200, deadline=None)
def test_parentheses_are_minimal_and_the_value_is_pythons(tree):
    """Where Python can compute the printed text in rationals, it finds our value."""
    text = to_text(tree)
    known = {"L": Fraction(3, 2), "mu": Fraction(2), "N": Fraction(3), "k": Fraction(1)}
    try:
        ours = evaluate(tree, Environment({n: Rationals().rational(v) for n, v in known.items()}),
                        Rationals())  # fmt: skip
    except TheoryckError:
        return
    python = pythons_value(text, known)
    if python is not None:
        assert Fraction(int(ours.p), int(ours.q)) == python


def pythons_value(text, names):
    """An independent evaluator: Python's own parser, with literals as fractions."""
    import ast

    operators = {
        ast.Add: lambda a, b: a + b,
        ast.Sub: lambda a, b: a - b,
        ast.Mult: lambda a, b: a * b,
        ast.Div: lambda a, b: a / b,
        ast.Pow: lambda a, b: a**b,
    }

    def value(node):
        match node:
            case ast.Constant():
                return Fraction(ast.get_source_segment(text, node))
            case ast.Name(id=name):
                return names[name]
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -value(inner)
            case ast.BinOp(left=left, op=op, right=right):
                return operators[type(op)](value(left), value(right))
        raise KeyError(node)

    try:
        result = value(ast.parse(text, mode="eval").body)
    except (KeyError, ZeroDivisionError, OverflowError):
        return None
    return result if isinstance(result, Fraction) else None


@pytest.mark.parametrize(
    "text",
    ["-2**2", "2**-1", "2**3**2", "(2**3)**2", "1 - 2 - 3", "1 - (2 - 3)", "2/3/4", "2/(3/4)",
     "2*(3/4)", "-(2 + 3)", "(-2)**2", "2 - -3", "- -2", "2*-3", "1/2*3"],
)  # fmt: skip
def test_precedence_is_pythons(text):
    tree = parse_expression(text)
    assert to_text(tree).replace(" ", "") == text.replace(" ", "")
    ours = evaluate(tree, Environment(), Rationals())
    assert Fraction(int(ours.p), int(ours.q)) == pythons_value(text, {})


pieces = st.lists(
    st.sampled_from(
        [*"+-*/@()[]<>=,.&|^%~:'\"#\\{}", "**", "<=", "x[", "N", "L", "k", "f(", "grad(", " ",
         "norm(", "min_over(k,0,N,", "9", "1e9", "0.5", "x_star", "and ", "or ", "not ", "lambda ",
         "if ", "else ", "for ", "in ", "E(", "O(", "oo", "sqrt(", "9**9", "__", "μ", "\0", "\n",
         "é", "\ud800", "1_0", "await ", "yield ", "**kw", "*a", "f'", "0x", "1j", ":=", "//"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


def outcome(action):
    """What an action gives: its value, or its ClaimError."""
    try:
        return action()
    except ClaimError as error:
        return error


@given(st.text(max_size=60) | pieces)
@settings(max_examples=1500, deadline=None)
def test_no_text_does_more_than_raise_a_claim_error(text):
    for parse in (parse_expression, parse_condition):
        place = Place(key="bound")
        result = outcome(lambda: parse(text, place=place, scope=SCOPE))  # noqa: B023 - run at once
        if isinstance(result, ClaimError):
            column = result.place.column
            assert column is None or 1 <= column <= max(len(text), 1)
            assert result.place.key == "bound"
            assert "\n" not in str(result)
        else:
            assert to_text(result)


texts = [
    *("gradient_descent(step=1/L)", "smooth(L)", "convex", "L > 0", "N >= 1", "integer, N >= 1"),
    *("f(x[N]) - f_star", "x", "d", "m x n", "R", "rate", "sum(g) < oo", "x**2", "lambda"),
]
names = st.sampled_from(["L", "N", "x", "f", "w", "lambda", "a b"]) | st.text(max_size=3)
leaves = (
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    st.sampled_from(texts),
)
values = st.recursive(
    st.one_of(*leaves),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(
    [*COMMON_KEYS, *sorted({key for kind in KINDS.values() for key in kind.keys}), "typo"]
)


@given(st.dictionaries(keys, values, max_size=9), st.sampled_from(list(KINDS)))
@settings(max_examples=600, deadline=None)
def test_no_table_does_more_than_raise_a_claim_error(table, kind):
    result = outcome(lambda: read_claim({"id": "a", "kind": kind, **table}))
    assert isinstance(result, Claim | ClaimError)


@given(st.text(max_size=80) | pieces.map("format = 1\n".__add__))
@settings(max_examples=300, deadline=None)
def test_no_document_does_more_than_raise_a_claim_error(text):
    outcome(lambda: check_text(text, Place()))
    outcome(lambda: parse_document(text, Place()))
