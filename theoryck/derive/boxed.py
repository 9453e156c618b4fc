"""A membership claim in SymPy: the formula, its box as relations, and what gives it a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sympy

from theoryck.claims.claim import AssumptionUse, MembershipClaim, Variable
from theoryck.claims.expressions import Apply, Expr, walk
from theoryck.derive.arrays import Array, evaluate_arrays
from theoryck.derive.criteria import Constants, Smooth
from theoryck.derive.domain import Domain, domain_of
from theoryck.derive.jets import FormulaJets, Jet, gradient_of, hessian_of
from theoryck.derive.relations import Relation
from theoryck.derive.subdivision import Box, Ends
from theoryck.derive.symbols import ZERO, Obligation, Reader, Symbolic


@dataclass(frozen=True)
class Problem:
    """A formula on a box, in SymPy.

    Args:
        domain: of the parameters and the variables; both ends of the box are relations in it.
        box: the rational box, where no parameter is left free, else None.
        function: the claim's tree.
        value: the formula; zero where a variable is an array, which SymPy does not see.
        variables: its variables.
        symbols: what every name stands for.
        obligations: what must hold for it to have a value, and derivatives of every order.
        arrays: the variables with their shapes.
    """

    domain: Domain
    box: Box | None
    function: Expr
    value: sympy.Expr
    variables: tuple[sympy.Symbol, ...]
    symbols: Mapping[str, sympy.Expr]
    obligations: tuple[Obligation, ...]
    arrays: tuple[Variable, ...]

    @property
    def functions(self) -> frozenset[str]:
        """The functions that the formula uses."""
        return frozenset(n.function for n in walk(self.function) if isinstance(n, Apply))

    def constants(self, use: AssumptionUse) -> tuple[Constants, tuple[Obligation, ...]]:
        """The parameters of an assumption as expressions, and when they have values."""
        reader = Reader(self.symbols)
        constants = {name: reader.read(expr) for name, expr in use.arguments.items()}
        return constants, tuple(reader.obligations)

    def derivatives(self, symbols: tuple[sympy.Symbol, ...] | None = None) -> Smooth:
        """The formula with its gradient and Hessian, at other symbols if given."""
        at = symbols or self.variables
        jets = FormulaJets(Symbolic(), len(at), 2)
        values = {name: Array((), (Jet(value),)) for name, value in self.symbols.items()}
        for number, (variable, symbol) in enumerate(zip(self.variables, at, strict=True)):
            values[variable.name] = Array((), (jets.variable(number, symbol),))
        jet = evaluate_arrays(self.function, values, jets).scalar
        return Smooth(jet.value, at, gradient_of(jet, jets), hessian_of(jet, jets))


def problem_of(
    claim: MembershipClaim, at: Mapping[str, Expr] | None, box: tuple[Ends, ...] | None
) -> Problem:
    """The claim in SymPy, with free parameters, or at the exact values ``at``.

    Raises:
        UnreadableError: the formula has no symbolic reading.
    """
    free = at is None
    domain = domain_of(claim.parameters) if free else Domain()
    known: dict[str, sympy.Expr] = dict(domain.symbols)
    if at is not None:
        known |= {name: Reader({}).read(value) for name, value in at.items()}
    variables = tuple(sympy.Symbol(v.name, real=True) for v in claim.variables)
    symbols = {**known, **{v.name: v for v in variables}}
    reader, ends = Reader(symbols), Reader(known)
    relations = []
    for variable in variables:
        low, high = claim.domain[variable.name]
        if low is not None:
            relations.append(Relation(variable, ">=", ends.read(low)))
        if high is not None:
            relations.append(Relation(variable, "<=", ends.read(high)))
    arrays = any(v.shape for v in claim.variables)
    value = ZERO if arrays else reader.read(claim.function)
    rational = None
    if not arrays and (not claim.parameters or at is not None):
        rational = dict(zip(variables, box, strict=True)) if box is not None else None
    return Problem(
        domain.with_symbols(*variables).where(*relations),
        rational,
        claim.function,
        value,
        variables,
        symbols,
        (
            *domain.obligations,
            *ends.obligations,
            *map(_strict, reader.obligations),
            *_poles(claim.function, symbols),
        ),
        claim.variables,
    )


def _poles(function: Expr, symbols: Mapping[str, sympy.Expr]) -> Iterator[Obligation]:
    """The tangent has no value where the cosine is zero."""
    for node in walk(function):
        if isinstance(node, Apply) and node.function == "tan":
            cosine = sympy.cos(Reader(symbols).read(node.arguments[0]))
            yield Obligation((Relation(cosine, "!=", ZERO),), "a pole of tan")


def _strict(obligation: Obligation) -> Obligation:
    """A root is differentiable where its argument is positive."""
    return Obligation(
        tuple(
            Relation(r.left, ">", r.right) if r.sign == ">=" and r.right == ZERO else r
            for r in obligation.alternatives
        ),
        obligation.because,
    )
