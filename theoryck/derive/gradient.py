"""Gradient claims: a formula is the derivative, or at an exact point it is not."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import partial
from itertools import islice
from math import prod
from typing import Any

import flint
import sympy

from theoryck.algebra import NumberSystem
from theoryck.claims.claim import GradientClaim, Variable
from theoryck.claims.expressions import Apply, Expr, walk
from theoryck.claims.printing import brief, to_text
from theoryck.derive.arrays import concrete_shape
from theoryck.derive.decide import Proved, decide, is_empty
from theoryck.derive.domain import domain_of
from theoryck.derive.elementary import vanishes
from theoryck.derive.formulas import Spot, derivatives_at, exactly, parameter_choices, value_at
from theoryck.derive.jets import FormulaJets, Jet, gradient_of
from theoryck.derive.matrices import MatrixReader, derivative, equal
from theoryck.derive.printing import to_claim_text
from theoryck.derive.relations import Relation
from theoryck.derive.symbols import Reader, Symbolic, UnreadableError
from theoryck.derive.tensors import Names
from theoryck.errors import TheoryckError, UndecidedError
from theoryck.verdict import EngineReport, Instance, Scope, Status

ENGINE = "derive"
JUMPS = frozenset({"sign", "floor", "ceil"})
ROOTS = frozenset({"sqrt", "norm", "**"})
SIZES = ((2, 3, 2, 4), (3, 2, 4, 2))  # of the named dimensions, in the order of their mention
SPOTS = 14  # points at which both formulas are compared
LARGEST = 6  # of a named dimension at such a point
AGREEMENT = 2.0**-100


def examine_gradient(claim: GradientClaim, deadline: float) -> EngineReport:
    """Whether each formula is the partial derivative by its variable, at every size.

    A formula is compared with the derivative wherever both are defined and the function is
    differentiable. It is proved by exact algebra (index notation for arrays), and refuted at a
    rational point by differentiating the claim's own tree there in exact or ball arithmetic.

    Args:
        claim: the claim.
        deadline: a value of ``time.monotonic()``.

    >>> from theoryck.claims.reading import read_claim
    >>> claim = read_claim({
    ...     "id": "g", "kind": "gradient", "function": "norm(A@x - b)**2",
    ...     "variables": ["A: m x n", "x: n", "b: m"],
    ...     "derivative": {"x": "2*transpose(A)@(A@x - b)"}})
    >>> print(examine_gradient(claim, time.monotonic() + 10).status)
    proved
    """
    lines: list[str] = []
    seen: set[str] = set()
    spots = tuple(islice(_spots(claim), SPOTS))
    for variable in claim.variables:
        if variable.name not in claim.derivative:
            continue
        formula = claim.derivative[variable.name]
        refuted, compared = _compare(claim, variable, formula, spots, deadline)
        if refuted is not None:
            return refuted
        problem, how = _prove(claim, variable, formula, deadline)
        if problem is None:
            lines.append(f"d/d{variable.name} = {brief(formula, 200)}   [{how}]")
        else:
            seen.add(problem if compared else f"{problem}; no point to compare it at")
            lines.append(f"d/d{variable.name}: agrees at {compared} exact points, but {problem}")
        if problem is not None and not compared:
            return EngineReport(ENGINE, Status.INCONCLUSIVE, "; ".join(seen), evidence=tuple(lines))
    if seen:
        reason = f"agrees with the derivative at exact points; not proved: {'; '.join(seen)}"
        return EngineReport(ENGINE, Status.SUPPORTED, reason, evidence=tuple(lines))
    reason = "the formula is the derivative wherever both are defined"
    notes = _kinks(claim.function)
    return EngineReport(
        ENGINE,
        Status.PROVED,
        f"{reason}{notes}",
        scope=Scope.ALL_PARAMETERS,
        evidence=tuple(lines),
    )


def _kinks(function: Expr) -> str:
    names = {node.function for node in walk(function) if isinstance(node, Apply)}
    kinks = sorted(names & {"abs", "relu", "min", "max"})
    if not kinks:
        return ""
    return f" and the function is differentiable (it may not be at the kinks of {', '.join(kinks)})"


def _prove(
    claim: GradientClaim, variable: Variable, formula: Expr, deadline: float
) -> tuple[str | None, str]:
    """(None, how) if it is proved, (why not, "") otherwise."""
    doubt = _doubt(claim.function, formula)
    if doubt is not None:
        return doubt, ""
    try:
        if all(not v.shape for v in claim.variables):
            return _prove_scalar(claim, variable, formula, deadline)
        names = Names()
        reader = MatrixReader({v.name: v for v in claim.variables}, names)
        found = derivative(reader.read(claim.function), variable, names)
        if equal(found, reader.read(formula), names):
            return None, "matrix calculus in index notation, at every size"
        return "the two were not brought to the same form in index notation", ""
    except TheoryckError as error:
        return str(error), ""


def _doubt(function: Expr, formula: Expr) -> str | None:
    """What the rules of differentiation do not settle: isolated points at jumps.

    Where neither formula jumps, the derivative at a kink, if there is one, is the limit of the
    derivatives beside it, and so is the value of a formula without jumps. The sign functions of a
    formula stand for the slopes of abs, max and relu, whose mean over both sides is sign(0) = 0:
    if the function is differentiable at a kink, that mean is its derivative.
    """
    inside = {node.function for node in walk(function) if isinstance(node, Apply)}
    claimed = {node.function for node in walk(formula) if isinstance(node, Apply)}
    if inside & JUMPS:
        return f"the function has jumps ({', '.join(sorted(inside & JUMPS))})"
    if claimed & {"floor", "ceil"}:
        return "the formula has jumps (floor, ceil)"
    if "sign" in claimed and any(_may_be_root(node) for node in walk(function)):
        return "a sign in the formula and a root in the function: its zero is not looked at"
    return None


def _may_be_root(node: Any) -> bool:
    if not isinstance(node, Apply) or node.function not in ROOTS:
        return False
    if node.function != "**":
        return True
    exponent = node.arguments[1]
    return getattr(exponent, "value", Fraction(1, 2)).denominator != 1


def _prove_scalar(
    claim: GradientClaim, variable: Variable, formula: Expr, deadline: float
) -> tuple[str | None, str]:
    domain = domain_of(claim.parameters)
    symbols = {v.name: sympy.Symbol(v.name, real=True) for v in claim.variables}
    domain = domain.with_symbols(*symbols.values())
    reader = Reader(domain.symbols)
    try:
        reader.read(claim.function)
        claimed = reader.read(formula)
        found = scalar_derivative(claim.function, domain.symbols, variable.name)
    except UnreadableError as error:
        return str(error), ""
    # the claim speaks only of points where everything has a value
    single = [o.alternatives[0] for o in reader.obligations if len(o.alternatives) == 1]
    rest = tuple(o for o in reader.obligations if len(o.alternatives) != 1)
    domain = domain.where(*single)
    if is_empty(domain, deadline):
        return "the formulas have values nowhere", ""
    if not rest and not domain.obligations and vanishes(found - claimed):
        return None, f"differentiated to {to_claim_text(found)}; exact algebra"
    goal = Relation(found, "==", claimed)
    decision = decide(goal, domain, deadline, (*domain.obligations, *rest))
    if isinstance(decision, Proved):
        return None, f"differentiated to {to_claim_text(found)}; {decision.how}"
    reason = getattr(decision, "reason", f"it seems to fail at {decision}")
    return f"{to_claim_text(found)} == {brief(formula)} is not proved: {reason}", ""


def scalar_derivative(function: Expr, symbols: Mapping[str, sympy.Symbol], name: str) -> sympy.Expr:
    """The derivative of a formula of scalars as a formula.

    Raises:
        TheoryckError: a function without a rule.
    """
    from theoryck.derive.arrays import Array, evaluate_arrays

    jets = FormulaJets(Symbolic(), 1, 1)
    values = {
        other: Array((), (jets.variable(0, symbol) if other == name else Jet(symbol),))
        for other, symbol in symbols.items()
    }
    return gradient_of(evaluate_arrays(function, values, jets).scalar, jets)[0]


def _spots(claim: GradientClaim) -> Iterator[Spot]:
    """Points with small rational entries, the same ones at every call."""
    generator = random.Random(1)
    given = parameter_choices(claim, 3)
    dimensions = list(
        dict.fromkeys(d for v in claim.variables for d in v.shape if isinstance(d, str))
    )
    for number in range(4 * SPOTS if given else 0):
        parameters = given[number % len(given)]
        fitting = SIZES[number % 2]
        sizes = {
            d: _declared(parameters, d) or fitting[n % len(fitting)]
            for n, d in enumerate(dimensions)
        }
        if max(sizes.values(), default=1) > LARGEST:
            continue
        entries = {
            variable.name: tuple(
                _amount(generator, positive=number % 3 == 0)
                for _ in range(prod(concrete_shape(variable, sizes)))
            )
            for variable in claim.variables
        }
        yield Spot(parameters, sizes, entries)


def _declared(parameters: Mapping[str, Expr], name: str) -> int | None:
    """The size of a dimension that is a parameter too."""
    value = getattr(parameters.get(name), "value", None)
    return int(value) if value is not None and value >= 1 else None


def _amount(generator: random.Random, positive: bool) -> Fraction:
    amount = Fraction(generator.randint(1, 11), generator.choice((2, 3, 5)))
    return amount if positive or generator.random() < 0.5 else -amount


def _compare(
    claim: GradientClaim,
    variable: Variable,
    formula: Expr,
    spots: tuple[Spot, ...],
    deadline: float,
) -> tuple[EngineReport | None, int]:
    """A refutation, if a point gives one, and at how many points the two agree."""
    compared = 0
    for spot in spots:
        if time.monotonic() > deadline:
            break
        answer = exactly(partial(_differences, claim, variable, formula, spot))
        if answer is None:
            continue
        if answer:
            return _refutation(claim, variable, formula, spot, answer), compared
        compared += 1
    return None, compared


def _differences(
    claim: GradientClaim, variable: Variable, formula: Expr, spot: Spot, numbers: NumberSystem
) -> str:
    """How the derivative and the formula differ at a point, "" if they agree.

    Raises:
        UndecidedError: balls do not tell.
    """
    found = derivatives_at(
        claim.function, spot, claim.variables, numbers, along=(variable.name,)
    ).gradient
    claimed = value_at(formula, spot, claim.variables, numbers).entries
    if len(claimed) != len(found):
        raise UndecidedError("shapes that differ")
    for number, (left, right) in enumerate(zip(found, claimed, strict=True)):
        apart = left - right
        if isinstance(apart, flint.arb) and not apart.is_exact():
            if abs(apart) < AGREEMENT:
                continue
            if apart.contains(0):
                raise UndecidedError("balls too wide to compare")
        if numbers.sign(apart) != 0:
            place = f"entry {number + 1} of " if len(found) > 1 else ""
            return f"{place}the derivative is {_number(left)}, the formula gives {_number(right)}"
    return ""


def _number(value: Any) -> str:
    return str(value.str(12, radius=False)) if isinstance(value, flint.arb) else str(value)


def _refutation(
    claim: GradientClaim, variable: Variable, formula: Expr, spot: Spot, how: str
) -> EngineReport:
    said = f"{brief(formula)} is not the derivative by {variable.name}: at {spot.text()}, {how}"
    instance = Instance(
        at={name: to_text(value) for name, value in spot.parameters.items()},
        claimed=None,
        worst_case=None,
        status=Status.REFUTED,
        reason=said,
        witness={"kind": "point", "variable": variable.name, "values": spot.data()},
    )
    line = f"{said}   [differentiated there in exact or ball arithmetic]"
    return EngineReport(ENGINE, Status.REFUTED, said, instances=(instance,), evidence=(line,))


__all__ = ["examine_gradient", "scalar_derivative"]
