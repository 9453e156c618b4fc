"""Expression trees of claims, and SymPy expressions by way of them, as marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Condition,
    Conjunction,
    Entry,
    Expectation,
    Expr,
    Gradient,
    Iterate,
    Number,
    Order,
    Over,
    Symbol,
    Value,
)
from theoryck.claims.grammar import parse_condition, parse_expression
from theoryck.derive.printing import tidy, to_claim_text
from theoryck.derive.trees import scope_of
from theoryck.errors import ClaimError
from theoryck.report.mathematics.marks import (
    Digits,
    Fenced,
    Fraction,
    Mark,
    Name,
    Root,
    Row,
    Script,
    Sign,
    Under,
    Words,
    fenced,
    row,
)

if TYPE_CHECKING:
    import sympy

SUM, PRODUCT, SIGN, ATOM = range(4)
FUNCTION_FENCES = {
    "abs": ("|", "|"),
    "ceil": ("lceil", "rceil"),
    "floor": ("lfloor", "rfloor"),
    "norm": ("norm", "norm"),
}


def formula_marks(expr: Expr | Condition) -> Mark:
    """The tree of a claim's expression or condition as it is written on paper."""
    return _marks(expr)[0]


def expression_marks(expr: sympy.Expr) -> Mark:
    """A SymPy expression in a claim's symbols, by way of its claim text.

    >>> import sympy
    >>> from theoryck.report.mathematics.latex import to_latex
    >>> L, N = sympy.symbols("L N", positive=True)
    >>> to_latex(expression_marks(1 - L / (2 * N)))
    '1 - \\\\frac{L}{2 \\\\, N}'
    """
    return text_marks(to_claim_text(tidy(expr)), _identifiers(expr))


def _identifiers(expr: sympy.Expr) -> frozenset[str]:
    return frozenset(s.name for s in expr.free_symbols if s.name.isidentifier())


def text_marks(text: str, names: frozenset[str]) -> Mark:
    """A claim expression or condition in these names; as it is where it cannot be read."""
    scope = scope_of(names)
    try:
        return formula_marks(parse_expression(text, scope=scope, shape=None))
    except ClaimError:
        pass
    try:
        return formula_marks(parse_condition(text, scope=scope))
    except ClaimError:
        return Words(text)


def _marks(expr: Expr | Condition) -> tuple[Mark, int]:
    match expr:
        case Number(value=value):
            if value.denominator == 1:
                return _signed(str(abs(value)), negative=value < 0)
            above, below = Digits(str(abs(value.numerator))), Digits(str(value.denominator))
            if value < 0:
                return row(Sign("-"), Fraction(above, below)), SIGN
            return Fraction(above, below), ATOM
        case Symbol(name=name):
            return (Sign(name) if name in ("oo", "pi") else Name(name)), ATOM
        case Apply():
            return _apply(expr)
        case Iterate(index=index):
            return Script(Name("x"), lower=formula_marks(index)), ATOM
        case Entry(name=name, index=index):
            return Script(Name(name), lower=formula_marks(index)), ATOM
        case Value(point=point):
            return row(Name("f"), fenced(formula_marks(point))), ATOM
        case Gradient(point=point):
            return row(Sign("nabla"), Name("f"), fenced(formula_marks(point))), ATOM
        case Expectation(body=body):
            return row(Sign("E"), Fenced("[", formula_marks(body), "]")), ATOM
        case Order(kind=kind, body=body):
            return row(Name(kind), fenced(formula_marks(body))), ATOM
        case Over():
            return _over(expr), PRODUCT
        case Comparison(operands=operands, relations=relations):
            parts = [formula_marks(operands[0])]
            for relation, operand in zip(relations, operands[1:], strict=True):
                parts += [Sign(relation), formula_marks(operand)]
            return row(*parts), SUM
        case Conjunction(parts=conditions):
            joined: list[Mark] = []
            for condition in conditions:
                joined += [Sign("and"), formula_marks(condition)]
            return row(*joined[1:]), SUM


