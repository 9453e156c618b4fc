"""Dimensional analysis: is every sum, comparison, step and bound of a claim of one unit?

With [x] the unit of x and [f] that of f, the assumptions and the arguments of methods tell the
units of most parameters; the others are unknowns of a linear system, solved as the claim is
read. What contradicts it is a finding, never a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from theoryck.algebra.units import GRADIENT, NONE, F, Unit, X
from theoryck.claims.claim import (
    AssumptionUse,
    Claim,
    ComplexityClaim,
    EquivalenceClaim,
    ImplicationClaim,
    MethodUse,
    RateClaim,
    ScheduleClaim,
)
from theoryck.claims.dimension import ONE, Dimension, Equations, exponent_of
from theoryck.claims.expressions import (
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
from theoryck.verdict import Finding

HALF = Fraction(1, 2)
CODE = "dimension-mismatch"
WORDS: Mapping[str, Unit] = {"f_star": F, "x_star": X, "pi": NONE, "k": NONE}
SAME = frozenset({"abs", "relu", "neg", "norm", "sum", "transpose"})
"""Functions whose value has the unit of their argument."""


def check_dimensions(claim: Claim) -> tuple[Finding, ...]:
    """The dimension mismatches of a claim, each naming the two terms and their units.

    A literal number has no unit, except that 0 and infinity fit every one, and that a number in
    ``smooth(1)`` or in an initial condition sets its unit to one. Orders hide constants that may
    have any unit, so they are not looked into. What cannot be told is no finding.

    >>> from theoryck.claims import read_claim
    >>> claim = read_claim({
    ...     "id": "forgot-l", "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    ...     "method": "gradient_descent(step=1/L)", "assumptions": ["convex", "smooth(L)"],
    ...     "initial": "norm(x[0] - x_star) <= R",
    ...     "measure": "f(x[N]) - f_star", "bound": "R**2/(4*N + 2)",
    ... })
    >>> check_dimensions(claim)[0].message
    'bound: f(x[N]) - f_star has unit f but R**2/(4*N + 2) has unit x^2'
    """
    analysis = _analyse(claim)
    return tuple(Finding(CODE, message) for message in analysis.messages)


def units(claim: Claim) -> Mapping[str, Unit | None]:
    """The unit of each parameter, None where the claim does not tell it."""
    equations = _analyse(claim).equations
    return {name: equations.reduce(Dimension.named(name)).as_unit() for name in claim.parameters}


@dataclass
class _Analysis:
    """The equations so far and the mismatches met."""

    equations: Equations = field(default_factory=Equations)
    messages: list[str] = field(default_factory=list)

    def dimension(self, expr: Expr, key: str) -> Dimension:
        """The dimension of a tree, after checking its inside."""
        match expr:
            case Number(value=value):
                return Dimension() if value else self.equations.fresh()
            case Symbol(name="oo"):
                return self.equations.fresh()
            case Symbol(name=name):
                return Dimension.of(WORDS[name]) if name in WORDS else Dimension.named(name)
            case Iterate():
                return Dimension.of(X)
            case Entry():
                return self.equations.fresh()  # of a written derivation, whose units are not told
            case Value(point=point):
                self.expect(point, X, key, f"the argument of {brief(expr)}")
                return Dimension.of(F)
            case Gradient(point=point):
                self.expect(point, X, key, f"the argument of {brief(expr)}")
                return Dimension.of(GRADIENT)
            case Expectation(body=body):
                return self.dimension(body, key)
            case Over(variable=variable, body=body):
                self.equations.solved.setdefault(variable, Dimension())
                return self.dimension(body, key)
            case Order():
                return self.equations.fresh()
            case Apply():
                return self.apply(expr, key)

    def apply(self, expr: Apply, key: str) -> Dimension:
        name, arguments = expr.function, expr.arguments
        if name in ("+", "-", "min", "max"):
            return self.agreeing(arguments, key)
        if name == "**":
            return self.power(arguments[0], arguments[1], key)
        dimensions = [self.dimension(argument, key) for argument in arguments]
        match name:
            case "*" | "@" | "dot":
                return dimensions[0] * dimensions[1]
            case "/":
                return dimensions[0] / dimensions[1]
            case "sqrt":
                return dimensions[0] ** HALF
            case "sign":
                return Dimension()
        if name in SAME:
            return dimensions[0]
        self.match(arguments[0], dimensions[0], Dimension(), key, f"the argument of {name}")
        return Dimension()

    def agreeing(self, terms: tuple[Expr, ...], key: str) -> Dimension:
        """The one dimension of terms that are added or compared."""
        # 0 and oo say nothing: what the others are compared with is a term that does
        reference, *others = sorted(terms, key=_fits_every_unit)
        first = self.dimension(reference, key)
        agreed = True
        for term in others:
            agreed &= self.compare(reference, first, term, self.dimension(term, key), key)
        return first if agreed else self.equations.fresh()

    def power(self, base: Expr, exponent: Expr, key: str) -> Dimension:
        self.expect(exponent, NONE, key, f"an exponent, as that of {brief(base)},")
        dimension = self.equations.reduce(self.dimension(base, key))
        form = exponent_of(exponent)
        if dimension.unknown and set(form) - {ONE}:
            # a power such as rho**N is of a pure number, unless the unit is known already
            self.equations.equate(dimension, Dimension())
            return Dimension()
        raised = dimension.raised(form)
        return self.equations.fresh() if raised is None else raised

    def compare(self, a: Expr, da: Dimension, b: Expr, db: Dimension, key: str) -> bool:
        """Equate the dimensions of two terms, with a message if they differ."""
        if self.equations.equate(da, db):
            return True
        self.report(f"{key}: {brief(a)} {self.has(da)} but {brief(b)} {self.has(db)}")
        return False

    def match(self, a: Expr, da: Dimension, wanted: Dimension, key: str, role: str) -> None:
        """Equate the dimension of a term with what its place asks for."""
        if not self.equations.equate(da, wanted):
            self.report(f"{key}: {brief(a)} {self.has(da)} but {role} {self.has(wanted)}")

    def expect(self, expr: Expr, unit: Unit, key: str, role: str) -> None:
        self.match(expr, self.dimension(expr, key), Dimension.of(unit), key, role)

    def has(self, dimension: Dimension) -> str:
        reduced = self.equations.reduce(dimension)
        return "has no unit" if reduced.is_none() else f"has unit {reduced}"

    def report(self, message: str) -> None:
        if message not in self.messages:
            self.messages.append(message)

    def condition(self, condition: Condition, key: str) -> None:
        """Check that what is compared is of one unit."""
        parts = condition.parts if isinstance(condition, Conjunction) else (condition,)
        for part in parts:
            self.agreeing(part.operands, key)

    def initial(self, comparison: Comparison, key: str) -> None:
        """An initial condition; a number in it is the unit of what it bounds."""
        for operand in comparison.operands:
            if not _is_number(operand):
                unit = self.equations.reduce(self.dimension(operand, key)).as_unit()
                if unit is not None and any(map(_is_number, comparison.operands)):
                    self.equations.relations.append(unit)
        self.condition(comparison, key)

    def assumption(self, use: AssumptionUse, key: str) -> None:
        """The units that an assumption gives to its arguments."""
        for quantity in use.assumption.quantities:
            if quantity.unit is None:
                continue
            wanted = Dimension.of(quantity.unit)
            for other, unit in quantity.unit_powers:
                raised = Dimension.of(unit).raised(exponent_of(use.arguments[other]))
                wanted = wanted * raised if raised is not None else self.equations.fresh()
            expr = use.arguments[quantity.name]
            unit_or_none = wanted.as_unit()
            if _is_number(expr) and unit_or_none is not None:
                self.equations.relations.append(unit_or_none)
                continue
            role = f"{quantity.name} of {use.assumption.name}"
            self.match(expr, self.dimension(expr, key), wanted, key, role)

    def method(self, use: MethodUse, key: str) -> None:
        """The units that a method gives to its arguments."""
        units = {argument.name: argument.unit for argument in use.method.arguments}
        for name, expr in use.arguments.items():
            unit = units.get(name)
            if unit is None:
                self.dimension(expr, key)
            else:
                self.expect(expr, unit, key, f"the {name} of {use.method.name}")


def _fits_every_unit(expr: Expr) -> bool:
    return expr in (Number(Fraction(0)), Symbol("oo"))


def _is_number(expr: Expr) -> bool:
    """Whether a constant stands there that is surely not 0 (which would fit every unit)."""
    return constant_value(expr) not in (None, 0)


def _analyse(claim: Claim) -> _Analysis:
    analysis = _Analysis()
    for parameter in claim.parameters.values():
        if parameter.integer:
            analysis.equations.equate(Dimension.named(parameter.name), Dimension())
    match claim:
        case RateClaim() | ComplexityClaim():
            _run(claim, analysis)
        case ImplicationClaim(hypotheses=hypotheses, conclusion=conclusion):
            _assumptions(hypotheses, analysis)
            analysis.assumption(conclusion, "conclusion")
            _constraints(claim, analysis)
        case EquivalenceClaim(methods=methods, assumptions=conditions):
            for method in methods:
                analysis.method(method, "methods")
            _constraints(claim, analysis)
            for condition in conditions:
                analysis.condition(condition, "assumptions")
        case ScheduleClaim(schedule=schedule, name=name, conditions=series):
            rule = analysis.dimension(schedule, "schedule")
            analysis.equations.equate(Dimension.named(name), rule)
            for entry in series:
                analysis.condition(entry.relation, "conditions")
            _constraints(claim, analysis)
    return analysis


def _run(claim: RateClaim | ComplexityClaim, analysis: _Analysis) -> None:
    _assumptions(claim.assumptions, analysis)
    for comparison in claim.initial:
        analysis.initial(comparison, "initial")
    analysis.method(claim.method, "method")
    _constraints(claim, analysis)
    if claim.confidence is not None:
        analysis.expect(claim.confidence, NONE, "confidence", "a probability")
    if isinstance(claim, RateClaim):
        sides = (claim.measure, claim.bound)
        dimensions = (
            analysis.dimension(claim.measure, "measure"),
            analysis.dimension(claim.bound, "bound"),
        )
        analysis.compare(sides[0], dimensions[0], sides[1], dimensions[1], "bound")
        return
    analysis.condition(claim.reach, "reach")
    for key, count in (("within", claim.within), ("at_least", claim.at_least)):
        if count is not None:
            analysis.expect(count, NONE, key, "a number of iterations")


def _assumptions(uses: Iterable[AssumptionUse], analysis: _Analysis) -> None:
    for use in uses:
        analysis.assumption(use, "assumptions")


def _constraints(claim: Claim, analysis: _Analysis) -> None:
    for name, parameter in claim.parameters.items():
        if parameter.condition is not None:
            analysis.condition(parameter.condition, f"parameters.{name}")
