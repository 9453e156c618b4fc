"""Matrix calculus: formulas of vectors and matrices in index notation, and their derivatives.

Every operation of the grammar is a product or a sum over indices, or a function of one entry, so
the product rule and the chain rule are all that is needed; a proof covers every size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from theoryck.claims.arithmetic import Rationals, to_fraction
from theoryck.claims.claim import Variable
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Apply, Expr, Number, Symbol
from theoryck.derive.atoms import apply_function, inner_terms, power, reduced
from theoryck.derive.tensors import (
    ONE,
    Dimension,
    Index,
    Names,
    Term,
    Terms,
    collected,
    constant,
    contracted,
    difference,
    entry,
    multiplied,
    scaled,
)
from theoryck.errors import TheoryckError, UntraceableError

HALF = Fraction(1, 2)
MAX_CLEARINGS = 6  # of denominators, before a difference is compared with zero


@dataclass(frozen=True)
class Formula:
    """An array in index notation: an index for every axis, None for an axis of length 1."""

    shape: tuple[Dimension, ...]
    indices: tuple[Index | None, ...]
    terms: Terms

    @property
    def free(self) -> tuple[Index, ...]:
        """The indices of the longer axes."""
        return tuple(index for index in self.indices if index is not None)


@dataclass(frozen=True)
class MatrixReader:
    """Reads trees into index notation.

    Args:
        variables: the arrays, with their shapes; any other name is a scalar.
    """

    variables: Mapping[str, Variable]
    names: Names

    def read(self, expr: Expr) -> Formula:
        """The formula.

        Raises:
            UntraceableError: an operation without a rule in index notation.
            TooLargeError: too many terms.
        """
        match expr:
            case Number(value=value):
                return Formula((), (), constant(value))
            case Symbol(name=name):
                return self._symbol(name)
            case Apply(function=function, arguments=arguments):
                if function == "**":
                    return self._power(self.read(arguments[0]), arguments[1])
                return self._apply(function, [self.read(argument) for argument in arguments])
        raise UntraceableError(f"{type(expr).__name__} has no rule in index notation")

    def _symbol(self, name: str) -> Formula:
        if name not in self.variables:
            dimensions = {d for v in self.variables.values() for d in v.shape}
            return Formula((), (), entry(("dim" if name in dimensions else "var", name), ()))
        shape = self.variables[name].shape
        indices = tuple(None if d == 1 else self.names.fresh(d) for d in shape)
        present = tuple(index for index in indices if index is not None)
        return Formula(shape, indices, entry(("var", name), present))

    def _power(self, base: Formula, exponent: Expr) -> Formula:
        try:
            value = to_fraction(evaluate(exponent, Environment(), Rationals()))
        except TheoryckError as error:
            raise UntraceableError("a power whose exponent is no rational number") from error
        return Formula(base.shape, base.indices, power(base.terms, value, self.names))

    def _apply(self, function: str, parts: list[Formula]) -> Formula:
        first = parts[0]
        match function:
            case "neg":
                return self._of(first, scaled(first.terms, Fraction(-1)))
            case "+" | "-" | "*" | "/" | "min" | "max":
                total = first
                for part in parts[1:]:
                    total = self._pair(function, total, part)
                return total
            case "@":
                return self._product(first, parts[1])
            case "transpose":
                return _transposed(first)
            case "sum":
                return Formula((), (), contracted(first.terms, first.free))
            case "dot":
                return self._dot(first, parts[1])
            case "norm":
                square = self._dot(first, first)
                return self._of(square, power(square.terms, HALF, self.names))
        return self._of(first, apply_function(function, first.terms, self.names))

    @staticmethod
    def _of(formula: Formula, terms: Terms) -> Formula:
        return Formula(formula.shape, formula.indices, terms)

    def _pair(self, function: str, left: Formula, right: Formula) -> Formula:
        """Entry by entry; a scalar has no indices and so is repeated by itself."""
        lead = left if left.shape else right
        a, b = left.terms, right.terms
        if left.shape and right.shape:
            b = self._renamed(right, left.indices)
        match function:
            case "+":
                return self._of(lead, (*a, *b))
            case "-":
                return self._of(lead, (*a, *scaled(b, Fraction(-1))))
            case "*":
                return self._of(lead, multiplied(a, b, self.names))
            case "/":
                inverse = power(b, Fraction(-1), self.names)
                return self._of(lead, multiplied(a, inverse, self.names))
        apart = apply_function("abs", (*a, *scaled(b, Fraction(-1))), self.names)
        sign = Fraction(1 if function == "max" else -1)
        return self._of(lead, scaled((*a, *b, *scaled(apart, sign)), HALF))

    def _renamed(self, formula: Formula, indices: tuple[Index | None, ...]) -> Terms:
        pairs = zip(formula.indices, indices, strict=True)
        names = {old: new for old, new in pairs if old is not None and new is not None}
        return tuple(term.renamed(names) for term in self.names.apart(formula.terms))

    def _dot(self, left: Formula, right: Formula) -> Formula:
        terms = multiplied(left.terms, self._renamed(right, left.indices), self.names)
        return Formula((), (), contracted(terms, left.free))

    def _product(self, left: Formula, right: Formula) -> Formula:
        """The matrix product; a vector times a row is the outer product."""
        shape, indices = left.shape, left.indices
        if len(shape) == 1 and right.shape[0] == 1:
            shape, indices = (*shape, 1), (*indices, None)
        # fresh names: the same variable may stand on both sides
        fresh = tuple(i if i is None else self.names.fresh(i.dimension) for i in right.indices)
        linked = (indices[-1], *fresh[1:])
        terms = multiplied(left.terms, self._renamed(right, linked), self.names)
        middle = indices[-1]
        if middle is not None:
            terms = contracted(terms, (middle,))
        result, kept = (*shape[:-1], *right.shape[1:]), (*indices[:-1], *fresh[1:])
        if all(d == 1 for d in result):
            return Formula((), (), terms)
        return Formula(result, kept, terms)


def _transposed(formula: Formula) -> Formula:
    """A vector is a column: its transpose is a row, whose transpose is a vector again."""
    shape, indices = formula.shape, formula.indices
    if len(shape) == 1:
        return Formula((1, *shape), (None, *indices), formula.terms)
    if shape[0] == 1:
        return Formula(shape[1:], indices[1:], formula.terms)
    return Formula(shape[::-1], indices[::-1], formula.terms)


def derivative(formula: Formula, variable: Variable, names: Names) -> Formula:
    """The array of the partial derivatives of a scalar formula, in the shape of the variable.

    Raises:
        UntraceableError: a function without a derivative rule.
    """
    indices = tuple(None if d == 1 else names.fresh(d) for d in variable.shape)
    along = tuple(index for index in indices if index is not None)
    terms = _derivative(formula.terms, variable.name, along, names)
    return Formula(variable.shape, indices, tuple(_resolved(term) for term in terms))


def _derivative(terms: Terms, name: str, along: tuple[Index, ...], names: Names) -> Terms:
    """The product rule; Kronecker deltas are left in the terms."""
    result: list[Term] = []
    for term in terms:
        for number, ((head, indices), exponent) in enumerate(term.factors):
            inner = _entry_derivative(head, indices, name, along, names)
            if not inner:
                continue
            others = [factor for n, factor in enumerate(term.factors) if n != number]
            if exponent != 1:
                others.append(((head, indices), exponent - 1))
            rest = Term(term.coefficient * exponent, tuple(others), term.bound)
            result += multiplied((rest,), inner, names)
    return tuple(result)


def _entry_derivative(
    head: tuple[object, ...],
    indices: tuple[Index, ...],
    name: str,
    along: tuple[Index, ...],
    names: Names,
) -> Terms:
    match head:
        case ("var", known):
            if known != name:
                return ()
            terms = ONE
            for pair in zip(indices, along, strict=True):
                terms = multiplied(terms, entry(("delta",), pair), names)
            return terms
        case ("dim", _):
            return ()
    function = str(head[0])
    argument = inner_terms(head, indices, names)
    slope = _derivative(argument, name, along, names)
    if not slope or function == "base":
        return slope
    if function not in RULES:
        raise UntraceableError(f"{function} has no derivative rule")
    return multiplied(slope, RULES[function](argument, names), names)


def _square_of(function: str, u: Terms, names: Names) -> Terms:
    value = apply_function(function, u, names)
    return multiplied(value, value, names)


def _one_plus_square(u: Terms, names: Names) -> Terms:
    return (*ONE, *multiplied(u, u, names))


def _negated(terms: Terms) -> Terms:
    return scaled(terms, Fraction(-1))


RULES: Mapping[str, Callable[[Terms, Names], Terms]] = {
    "exp": lambda u, n: apply_function("exp", u, n),
    "log": lambda u, n: power(u, Fraction(-1), n),
    "sin": lambda u, n: apply_function("cos", u, n),
    "cos": lambda u, n: _negated(apply_function("sin", u, n)),
    "tan": lambda u, n: (*ONE, *_square_of("tan", u, n)),
    "sinh": lambda u, n: apply_function("cosh", u, n),
    "cosh": lambda u, n: apply_function("sinh", u, n),
    "tanh": lambda u, n: (*ONE, *_negated(_square_of("tanh", u, n))),
    "asinh": lambda u, n: power(_one_plus_square(u, n), Fraction(-1, 2), n),
    "atan": lambda u, n: power(_one_plus_square(u, n), Fraction(-1), n),
    "sigmoid": lambda u, n: (
        *apply_function("sigmoid", u, n),
        *_negated(_square_of("sigmoid", u, n)),
    ),
    "softplus": lambda u, n: apply_function("sigmoid", u, n),
    "abs": lambda u, n: apply_function("sign", u, n),
}
"""φ'(u) in index notation; the slope of ``abs`` at its kink is sign(0) = 0, see the caller."""


