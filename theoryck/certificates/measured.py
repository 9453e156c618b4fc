"""A claim's measure as one quantity for each iterate, for proofs that go from step to step.

Such a measure is a quantity of one iterate (or of two consecutive ones), or the sum, the mean
or the minimum of such quantities over a range, up to a factor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from theoryck.algebra import Form, NumberSystem, Root, Trace
from theoryck.certificates.problem import depends_on_run, quadratic, squared
from theoryck.claims.claim import RateClaim
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import (
    Apply,
    Expectation,
    Expr,
    Gradient,
    Iterate,
    Number,
    Over,
    Value,
    names,
    walk,
)
from theoryck.errors import DomainError, UndecidedError, UntraceableError

APART = "the measure compares iterates that are far apart: a chain of potentials sees one step"


@dataclass(frozen=True)
class Measured:
    """``scale * sum(body)`` or ``scale * min(body)`` over ``variable`` from lower to upper.

    ``variable`` None: a single quantity. ``first`` and ``last`` are the iterates at which the
    first and the last quantity stand; each may also read the iterate one further (``reach`` 1).
    ``root`` says that the quantities are norms, whose squares are compared.
    """

    kind: str
    body: Expr
    variable: str | None
    scale: Any
    first: Any
    last: Any
    shift: Any
    reach: int
    root: bool
    symbols: Mapping[str, Any]
    numbers: NumberSystem

    @property
    def horizon(self) -> Any:
        """The last iterate that is read."""
        return self.last + self.reach

    def stands_at(self, k: Any) -> bool:
        """Whether a quantity stands at iterate ``k``."""
        sign = self.numbers.sign
        return sign(k - self.first) >= 0 and sign(self.last - k) >= 0

    def local(self, k: Any) -> Expr:
        """The quantity at iterate ``k``, which is called x[0] in it, and the next one x[1]."""
        symbols = self._symbols(k)
        base, body, reach = _relative(self.body, symbols, self.numbers)
        if not _equal(base, k, self.numbers) or reach > self.reach:
            raise UntraceableError(APART)
        return body

    def at(self, k: Any, trace: Trace, here: Any, after: Any, *, square: bool) -> Form:
        """The quantity at iterate ``k`` as a form of a trace in which x_k is ``here``."""
        iterates = (here, after)
        environment = Environment(
            {**self._symbols(k), "f_star": trace.f_star, "x_star": trace.x_star},
            iterate=lambda offset: iterates[offset],
            value=trace.value,
            gradient=trace.grad,
        )
        value = evaluate(self.local(k), environment, self.numbers) * self.scale
        return squared(value, trace) if square else quadratic(value, trace)

    def uniform(self, local: Expr) -> bool:
        """Whether a quantity, as :meth:`local` gives it, depends on ``k`` through iterates only."""
        return self.variable is None or self.variable not in names(local)

    def _symbols(self, k: Any) -> Mapping[str, Any]:
        if self.variable is None:
            return self.symbols
        return {**self.symbols, self.variable: k + self.shift}


def measured(claim: RateClaim, symbols: Mapping[str, Any], numbers: NumberSystem) -> Measured:
    """The claim's measure, one quantity an iterate, with its parameters' values in ``symbols``.

    Raises:
        UntraceableError: it is not of that kind.
        DomainError: it is a range without elements.
    """
    one = numbers.integer(1)
    body, scale = _unwrapped(claim.measure, one, Environment(symbols), numbers)
    inside = walk(body.body if isinstance(body, Over) else body)
    if any(isinstance(node, Over) and depends_on_run(node) for node in inside):
        raise UntraceableError(APART)
    if not isinstance(body, Over):
        base, relative, reach = _relative(body, symbols, numbers)
        found = Measured(
            kind="sum",
            body=body,
            variable=None,
            scale=scale,
            first=base,
            last=base,
            shift=numbers.integer(0),
            reach=reach,
            root=_is_root(relative, symbols, numbers),
            symbols=symbols,
            numbers=numbers,
        )
        return found
    if body.kind == "max_over":
        raise UntraceableError("a maximum over iterates needs a chain of potentials for each")
    environment = Environment(symbols)
    lower, upper = (evaluate(end, environment, numbers) for end in (body.lower, body.upper))
    count = upper - lower + 1
    if _surely_negative(count - 1, numbers):
        raise DomainError(f"{body.kind} over an empty range, from {lower} to {upper}")
    if body.kind == "mean_over":
        scale = scale / count
    base, relative, reach = _relative(body.body, {**symbols, body.variable: lower}, numbers)
    root = _is_root(relative, {**symbols, body.variable: lower}, numbers)
    minimum = body.kind == "min_over"
    if minimum and _surely_negative(scale, numbers):
        raise UntraceableError("a negative multiple of a minimum is a maximum")
    if root and not minimum and not _equal(count, one, numbers):
        raise UntraceableError("a sum of norms is not quadratic: square the norms")
    return Measured(
        kind="min" if minimum else "sum",
        body=body.body,
        variable=body.variable,
        scale=scale,
        first=base,
        last=base + upper - lower,
        shift=lower - base,
        reach=reach,
        root=root,
        symbols=symbols,
        numbers=numbers,
    )


def _unwrapped(
    expr: Expr, scale: Any, environment: Environment, numbers: NumberSystem
) -> tuple[Expr, Any]:
    """What stands under expectations and constant factors, and the product of the factors."""
    match expr:
        case Expectation(body=body):
            return _unwrapped(body, scale, environment, numbers)
        case Apply(function="*", arguments=(left, right)) if depends_on_run(expr):
            if depends_on_run(left) and depends_on_run(right):
                return expr, scale
            factor, rest = (right, left) if depends_on_run(left) else (left, right)
            factor_value = evaluate(factor, environment, numbers)
            return _unwrapped(rest, scale * factor_value, environment, numbers)
        case Apply(function="/", arguments=(top, bottom)) if not depends_on_run(bottom):
            divisor = evaluate(bottom, environment, numbers)
            if _equal(divisor, numbers.integer(0), numbers):
                raise DomainError("a division by zero")
            return _unwrapped(top, scale / divisor, environment, numbers)
        case _:
            return expr, scale


def _relative(
    body: Expr, symbols: Mapping[str, Any], numbers: NumberSystem
) -> tuple[Any, Expr, int]:
    """The first iterate that is read, the body with indices counted from it, and whether the
    next one is read too."""
    environment = Environment(symbols)
    indices = [
        evaluate(node.index, environment, numbers)
        for node in walk(body)
        if isinstance(node, Iterate)
    ]
    for base in indices:
        offsets = [_offset(index - base, numbers) for index in indices]
        known = [offset for offset in offsets if offset is not None]
        if len(known) == len(offsets):
            kept = iter(known)
            return base, _renumbered(body, lambda _: next(kept)), max(known)  # noqa: B023
    raise UntraceableError(APART if indices else "the measure reads no iterate")


def _renumbered(expr: Expr, number: Callable[[Iterate], int]) -> Expr:
    """The tree with the index of every iterate replaced, in the order of :func:`walk`."""
    match expr:
        case Iterate():
            return replace(expr, index=Number(Fraction(number(expr))))
        case Apply(arguments=arguments):
            return replace(
                expr, arguments=tuple(_renumbered(argument, number) for argument in arguments)
            )
        case Value(point=point) | Gradient(point=point):
            return replace(expr, point=_renumbered(point, number))
        case Expectation(body=body):
            return replace(expr, body=_renumbered(body, number))
        case _:
            return expr


def _offset(difference: Any, numbers: NumberSystem) -> int | None:
    return next((n for n in (0, 1) if _equal(difference, numbers.integer(n), numbers)), None)


def _equal(left: Any, right: Any, numbers: NumberSystem) -> bool:
    """Whether two numbers are surely equal; symbols need not tell."""
    try:
        return numbers.sign(left - right) == 0
    except UndecidedError:
        return False


def _surely_negative(value: Any, numbers: NumberSystem) -> bool:
    try:
        return numbers.sign(value) < 0
    except UndecidedError:
        return False


def _is_root(relative: Expr, symbols: Mapping[str, Any], numbers: NumberSystem) -> bool:
    """Whether the quantity is a norm, seen on two points of a trace of its own."""
    trace = Trace(numbers=numbers)
    iterates = (trace.start, trace.start + trace.vector("step"))
    environment = Environment(
        {**symbols, "f_star": trace.f_star, "x_star": trace.x_star},
        iterate=lambda offset: iterates[offset],
        value=trace.value,
        gradient=trace.grad,
    )
    return isinstance(evaluate(relative, environment, numbers), Root)
