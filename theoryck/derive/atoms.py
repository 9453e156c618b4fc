"""Functions and powers of formulas in index notation, each written in one way.

``sigmoid(-u)`` and ``1 - sigmoid(u)``, ``exp(2*u)`` and ``exp(u)**2``, ``1/(1 + exp(-u))`` and
``sigmoid(u)`` are made the same, so that normal forms find more formulas equal. Every rule holds
wherever both of its sides are defined.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

from theoryck.claims.arithmetic import Rationals, to_fraction
from theoryck.derive.tensors import (
    ONE,
    Base,
    Head,
    Index,
    Names,
    Term,
    Terms,
    collected,
    constant,
    entry,
    multiplied,
    scaled,
)
from theoryck.errors import InexactError, TheoryckError, TooLargeError, UntraceableError

ODD = frozenset({"sin", "tan", "sinh", "tanh", "asinh", "atan", "sign"})
EVEN = frozenset({"cos", "cosh", "abs"})
OTHERS = frozenset({"exp", "log", "sigmoid", "softplus"})
MAX_POWER = 12  # of a sum that is multiplied out
MAX_ROUNDS = 8
HALF = Fraction(1, 2)


def inner_terms(head: Head, indices: tuple[Index, ...], names: Names) -> Terms:
    """The argument of a function at the entry that the indices name."""
    inner: Terms = head[1]
    slots = {Index(n, index.dimension): index for n, index in enumerate(indices)}
    return names.apart(tuple(term.renamed(slots) for term in inner))


def _atom(function: str, terms: Terms) -> tuple[Head, tuple[Index, ...]]:
    """The head of a function of a formula, its free indices numbered in the least order."""
    terms = collected(terms)
    free = sorted(
        {i for t in terms for i in t.indices - t.bound}, key=lambda i: (i.name, str(i.dimension))
    )
    choices = []
    for order in permutations(free):
        slots = {index: Index(n, index.dimension) for n, index in enumerate(order)}
        inner = collected(tuple(term.renamed(slots) for term in terms))
        choices.append((repr(inner), inner, order))
    _, inner, order = min(choices, key=lambda choice: choice[0])
    return (function, inner), order


def apply_function(function: str, terms: Terms, names: Names) -> Terms:
    """A function of every entry.

    Raises:
        UntraceableError: it has no rules here.
    """
    terms = reduced(collected(terms), names)
    if not terms:
        return _at_zero(function)
    negative = terms[0].coefficient < 0
    opposite = scaled(terms, Fraction(-1)) if negative else terms
    match function:
        case "sqrt":
            return power(terms, HALF, names)
        case "relu":
            return scaled((*terms, *apply_function("abs", terms, names)), HALF)
        case "exp":
            return _exponential(terms)
        case "sigmoid" if negative:
            return (*ONE, *scaled(apply_function("sigmoid", opposite, names), Fraction(-1)))
        case "softplus" if negative:
            return (*apply_function("softplus", opposite, names), *terms)
        case "log":
            exponent = _exponent_beside_one(terms)
            if exponent is not None:
                return apply_function("softplus", exponent, names)
    if function not in ODD | EVEN | OTHERS:
        raise UntraceableError(f"{function} has no rule in index notation")
    if negative and function in ODD | EVEN:
        sign = Fraction(-1 if function in ODD else 1)
        return scaled(entry(*_atom(function, opposite)), sign)
    return entry(*_atom(function, terms))


def _at_zero(function: str) -> Terms:
    if function in ODD or function in ("abs", "relu", "sqrt"):
        return ()
    if function in ("cos", "cosh", "exp"):
        return ONE
    if function == "sigmoid":
        return constant(HALF)
    raise UntraceableError(f"{function}(0) has no rule in index notation")


def _exponential(terms: Terms) -> Terms:
    """exp(c u) = exp(u)**c."""
    lead = terms[0].coefficient
    return entry(*_atom("exp", scaled(terms, 1 / lead)), lead)


def _exponent_beside_one(terms: Terms) -> Terms | None:
    """u where the terms are 1 + exp(u), else None."""
    if len(terms) != 2 or any(t.coefficient != 1 or t.bound for t in terms):
        return None
    plain, other = sorted(terms, key=lambda t: len(t.factors))
    if plain.factors or len(other.factors) != 1:
        return None
    (((head, indices), exponent),) = other.factors
    if head[0] != "exp":
        return None
    slots = {Index(n, index.dimension): index for n, index in enumerate(indices)}
    return scaled(tuple(term.renamed(slots) for term in head[1]), exponent)


def power(terms: Terms, exponent: Fraction, names: Names) -> Terms:
    """A rational power of every entry.

    Raises:
        TooLargeError: a sum to a high power.
    """
    terms = reduced(collected(terms), names)
    if exponent.denominator == 1 and exponent >= 0:
        return _repeated(terms, int(exponent), names)
    if not terms:
        raise UntraceableError("a negative or broken power of zero")
    if exponent.denominator == 1 and len(terms) == 1 and not terms[0].bound:
        (term,) = terms
        factors = tuple((base, e * exponent) for base, e in term.factors)
        if all(e.denominator == 1 or b[0][0] in ("exp", "base") for b, e in term.factors):
            return (Term(term.coefficient ** int(exponent), factors),)
    if exponent.denominator == 1:
        u = _exponent_beside_one(terms)
        if u is not None:
            sigmoid = apply_function("sigmoid", scaled(u, Fraction(-1)), names)
            return _repeated(collected(sigmoid), -int(exponent), names)
    lead = abs(terms[0].coefficient) if exponent.denominator != 1 else terms[0].coefficient
    factor = _rational_power(lead, exponent)
    if factor is None:
        return entry(*_atom("base", terms), exponent)
    return scaled(entry(*_atom("base", scaled(terms, 1 / lead)), exponent), factor)


def _rational_power(value: Fraction, exponent: Fraction) -> Fraction | None:
    numbers = Rationals()
    try:
        return to_fraction(numbers.power(numbers.rational(value), numbers.rational(exponent)))
    except (InexactError, TheoryckError):
        return None


def _repeated(terms: Terms, count: int, names: Names) -> Terms:
    if count > MAX_POWER and len(terms) > 1:
        raise TooLargeError(f"the power {count} of a sum, multiplied out")
    if len(terms) == 1 and not terms[0].bound:
        (term,) = terms
        factors = tuple((base, e * count) for base, e in term.factors) if count else ()
        return (Term(term.coefficient**count, factors),)
    if count > MAX_POWER:
        raise TooLargeError(f"the power {count} of a sum over an index")
    result = ONE
    for _ in range(count):
        result = collected(multiplied(result, terms, names))
    return result


def reduced(terms: Terms, names: Names) -> Terms:
    """Whole powers of sums multiplied out, cos² = 1 − sin², cosh² = 1 + sinh², |u|² = u²."""
    for _ in range(MAX_ROUNDS):
        changed: list[Term] = []
        again = False
        for term in terms:
            found = next(((b, e) for b, e in term.factors if _reducible(b, e)), None)
            if found is None:
                changed.append(term)
                continue
            again = True
            base, exponent = found
            rest = Term(
                term.coefficient, tuple(f for f in term.factors if f[0] != base), term.bound
            )
            changed += multiplied((rest,), _replacement(base, exponent, names), names)
        terms = collected(tuple(changed))
        if not again:
            break
    return terms


def _reducible(base: Base, exponent: Fraction) -> bool:
    name = base[0][0]
    if name == "base":
        return exponent.denominator == 1 and exponent > 0
    return name in ("cos", "cosh", "abs") and exponent.denominator == 1 and exponent >= 2


def _replacement(base: Base, exponent: Fraction, names: Names) -> Terms:
    head, indices = base
    argument = inner_terms(head, indices, names)
    if head[0] == "base":
        return power(argument, exponent, names)
    rest = entry(head, indices, exponent - 2) if exponent != 2 else ONE
    if head[0] == "abs":
        return multiplied(rest, multiplied(argument, argument, names), names)
    other = apply_function("sin" if head[0] == "cos" else "sinh", argument, names)
    square = multiplied(other, other, names)
    sign = Fraction(-1 if head[0] == "cos" else 1)
    return multiplied(rest, (*ONE, *scaled(square, sign)), names)