def _resolved(term: Term) -> Term:
    """The term without Kronecker deltas of summed indices."""
    while True:
        delta = next(
            (
                indices
                for (head, indices), _ in term.factors
                if head == ("delta",) and (indices[0] in term.bound or indices[0] == indices[1])
            ),
            None,
        )
        if delta is None:
            return term
        old, new = delta
        factors = tuple(f for f in term.factors if f[0] != (("delta",), delta))
        bare = Term(term.coefficient, factors, term.bound - {old} if old != new else term.bound)
        term = bare.renamed({old: new})


def equal(left: Formula, right: Formula, names: Names) -> bool:
    """Whether two formulas of one shape have the same normal form; False proves nothing.

    Denominators are cleared first, so equality means equality wherever both are defined.
    """
    pairs = zip(right.indices, left.indices, strict=True)
    renaming = {old: new for old, new in pairs if old is not None and new is not None}
    other = tuple(term.renamed(renaming) for term in names.apart(right.terms))
    rest = reduced(difference(left.terms, other), names)
    for _ in range(MAX_CLEARINGS):
        if not rest:
            return True
        cleared = _cleared(rest, names)
        if cleared is None:
            return False
        rest = reduced(collected(cleared), names)
    return not rest


def _cleared(terms: Terms, names: Names) -> Terms | None:
    """The terms times the power of a sum that is in some denominator, or None if there is none."""
    for term in terms:
        for base, exponent in term.factors:
            head, indices = base
            if head[0] != "base" or any(i in t.bound for t in terms for i in indices):
                continue
            lowest = min(dict(t.factors).get(base, Fraction(0)) for t in terms)
            whole = lowest if lowest != 0 else exponent
            if lowest >= 0 and all(dict(t.factors).get(base, 0) == whole for t in terms):
                continue
            if lowest >= 0:
                continue
            return multiplied(terms, entry(head, indices, -lowest), names)
    return None


__all__ = ["Formula", "MatrixReader", "derivative", "equal"]
