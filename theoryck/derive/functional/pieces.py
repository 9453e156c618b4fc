"""Functions with cases (max, min, abs, cases) as finitely many pieces without them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy

from theoryck.derive.exact import polynomial_symbols
from theoryck.derive.relations import Implied, Relation
from theoryck.derive.rules.base import NotApplicableError
from theoryck.derive.symbols import ZERO, holds_for_numbers

MAX_PIECES = 16
CASES = (sympy.Max, sympy.Min, sympy.Abs, sympy.Piecewise)


@dataclass(frozen=True)
class Piece:
    """``value`` wherever all of ``where`` hold."""

    where: tuple[Relation, ...]
    value: sympy.Expr

    def asks(self, left: sympy.Expr, sign: str, right: sympy.Expr, *more: Relation) -> Relation:
        """A relation that is to hold on this piece (and where ``more`` holds)."""
        return given(cleared(left, sign, right), (*more, *self.where))


def given(goal: Relation, premises: tuple[Relation, ...]) -> Relation:
    """A relation that is to hold where others do."""
    return Implied(goal.left, goal.sign, goal.right, premises) if premises else goal


def cleared(left: sympy.Expr, sign: str, right: sympy.Expr) -> Relation:
    """An equal relation against zero, without factors that are surely positive.

    >>> a, x = sympy.Symbol("a", positive=True), sympy.Symbol("x", real=True)
    >>> print(cleared(a * x**2, ">=", a * x))
    x*(x - 1) >= 0
    """
    roots = polynomial_symbols([left, right])
    back = {next(iter(power.free_symbols)): symbol for symbol, power in roots.items()}
    degrees = {next(iter(power.free_symbols)): power.as_base_exp()[1] for power in roots.values()}
    try:
        whole = sympy.cancel(sympy.together((left - right).subs(roots, simultaneous=True)))
        above, below = sympy.fraction(whole)
        above = above if above.is_number else _without_monomial(sympy.Poly(above))
    except (sympy.PolynomialError, NotImplementedError):
        return Relation(left, sign, right)
    below = sympy.Mul(*(f for f in sympy.Mul.make_args(below) if not is_surely_positive(f)))
    kept = (above / below).subs({root: s ** (1 / degrees[root]) for root, s in back.items()})
    return Relation(kept, sign, ZERO)


def _without_monomial(poly: sympy.Poly) -> sympy.Expr:
    """The polynomial without the positive symbols that divide all its terms."""
    content, primitive = poly.terms_gcd()
    powers = zip(primitive.gens, content, strict=True)
    return sympy.Mul(*(g**n for g, n in powers if not g.is_positive)) * primitive.as_expr()


def is_surely_positive(expr: sympy.Expr) -> bool:
    """Whether it is positive by SymPy's own lights, as a product or a sum of positive terms."""
    return bool(expr.is_positive or sympy.factor_terms(expr).is_positive)


def pieces(*expressions: sympy.Expr) -> tuple[tuple[tuple[Relation, ...], tuple[Any, ...]], ...]:
    """Common pieces of several expressions; together they cover everything.

    Raises:
        NotApplicableError: there are too many, or a case is not decided by comparisons.

    >>> x = sympy.Symbol("x", real=True)
    >>> for where, (value,) in pieces(sympy.Max(x, 1)):
    ...     print(value, *where)
    1 x <= 1
    x 1 <= x
    """
    done: list[tuple[tuple[Relation, ...], tuple[Any, ...]]] = []
    waiting: list[tuple[tuple[Relation, ...], tuple[Any, ...]]] = [((), expressions)]
    while waiting:
        where, values = waiting.pop(0)
        node = _innermost(values)
        if node is None:
            done.append((where, values))
        else:
            for relations, value in _branches(node):
                kept = tuple(r for r in relations if not holds_for_numbers(r))
                if any(holds_for_numbers(r.negation()) for r in kept):
                    continue
                replaced = tuple(v.xreplace({node: value}) for v in values)
                before = tuple(
                    Relation(
                        r.left.xreplace({node: value}), r.sign, r.right.xreplace({node: value})
                    )
                    for r in where
                )
                waiting.append(((*before, *kept), replaced))
        if len(done) + len(waiting) > MAX_PIECES:
            raise NotApplicableError(f"a step with more than {MAX_PIECES} cases")
    return tuple(done)


def pieces_of(expr: sympy.Expr) -> tuple[Piece, ...]:
    """The pieces of one expression."""
    return tuple(Piece(where, value) for where, (value,) in pieces(expr))


def undecided(conditions: Iterable[Relation]) -> tuple[Relation, ...]:
    """The conditions that more than a look at two numbers is needed for, each once."""
    return tuple(dict.fromkeys(c for c in conditions if not holds_for_numbers(c)))


def is_continuous(expr: sympy.Expr) -> bool:
    """Whether the expression is continuous wherever it has values, by how it is made."""
    return not expr.has(sympy.Piecewise, sympy.sign, sympy.floor, sympy.ceiling)


def _innermost(values: tuple[sympy.Expr, ...]) -> Any:
    nodes = {node for value in values for node in value.atoms(*CASES)}
    inner = [
        node
        for node in nodes
        if not any(part.has(*CASES) for part in node.args if isinstance(part, sympy.Basic))
    ]
    return min(inner, key=sympy.default_sort_key, default=None)


def _branches(node: Any) -> Iterator[tuple[tuple[Relation, ...], sympy.Expr]]:
    arguments = list(sympy.ordered(node.args))
    match node:
        case sympy.Max():
            for chosen in arguments:
                yield _others(chosen, "<=", arguments), chosen
        case sympy.Min():
            for chosen in arguments:
                yield _others(chosen, ">=", arguments), chosen
        case sympy.Abs():
            (inside,) = arguments
            yield (Relation(inside, ">=", ZERO),), inside
            yield (Relation(inside, "<=", ZERO),), -inside
        case _:
            yield from _of_piecewise(node)


def _others(chosen: sympy.Expr, sign: str, arguments: list[sympy.Expr]) -> tuple[Relation, ...]:
    return tuple(Relation(other, sign, chosen) for other in arguments if other != chosen)


def _of_piecewise(node: Any) -> Iterator[tuple[tuple[Relation, ...], sympy.Expr]]:
    passed: tuple[Relation, ...] = ()
    for value, condition in node.args:
        if condition == sympy.true:
            yield passed, value
            return
        relation = _relation(condition)
        yield (*passed, relation), value
        passed = (*passed, relation.negation())
    raise NotApplicableError("a case distinction that leaves cases out")


def _relation(condition: Any) -> Relation:
    signs = {sympy.Le: "<=", sympy.Lt: "<", sympy.Ge: ">=", sympy.Gt: ">"}
    signs |= {sympy.Eq: "==", sympy.Ne: "!="}
    if type(condition) not in signs:
        raise NotApplicableError(f"a case that is not decided by one comparison: {condition}")
    return Relation(condition.lhs, signs[type(condition)], condition.rhs)


__all__ = ["Piece", "cleared", "given", "is_continuous", "pieces", "pieces_of", "undecided"]
