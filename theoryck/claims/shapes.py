"""The second pass over a tree: scalars, vectors and matrices, and whole numbers in indices."""

from __future__ import annotations

from dataclasses import replace

from theoryck.claims.expressions import (
    SCALAR_FUNCTIONS,
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
from theoryck.claims.limits import constant_value
from theoryck.claims.printing import brief
from theoryck.claims.scopes import ITERATE, SCALAR, Arithmetic, Scope, Shape
from theoryck.errors import ClaimError, Place


def describe(shape: Shape) -> str:
    """A shape in words.

    >>> describe(("m", "n"))
    'a matrix (m x n)'
    """
    if not shape:
        return "a scalar"
    return f"a {'vector' if len(shape) == 1 else 'matrix'} ({' x '.join(map(str, shape))})"


def same_shape(left: Shape, right: Shape) -> bool:
    """Whether two shapes agree but for dimensions of length one: a column is a vector.

    >>> same_shape(("d", 1), ("d",))
    True
    """
    return [d for d in left if d != 1] == [d for d in right if d != 1]


def check_shape(expr: Expr, scope: Scope, place: Place, expected: Shape | None = None) -> Shape:
    """The shape of a tree.

    Raises:
        ClaimError: an operation on shapes that do not go together, an index that is not a whole
            number, or a tree that has not the ``expected`` shape.
    """
    shape = _Shapes(scope, place).shape(expr)
    if expected is not None and not same_shape(shape, expected):
        raise ClaimError(
            f"{brief(expr)} is {describe(shape)}, where {describe(expected)} is needed",
            replace(place, column=expr.column or 1),
            "norm(v) and dot(u, v) make scalars of vectors" if expected == SCALAR else None,
        )
    return shape


def check_condition_shapes(condition: Condition, scope: Scope, place: Place) -> None:
    """Check that scalars are compared with scalars (or, with arrays, entry by entry).

    Raises:
        ClaimError: as :func:`check_shape`.
    """
    match condition:
        case Conjunction(parts=parts):
            for part in parts:
                check_condition_shapes(part, scope, place)
        case Comparison(operands=operands):
            expected = None if scope.arithmetic is Arithmetic.ARRAYS else SCALAR
            for operand in operands:
                check_shape(operand, scope, place, expected)


class _Shapes:
    """The walk, with the scope that the ranges around a node have widened."""

    def __init__(self, scope: Scope, place: Place) -> None:
        self.scope = scope
        self.place = place

    def error(self, problem: str, node: Expr, remedy: str | None = None) -> ClaimError:
        return ClaimError(problem, replace(self.place, column=node.column or 1), remedy)

    def shape(self, expr: Expr) -> Shape:
        match expr:
            case Number():
                return SCALAR
            case Symbol(name=name):
                return self.scope.shape(name) or SCALAR
            case Iterate(index=index):
                self.integer(index, "an index")
                first = constant_value(index)
                if first is not None and first < 0:
                    raise self.error(f"{brief(expr)}: iterates start at x[0]", expr)
                return ITERATE
            case Entry(index=index):
                # what a sequence of a written derivation holds is seen where its lines are read
                self.integer(index, "an index")
                return SCALAR
            case Value(point=point):
                self.vector(point, "f(...)")
                return SCALAR
            case Gradient(point=point):
                self.vector(point, "grad(...)")
                return ITERATE
            case Expectation(body=body):
                return self.shape(body)
            case Over(kind=kind, variable=variable, lower=lower, upper=upper, body=body):
                self.integer(lower, "the first index")
                if upper != Symbol("oo"):
                    self.integer(upper, "the last index")
                inner = _Shapes(self.scope.with_index(variable), self.place).shape(body)
                if inner != SCALAR and kind in ("min_over", "max_over"):
                    raise self.error(f"{kind} of vectors", body, "compare scalars such as norm(v)")
                return inner
            case Order(kind=kind):
                raise self.error(f"{kind}(...) inside a formula", expr, "it may be a whole bound")
            case Apply():
                return self.apply(expr)

    def vector(self, point: Expr, what: str) -> None:
        if self.shape(point) == SCALAR:
            raise self.error(
                f"{what} of {brief(point)}, a scalar", point, "its argument is a point like x[N]"
            )

    def apply(self, expr: Apply) -> Shape:
        shapes = [self.shape(argument) for argument in expr.arguments]
        match expr.function:
            case "neg":
                return shapes[0]
            case "+" | "-":
                return self.sum(expr, *shapes)
            case "*":
                return self.product(expr, *shapes)
            case "/":
                return self.quotient(expr, *shapes)
            case "**":
                return self.power(expr, *shapes)
            case "@":
                return self.matrix_product(expr, *shapes)
            case "norm":
                self.some_vector(expr, shapes[0], "abs(...) is the size of a scalar")
                return SCALAR
            case "sum":
                self.some_vector(expr, shapes[0], "over an index write sum_over(k, 0, N, ...)")
                return SCALAR
            case "transpose":
                self.some_vector(expr, shapes[0], "a scalar is its own transpose")
                return self.transposed(shapes[0])
            case "dot":
                if shapes[0] == SCALAR or shapes[0] != shapes[1]:
                    raise self.error(
                        f"dot of {describe(shapes[0])} and {describe(shapes[1])}",
                        expr,
                        "it takes two vectors of one shape",
                    )
                return SCALAR
        return self.entrywise(expr, shapes)

    def some_vector(self, expr: Apply, shape: Shape, remedy: str) -> None:
        if shape == SCALAR:
            argument = brief(expr.arguments[0])
            raise self.error(f"{expr.function} of {argument}, a scalar", expr, remedy)

    def sum(self, expr: Apply, left: Shape, right: Shape) -> Shape:
        if left == right:
            return left
        if self.scope.arithmetic is Arithmetic.ARRAYS and SCALAR in (left, right):
            return left or right
        a, b = (brief(argument) for argument in expr.arguments)
        raise self.error(
            f"{a} {expr.function} {b}: {describe(left)} and {describe(right)}",
            expr,
            "only terms of one shape are added",
        )

    def product(self, expr: Apply, left: Shape, right: Shape) -> Shape:
        if SCALAR in (left, right):
            return left or right
        if self.scope.arithmetic is Arithmetic.SPACE:
            a, b = (brief(argument) for argument in expr.arguments)
            raise self.error(f"{a} * {b}: a product of vectors", expr, f"write dot({a}, {b})")
        if left == right:
            return left
        raise self.error(
            f"* of {describe(left)} and {describe(right)}",
            expr,
            "* works entry by entry; the matrix product is @",
        )

    def quotient(self, expr: Apply, left: Shape, right: Shape) -> Shape:
        if right == SCALAR:
            return left
        if self.scope.arithmetic is Arithmetic.ARRAYS and left in (SCALAR, right):
            return right
        raise self.error("a division by a vector", expr, "divide by a scalar such as norm(v)")

    def power(self, expr: Apply, left: Shape, right: Shape) -> Shape:
        if right != SCALAR:
            raise self.error("a vector as exponent", expr, "exponents are scalars")
        if left != SCALAR and self.scope.arithmetic is Arithmetic.SPACE:
            base = brief(expr.arguments[0])
            raise self.error(f"a power of the vector {base}", expr, f"write norm({base})**2")
        return left

    def matrix_product(self, expr: Apply, left: Shape, right: Shape) -> Shape:
        if SCALAR in (left, right):
            raise self.error("@ with a scalar", expr, "a product with a scalar is written *")
        if len(left) == 1 and right[0] == 1:
            left = (*left, 1)  # a column times a row: the outer product
        if left[-1] != right[0]:
            raise self.error(
                f"@ of {describe(left)} and {describe(right)}",
                expr,
                "the last dimension on the left must be the first on the right",
            )
        result = left[:-1] + right[1:]
        return SCALAR if all(dimension == 1 for dimension in result) else result

    def transposed(self, shape: Shape) -> Shape:
        """A vector is a column: its transpose is a row, whose transpose is a vector again."""
        if len(shape) == 1:
            return (1, *shape)
        return shape[1:] if shape[0] == 1 else shape[::-1]

    def entrywise(self, expr: Apply, shapes: list[Shape]) -> Shape:
        vectors = {shape for shape in shapes if shape != SCALAR}
        if not vectors:
            return SCALAR
        if self.scope.arithmetic is Arithmetic.SPACE or len(vectors) > 1:
            hint = " norm(v) is the length of a vector" if expr.function == "abs" else ""
            kind = "scalars" if expr.function in SCALAR_FUNCTIONS else "scalars of one shape"
            raise self.error(
                f"{expr.function} of {describe(next(iter(vectors)))}",
                expr,
                f"{expr.function} takes {kind};{hint}" if hint else f"it takes {kind}",
            )
        return next(iter(vectors))

    def integer(self, expr: Expr, what: str) -> None:
        """Check that a tree is surely a whole number."""
        match expr:
            case Number(value=value) if value.denominator == 1:
                return
            case Symbol(name=name) if self.scope.is_integer(name):
                return
            case Apply(function="+" | "-" | "*" | "neg" | "min" | "max" | "abs"):
                for argument in expr.arguments:
                    self.integer(argument, what)
                return
            case Apply(function="**", arguments=(base, Number(value=power))) if (
                power.denominator == 1 and power >= 0
            ):
                self.integer(base, what)
                return
            case Apply(function="ceil" | "floor", arguments=(argument,)):
                if self.shape(argument) == SCALAR:
                    return
        remedy = "whole numbers, and names declared so, can be added; floor(...) rounds"
        if isinstance(expr, Symbol) and expr.name in self.scope.shapes:
            remedy = f'declare it so: {expr.name} = "integer, {expr.name} >= 1"'
        raise self.error(f"{what} {brief(expr)} is not surely a whole number", expr, remedy)
