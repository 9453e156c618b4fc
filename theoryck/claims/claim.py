"""Typed claims, one class a kind; what the parser makes of a ``[[claim]]`` table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from theoryck.assumptions.base import Assumption
from theoryck.claims.derivations import Written
from theoryck.claims.expressions import Comparison, Condition, Expr
from theoryck.methods.base import Method
from theoryck.verdict import Status

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Parameter:
    """A symbol of the claim with its domain: ``condition`` None is any real."""

    name: str
    condition: Condition | None
    integer: bool


@dataclass(frozen=True)
class MethodUse:
    """A method with the expressions of its arguments, which may depend on ``k``."""

    method: Method
    arguments: Mapping[str, Expr]


@dataclass(frozen=True)
class AssumptionUse:
    """An assumption with the expressions of its parameters, by name."""

    assumption: Assumption
    arguments: Mapping[str, Expr]


@dataclass(frozen=True)
class Claim:
    """What every claim has. ``table`` is the TOML table as written: certificates embed it."""

    id: str
    kind: str
    text: str
    source: str
    parameters: Mapping[str, Parameter]
    at: tuple[Mapping[str, Expr], ...]
    expect: Status | None
    table: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True)
class RateClaim(Claim):
    """``measure relation bound`` for every function of the class, start and parameter value."""

    method: MethodUse
    assumptions: tuple[AssumptionUse, ...]
    initial: tuple[Comparison, ...]
    measure: Expr
    bound: Expr
    relation: str
    limit: str
    confidence: Expr | None
    derivation: Written | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ComplexityClaim(Claim):
    """``reach`` holds within so many iterations, or not before ``at_least`` many."""

    method: MethodUse
    assumptions: tuple[AssumptionUse, ...]
    initial: tuple[Comparison, ...]
    reach: Comparison
    within: Expr | None
    at_least: Expr | None
    limit: str
    confidence: Expr | None


@dataclass(frozen=True)
class Variable:
    """A variable of a function with its shape: () scalar, ("d",) vector, ("m", "n") matrix."""

    name: str
    shape: tuple[str | int, ...]


@dataclass(frozen=True)
class MembershipClaim(Claim):
    """Does the function satisfy the assumptions on the domain (None bounds: all of R)?"""

    function: Expr
    variables: tuple[Variable, ...]
    domain: Mapping[str, tuple[Expr | None, Expr | None]]
    assumptions: tuple[AssumptionUse, ...]


@dataclass(frozen=True)
class ImplicationClaim(Claim):
    """Do the hypotheses imply the conclusion?"""

    hypotheses: tuple[AssumptionUse, ...]
    conclusion: AssumptionUse


@dataclass(frozen=True)
class SeriesCondition:
    """``sum(body)`` or ``sum(a)/sum(b)`` compared with a limit, as in ``sum(gamma) == oo``."""

    relation: Comparison
    text: str


@dataclass(frozen=True)
class ScheduleClaim(Claim):
    """Does the step-size rule ``schedule`` (an expression in k) satisfy the conditions?"""

    schedule: Expr
    name: str
    conditions: tuple[SeriesCondition, ...]


@dataclass(frozen=True)
class InequalityClaim(Claim):
    """Does the conclusion follow from the hypotheses for all reals?"""

    hypotheses: tuple[Condition, ...]
    conclusion: Condition


@dataclass(frozen=True)
class IdentityClaim(Claim):
    """Are both sides equal wherever both are defined?"""

    lhs: Expr
    rhs: Expr


@dataclass(frozen=True)
class EquivalenceClaim(Claim):
    """Do the two methods produce the same iterates, under conditions on their arguments?"""

    methods: tuple[MethodUse, MethodUse]
    assumptions: tuple[Condition, ...]


@dataclass(frozen=True)
class GradientClaim(Claim):
    """Is ``derivative`` (by variable) the derivative of ``function``?"""

    function: Expr
    variables: tuple[Variable, ...]
    derivative: Mapping[str, Expr]


Values = Mapping[str, Fraction]
