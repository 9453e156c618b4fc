"""Text to trees: Python's expression syntax, read by ``ast`` and a whitelist, never run.

Three passes: :mod:`lexing` bounds the text and reads the literals, this module admits the syntax
and the names, :mod:`shapes` tells scalars from vectors.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from theoryck.claims import limits
from theoryck.claims.expressions import (
    ORDERS,
    RANGES,
    RESERVED,
    SCALAR_FUNCTIONS,
    VARIADIC_FUNCTIONS,
    VECTOR_FUNCTIONS,
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
from theoryck.claims.lexing import Source, scan
from theoryck.claims.scopes import FUNCTIONS, SCALAR, Scope, Shape
from theoryck.claims.shapes import check_condition_shapes, check_shape
from theoryck.errors import ClaimError, Place

BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.MatMult: "@",
}
RELATION: dict[type[ast.cmpop], str] = {
    ast.LtE: "<=",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.Gt: ">",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
ARITIES = {**SCALAR_FUNCTIONS, **VECTOR_FUNCTIONS}

SYNTAX = {
    ast.Lambda: ("a lambda", "expressions define no functions"),
    ast.IfExp: ("an if", "cases are written with min, max, abs or sign"),
    ast.GeneratorExp: ("a comprehension", "write sum_over(k, 0, N, ...) and its kin"),
    ast.ListComp: ("a comprehension", "write sum_over(k, 0, N, ...) and its kin"),
    ast.NamedExpr: ("an assignment", "expressions define no names"),
    ast.Tuple: ("a comma outside a call", "join comparisons by `and`; decimals have a point"),
    ast.List: ("a list", "an index is written x[N]"),
    ast.Starred: ("a starred argument", "write the arguments one by one"),
    ast.UnaryOp: ("a `not`", "one formula stands here"),
    ast.Yield: ("a yield", "expressions are plain formulas"),
    ast.YieldFrom: ("a yield", "expressions are plain formulas"),
    ast.Await: ("an await", "expressions are plain formulas"),
    ast.Compare: ("a comparison inside an expression", "one side of an inequality stands here"),
    ast.BoolOp: ("a logical `and` or `or` inside an expression", "one formula stands here"),
}

MEANT = {
    "ln": "log",
    "pow": "**",
    "power": "**",
    "mean": "mean_over",
    "average": "mean_over",
    "avg": "mean_over",
    "inner": "dot",
    "expectation": "E",
    "Expectation": "E",
    "Exp": "E",
    "gradient": "grad",
    "nabla": "grad",
    "inf": "oo",
    "infty": "oo",
    "infinity": "oo",
    "fstar": "f_star",
    "f_opt": "f_star",
    "xstar": "x_star",
    "x_opt": "x_star",
    "Max": "max",
    "Min": "min",
    "sup": "max_over",
    "inf_over": "min_over",
    "sup_over": "max_over",
    "x0": "x[0]",
    "x_0": "x[0]",
    "x_N": "x[N]",
    "xN": "x[N]",
    "x_k": "x[k]",
    "xk": "x[k]",
}


def suggestion(name: str, known: Sequence[str]) -> str | None:
    """``did you mean ...?`` for an unknown name, None where nothing is near.

    >>> suggestion("smoth", ["smooth", "convex"])
    "did you mean 'smooth'?"
    """
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if not near:
        near = [other for other in known if other.lower() == name.lower()][:1]
    return f"did you mean {near[0]!r}?" if near else None


def parse_expression(
    text: str, *, place: Place | None = None, scope: Scope | None = None, shape: Shape | None = ()
) -> Expr:
    """The tree of an expression.

    Args:
        text: the formula, in the syntax that :mod:`theoryck.claims` describes.
        place: where it stands, for errors.
        scope: the names it may use; the default has constants and functions only.
        shape: the shape that it must have, a scalar by default; None admits any.

    Raises:
        ClaimError: it is no formula, uses a name that means nothing here, or asks for too much.

    >>> parse_expression("1/3")
    Apply(function='/', arguments=(Number(value=Fraction(1, 1), ...
    """
    place, scope = place or Place(), scope or Scope("an expression")
    source = scan(text, place)
    tree = Reader(source, scope).expression(parse_python(source))
    if isinstance(tree, Order) and "O" in scope.words:
        check_shape(tree.body, scope, place, SCALAR)
    else:
        check_shape(tree, scope, place, shape)
    limits.check_constants(tree, place)
    limits.check_ranges(tree, {}, place)
    return tree


def parse_condition(
    text: str, *, place: Place | None = None, scope: Scope | None = None
) -> Condition:
    """The tree of a chain of comparisons, or of several joined by ``and``.

    Raises:
        ClaimError: as :func:`parse_expression`, or it compares nothing.

    >>> parse_condition("0 < 1 <= 2").relations
    ('<', '<=')
    """
    place, scope = place or Place(), scope or Scope("a condition")
    source = scan(text, place)
    condition = Reader(source, scope).condition(parse_python(source))
    check_condition_shapes(condition, scope, place)
    limits.check_constants(condition, place)
    limits.check_ranges(condition, {}, place)
    return condition


def parse_python(source: Source) -> ast.expr:
    """Python's own parse of a scanned text, of bounded depth."""
    try:
        # the parentheses admit leading blanks; scan has seen that brackets balance
        tree = ast.parse(f"({source.text})", mode="eval").body
    except SyntaxError as error:
        raise _syntax_error(source, error) from None
    except (RecursionError, MemoryError, ValueError):
        raise _too_deep(source, 1) from None
    if source.tokens < limits.MAX_DEPTH:
        return tree
    level: list[ast.AST] = [tree]
    for _ in range(limits.MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return tree
    raise _too_deep(source, 1)


def _too_deep(source: Source, column: int) -> ClaimError:
    return source.error(
        f"an expression of more than {limits.MAX_DEPTH} levels",
        column,
        "a sum of many terms is written sum_over(k, 0, N, ...)",
    )


def _syntax_error(source: Source, error: SyntaxError) -> ClaimError:
    column = min(max((error.offset or 2) - 1, 1), len(source.text))
    keyword = re.search(r"\b(lambda|is|in|not|if|else|for|or|None|True|False)\b", source.text)
    lone = re.search(r"(?<![<>=!])=(?!=)", source.text)
    if keyword and keyword.group() == "lambda":
        return source.error(
            "'lambda' is a word of Python's syntax", keyword.start() + 1, "write lam instead"
        )
    if lone:
        return source.error("a single =", lone.start() + 1, "equality is ==")
    product = re.search(r"[\w)\]]\s+[\w(]", source.text[column - 1 :] + " ")
    if product and not keyword:
        return source.error(
            "the formula cannot be read", column, "is a * or a comma missing between two terms?"
        )
    return source.error(
        "the formula cannot be read",
        column,
        "write it in Python's syntax: products with *, powers with **",
    )


@dataclass(frozen=True)
class Reader:
    """Turns Python's tree into ours, or says which part has no place in a claim."""

    source: Source
    scope: Scope

    def column(self, node: ast.AST) -> int:
        """The column of a node, in characters from 1 (ast counts bytes, in parentheses)."""
        offset: int = getattr(node, "col_offset", 1)
        if self.source.text.isascii():
            return max(offset, 1)
        before = f"({self.source.text}".encode()[:offset]
        return max(len(before.decode("utf-8", "ignore")), 1)

    def error(self, problem: str, node: ast.AST, remedy: str | None = None) -> ClaimError:
        """An error at a node."""
        return self.source.error(problem, self.column(node), remedy)

    def condition(self, node: ast.expr) -> Condition:
        """A comparison, or several joined by ``and``."""
        column = self.column(node)
        if isinstance(node, ast.Compare):
            return self.comparison(node)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            parts: list[Comparison] = []
            for value in node.values:
                part = self.condition(value)
                parts.extend(part.parts if isinstance(part, Conjunction) else (part,))
            return Conjunction(tuple(parts), column)
        if isinstance(node, ast.BoolOp):
            raise self.error("an `or`", node, "conditions are joined by `and` only")
        if isinstance(node, ast.Tuple):
            raise self.error("a comma between conditions", node, "join them by `and`")
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            raise self.error("a `not`", node, "write the opposite comparison")
        raise self.error("nothing is compared", node, "write a comparison such as 0 < mu <= L")

    def comparison(self, node: ast.Compare) -> Comparison:
        """A chain ``a <= b < c``."""
        for operator in node.ops:
            if type(operator) not in RELATION:
                raise self.error(
                    "a comparison by `in` or `is`", node, "compare by <= < == != > or >="
                )
        return Comparison(
            tuple(self.expression(part) for part in (node.left, *node.comparators)),
            tuple(RELATION[type(operator)] for operator in node.ops),
            self.column(node),
        )

    def expression(self, node: ast.expr) -> Expr:
        """An expression; a whole order O(...) only where the scope has it."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            if name in ORDERS and "O" in self.scope.words and self.scope.shape(name) is None:
                (body,) = self.arguments(node, 1)
                return Order(name, self.term(body), self.column(node))
        return self.term(node)

    def term(self, node: ast.expr) -> Expr:
        """An expression with a value."""
        column = self.column(node)
        match node:
            case ast.Constant(value=value):
                number = self.source.literals.get(column)
                if number is None or isinstance(value, bool | str):
                    raise self.error(f"{value!r} is no number", node, "write 12, 0.5 or 1e-3")
                return Number(number, column)
            case ast.Name(id=name):
                return self.symbol(name, node)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Apply("neg", (self.term(operand),), column)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.term(operand)
            case ast.BinOp(left=left, op=operator, right=right):
                if type(operator) not in BINARY:
                    raise self.error(
                        "an operator that claims do not have",
                        node,
                        "for whole division write floor(a/b)",
                    )
                symbol = BINARY[type(operator)]
                return Apply(symbol, (self.term(left), self.term(right)), column)
            case ast.Call(func=ast.Name(id=name)):
                return self.call(name, node)
            case ast.Call():
                raise self.error("a call of something without a name", node, "products need a *")
            case ast.Subscript():
                return self.subscript(node)
        what, remedy = SYNTAX.get(type(node), ("a piece of Python that is no formula", None))
        raise self.error(f"{what} is not allowed", node, remedy)

    def symbol(self, name: str, node: ast.AST) -> Symbol:
        """A name standing alone."""
        if self.scope.shape(name) is not None:
            return Symbol(name, self.column(node))
        if name == "x" and "x" in self.scope.words:
            raise self.error("x without an index", node, "an iterate is written x[N] or x[0]")
        if name in ("f", "grad", "E") and name in self.scope.words:
            raise self.error(f"{name} without its argument", node, f"write {name}(...)")
        if name in FUNCTIONS:
            raise self.error(f"the function {name} without its arguments", node, f"{name}(...)")
        raise self.unknown(name, node)

    def unknown(self, name: str, node: ast.AST) -> ClaimError:
        """An error for a name that means nothing here."""
        if name in RESERVED:
            remedies = {"k": "k is bound by min_over(k, 0, N, ...) and its kin"}
            return self.error(
                f"{name} means nothing in {self.scope.where}", node, remedies.get(name)
            )
        if name in ORDERS:
            return self.error(f"{name}(...) inside a formula", node, "it may be a whole bound only")
        if name in MEANT and (MEANT[name] in self.scope.known() or "[" in MEANT[name]):
            return self.error(f"unknown name {name!r}", node, f"did you mean {MEANT[name]!r}?")
        near = suggestion(name, self.scope.known())
        listed = ", ".join([*self.scope.shapes, *self.scope.indices])
        declare = f"declared are: {listed}" if listed else "nothing is declared here"
        return self.error(f"unknown name {name!r}", node, near or declare)

    def arguments(self, node: ast.Call, *counts: int) -> list[ast.expr]:
        """The positional arguments of a call, as many as it takes."""
        name = node.func.id if isinstance(node.func, ast.Name) else "the function"
        if node.keywords:
            raise self.error(f"{name} takes no named arguments", node, f"write {name}(value)")
        if len(node.args) not in counts:
            expected = " or ".join(map(str, counts))
            raise self.error(
                f"{name} takes {expected} argument{'s' * (counts != (1,))}, got {len(node.args)}",
                node,
            )
        return node.args

    def call(self, name: str, node: ast.Call) -> Expr:
        """A function applied."""
        column = self.column(node)
        if self.scope.shape(name) is not None and name not in FUNCTIONS:
            raise self.error(f"{name} is no function", node, f"a product is written {name}*(...)")
        makers: dict[str, Callable[[Expr, int], Expr]] = {
            "f": Value,
            "grad": Gradient,
            "E": Expectation,
        }
        if name in makers and name in self.scope.words:
            (body,) = self.arguments(node, 1)
            return makers[name](self.term(body), column)
        if name in ARITIES:
            arguments = self.arguments(node, ARITIES[name])
            return Apply(name, tuple(map(self.term, arguments)), column)
        if name in VARIADIC_FUNCTIONS:
            if node.keywords or len(node.args) < 2:
                raise self.error(
                    f"{name} takes two or more arguments",
                    node,
                    f"over an index write {name}_over(k, 0, N, ...)",
                )
            return Apply(name, tuple(map(self.term, node.args)), column)
        if name in RANGES:
            return self.over(name, node)
        if name in {*RESERVED, *ORDERS, *MEANT}:
            raise self.unknown(name, node.func)
        known = [*sorted(FUNCTIONS), *(w for w in makers if w in self.scope.words)]
        raise self.error(
            f"unknown function {name!r}",
            node,
            suggestion(name, known) or f"the functions are {' '.join(known)}",
        )

    def over(self, kind: str, node: ast.Call) -> Over:
        """``min_over(k, lower, upper, body)`` and its kin."""
        if len(node.args) != 4 or node.keywords:
            raise self.error(
                f"{kind} takes 4 arguments, got {len(node.args) + len(node.keywords)}",
                node,
                f"write {kind}(k, 0, N, ...): an index, its first and last value, a formula",
            )
        index, lower, upper, body = node.args
        if not isinstance(index, ast.Name):
            raise self.error(f"the first argument of {kind} is a name", index, f"{kind}(k, 0, ...)")
        taken = index.id in (*self.scope.shapes, *self.scope.indices) or (
            index.id != "k" and index.id in {*RESERVED, *FUNCTIONS}
        )
        if taken:
            raise self.error(f"the index {index.id!r} already means something", index, "use k")
        inside = Reader(self.source, self.scope.with_index(index.id))
        return Over(
            kind,
            index.id,
            self.term(lower),
            self.term(upper),
            inside.term(body),
            self.column(node),
        )

    def subscript(self, node: ast.Subscript) -> Iterate | Entry:
        """``x[index]``, or an entry of a sequence; nothing else has an index."""
        name = node.value.id if isinstance(node.value, ast.Name) else None
        if name in self.scope.sequences:
            return Entry(name, self.term(node.slice), self.column(node))
        if name == "E" and "E" in self.scope.words:
            raise self.error("E[...]", node, "the expectation is written E(...)")
        if name != "x" or "x" not in self.scope.words or "x" in self.scope.shapes:
            raise self.error(
                f"an index in {self.scope.where}",
                node,
                "only iterates x[N] have one"
                if "x" in self.scope.words
                else "declare scalars such as x0 and x1",
            )
        return Iterate(self.term(node.slice), self.column(node))
