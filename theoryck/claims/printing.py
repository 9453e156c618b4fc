"""Trees back to the claim syntax, with as few parentheses as the syntax allows."""

from __future__ import annotations

from fractions import Fraction

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

# Python's precedences; a power binds tighter than a sign on its left, looser than one on its right
SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
BINARY = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "@": PRODUCT}
MAX_PLAIN_DIGITS = 20


def to_text(expr: Expr | Condition) -> str:
    """The claim syntax of a tree; parsing it gives the tree back.

    >>> from theoryck.claims.grammar import parse_expression
    >>> to_text(parse_expression("(1 - (2/3)) ** (2*4)"))
    '(1 - 2/3)**(2*4)'
    """
    return _text(expr)[0]


def brief(expr: Expr | Condition, width: int = 80) -> str:
    """The claim syntax, cut in the middle where it is long; for messages only."""
    text = to_text(expr)
    half = (width - 5) // 2
    return text if len(text) <= width else f"{text[:half]} ... {text[-half:]}"


def _text(expr: Expr | Condition) -> tuple[str, int]:
    match expr:
        case Number(value=value):
            return _number(value)
        case Symbol(name=name):
            return name, ATOM
        case Apply():
            return _apply(expr)
        case Iterate(index=index):
            return f"x[{to_text(index)}]", ATOM
        case Entry(name=name, index=index):
            return f"{name}[{to_text(index)}]", ATOM
        case Value(point=point):
            return f"f({to_text(point)})", ATOM
        case Gradient(point=point):
            return f"grad({to_text(point)})", ATOM
        case Expectation(body=body):
            return f"E({to_text(body)})", ATOM
        case Order(kind=kind, body=body):
            return f"{kind}({to_text(body)})", ATOM
        case Over(kind=kind, variable=variable, lower=lower, upper=upper, body=body):
            inside = ", ".join(map(to_text, (lower, upper, body)))
            return f"{kind}({variable}, {inside})", ATOM
        case Comparison(operands=operands, relations=relations):
            text = to_text(operands[0])
            for relation, operand in zip(relations, operands[1:], strict=True):
                text += f" {relation} {to_text(operand)}"
            return text, SUM
        case Conjunction(parts=parts):
            return " and ".join(map(to_text, parts)), SUM


def _wrapped(expr: Expr, weakest: int) -> str:
    text, strength = _text(expr)
    return text if strength >= weakest else f"({text})"


def _apply(expr: Apply) -> tuple[str, int]:
    name, arguments = expr.function, expr.arguments
    if name == "neg":
        return f"-{_wrapped(arguments[0], SIGN)}", SIGN
    if name == "**":
        return f"{_wrapped(arguments[0], ATOM)}**{_wrapped(arguments[1], SIGN)}", POWER
    if name in BINARY:
        strength = BINARY[name]
        left, right = _wrapped(arguments[0], strength), _wrapped(arguments[1], strength + 1)
        space = " " if strength == SUM or name == "@" else ""
        return f"{left}{space}{name}{space}{right}", strength
    return f"{name}({', '.join(map(to_text, arguments))})", ATOM


def _number(value: Fraction) -> tuple[str, int]:
    """A literal where there is one, else a quotient (which no parse gives, but engines may)."""
    if value < 0:
        text, strength = _number(-value)
        return f"-{text}", min(strength, SIGN)
    twos, fives, rest = 0, 0, value.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}", PRODUCT
    places = max(twos, fives)
    digits = str(value.numerator * 10**places // value.denominator)
    if places == 0:
        short = digits.rstrip("0")
        zeros = len(digits) - len(short)
        return (f"{short}e{zeros}" if zeros > MAX_PLAIN_DIGITS else digits), ATOM
    if places > MAX_PLAIN_DIGITS:
        return f"{digits}e-{places}", ATOM
    padded = digits.rjust(places + 1, "0")
    return f"{padded[:-places]}.{padded[-places:]}", ATOM