def _signed(digits: str, *, negative: bool) -> tuple[Mark, int]:
    if negative:
        return row(Sign("-"), Digits(digits)), SIGN
    return Digits(digits), ATOM


def _wrapped(expr: Expr, weakest: int) -> Mark:
    mark, strength = _marks(expr)
    return mark if strength >= weakest else fenced(mark)


def _apply(expr: Apply) -> tuple[Mark, int]:
    name, arguments = expr.function, expr.arguments
    match name:
        case "neg":
            return row(Sign("-"), _wrapped(arguments[0], PRODUCT)), SIGN
        case "+" | "-":
            left = _wrapped(arguments[0], SUM)
            right = _wrapped(arguments[1], SUM if name == "+" else PRODUCT)
            if _starts_with_sign(right):
                right = fenced(right)
            return row(left, Sign(name), right), SUM
        case "*" | "@":
            left, right = (_wrapped(a, PRODUCT) for a in arguments)
            if _starts_with_sign(right):
                right = fenced(right)
            between = "times" if _digits_meet(left, right) else "*"
            return row(left, Sign(between), right), PRODUCT
        case "/":
            above, below = arguments
            if isinstance(above, Apply) and above.function == "neg":
                size = Fraction(formula_marks(above.arguments[0]), formula_marks(below))
                return row(Sign("-"), size), SIGN
            return Fraction(formula_marks(above), formula_marks(below)), ATOM
        case "**":
            return _power(*arguments), ATOM
        case "sqrt":
            return Root(formula_marks(arguments[0])), ATOM
        case "dot":
            inside = row(formula_marks(arguments[0]), Sign(","), formula_marks(arguments[1]))
            return Fenced("langle", inside, "rangle"), ATOM
        case "transpose":
            return Script(_wrapped(arguments[0], ATOM), upper=Sign("transpose")), ATOM
    if name in FUNCTION_FENCES:
        left_fence, right_fence = FUNCTION_FENCES[name]
        return Fenced(left_fence, formula_marks(arguments[0]), right_fence), ATOM
    listed: list[Mark] = []
    for argument in arguments:
        listed += [Sign(","), formula_marks(argument)]
    return row(Sign(name), fenced(row(*listed[1:]))), ATOM


def _power(base: Expr, exponent: Expr) -> Mark:
    shown, strength = _marks(base)
    bare = isinstance(base, Symbol | Number) or (
        isinstance(base, Apply) and base.function in ("norm", "abs")
    )
    inside = shown if bare and strength == ATOM and not isinstance(shown, Fraction) else None
    return Script(inside or fenced(shown), upper=formula_marks(exponent))


def _over(expr: Over) -> Mark:
    lower, upper = formula_marks(expr.lower), formula_marks(expr.upper)
    variable = Name(expr.variable)
    body = _wrapped(expr.body, PRODUCT)
    if expr.kind == "sum_over":
        start = row(variable, Sign("="), lower)
        return row(Under(Sign("sum_over"), start, upper), body)
    span = row(lower, Sign("<="), variable, Sign("<="), upper)
    return row(Under(Sign(expr.kind), span), body)


def _starts_with_sign(mark: Mark) -> bool:
    if not isinstance(mark, Row) or not mark.parts:
        return False
    return mark.parts[0] == Sign("-") or _starts_with_sign(mark.parts[0])


def _digits_meet(left: Mark, right: Mark) -> bool:
    """Whether a product without a sign would read as one number."""
    return _begins_with_digits(right) and not isinstance(left, Fraction)


def _begins_with_digits(mark: Mark) -> bool:
    match mark:
        case Row(parts=(first, *_)):
            return _begins_with_digits(first)
        case Script(base=base):
            return _begins_with_digits(base)
    return isinstance(mark, Digits)


def condition_marks(text: str, names: frozenset[str]) -> Mark:
    """A relation such as a side condition of a step."""
    return text_marks(text, names)
