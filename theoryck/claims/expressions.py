"""The expression tree: what a claim's text means before any number system is chosen.

Trees are frozen, know the column they came from (which equality ignores), and are walked with
:func:`children`. Operators are functions too: ``+ - * / ** neg @`` are names like ``sqrt``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

OPERATORS = {"+": 2, "-": 2, "*": 2, "/": 2, "**": 2, "@": 2, "neg": 1}
SCALAR_FUNCTIONS = dict.fromkeys(
    (
        *("sqrt", "log", "exp", "abs", "sign", "ceil", "floor", "sin", "cos", "tan", "sinh"),
        *("cosh", "tanh", "asinh", "atan", "sigmoid", "softplus", "relu"),
    ),
    1,
)
VARIADIC_FUNCTIONS = frozenset({"min", "max"})
VECTOR_FUNCTIONS = {"norm": 1, "dot": 2, "transpose": 1, "sum": 1}
RANGES = ("min_over", "max_over", "mean_over", "sum_over")
ORDERS = ("O", "Omega", "Theta")
RELATIONS = ("<=", ">=", "<", ">", "==", "!=")
RESERVED = ("f", "grad", "x", "f_star", "x_star", "pi", "oo", "E", "k")


@dataclass(frozen=True)
class Number:
    """An exact rational literal; ``0.1`` in a claim means one tenth."""

    value: Fraction
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Symbol:
    """A parameter, a bound index, a variable, or one of ``f_star x_star pi oo k``."""

    name: str
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Apply:
    """An operator or a function applied: ``Apply("+", (a, b))``, ``Apply("sqrt", (a,))``."""

    function: str
    arguments: tuple[Expr, ...]
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Iterate:
    """``x[index]``."""

    index: Expr
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Entry:
    """``name[index]``, an entry of a sequence that a written derivation names."""

    name: str
    index: Expr
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Value:
    """``f(point)``."""

    point: Expr
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Gradient:
    """``grad(point)``."""

    point: Expr
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Expectation:
    """``E(body)``."""

    body: Expr
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Over:
    """``min_over(variable, lower, upper, body)`` and its kin; both ends are included."""

    kind: str
    variable: str
    lower: Expr
    upper: Expr
    body: Expr
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Order:
    """``O(body)``, ``Omega(body)`` or ``Theta(body)`` as a whole bound."""

    kind: str
    body: Expr
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Comparison:
    """A chain ``a <= b < c``: ``operands[i] relations[i] operands[i + 1]``."""

    operands: tuple[Expr, ...]
    relations: tuple[str, ...]
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Conjunction:
    """Comparisons joined by ``and``."""

    parts: tuple[Comparison, ...]
    column: int = field(default=0, compare=False)


Expr = Number | Symbol | Apply | Iterate | Entry | Value | Gradient | Expectation | Over | Order
Condition = Comparison | Conjunction


def children(expr: Expr | Condition) -> tuple[Expr | Condition, ...]:
    """The direct subexpressions."""
    match expr:
        case Number() | Symbol():
            return ()
        case Apply(arguments=arguments):
            return arguments
        case Iterate(index=inner) | Entry(index=inner):
            return (inner,)
        case Value(point=inner) | Gradient(point=inner):
            return (inner,)
        case Expectation(body=inner) | Order(body=inner):
            return (inner,)
        case Over(lower=lower, upper=upper, body=body):
            return (lower, upper, body)
        case Comparison(operands=operands):
            return operands
        case Conjunction(parts=parts):
            return parts


def walk(expr: Expr | Condition) -> Iterator[Expr | Condition]:
    """Every node of the tree, parents first."""
    stack: list[Expr | Condition] = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def names(expr: Expr | Condition) -> frozenset[str]:
    """The names of all symbols in the tree, bound indices included."""
    return frozenset(node.name for node in walk(expr) if isinstance(node, Symbol))


def mentions(expr: Expr | Condition, *kinds: type) -> bool:
    """Whether a node of one of these types occurs."""
    return any(isinstance(node, kinds) for node in walk(expr))
