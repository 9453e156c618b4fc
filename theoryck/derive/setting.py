"""A rate claim as the rules see it: symbols, assumptions, one traced step, the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import sympy

from theoryck.algebra import Trace
from theoryck.algebra.point import Leaf, Point
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import (
    Apply,
    Expr,
    Gradient,
    Iterate,
    Number,
    Order,
    Symbol,
    Value,
    names,
)
from theoryck.derive.arguments import Argument
from theoryck.derive.domain import Domain, domain_of
from theoryck.derive.oracles import Listener, has_exact_gradients, trace_of
from theoryck.derive.relations import Relation
from theoryck.derive.statements import Arrow, Direction, Displacement
from theoryck.derive.symbols import (
    ZERO,
    Obligation,
    Reader,
    Symbolic,
    UnreadableError,
    as_sympy,
)
from theoryck.errors import TheoryckError

# what the start of a run contributes; the names are the claim's own text for them
START_GAP = sympy.Symbol("(f(x[0]) - f_star)", nonnegative=True)
START_DISTANCE = sympy.Symbol("norm(x[0] - x_star)", nonnegative=True)
START_GRADIENT = sympy.Symbol("norm(grad(x[0]))", nonnegative=True)
# of a feasible set it need not vanish at the best point
STAR_GRADIENT = sympy.Symbol("norm(grad(x_star))", nonnegative=True)
F_STAR = sympy.Symbol("f_star", real=True)
ITERATION = sympy.Symbol("k", integer=True, nonnegative=True)

INHERITED_BY_AVERAGES = frozenset({"convex", "strongly_convex", "smooth", "lipschitz"})
ABOUT_THE_NOISE = frozenset(
    {"unbiased", "bounded_variance", "bounded_second_moment", "strong_growth"}
)


ONE_STEP = "the one-step route takes steps along the gradient at x[k] or x[k+1] and noise"


class Stuck(Exception):
    """The derivation cannot go on; the message completes "inconclusive, because ..."."""


class OtherKind(Stuck):  # an outcome like Stuck, not an error
    """A route is not meant for such a claim, so that nobody need hear where it stopped."""


class OutOfTime(Exception):
    """The deadline has passed; unlike :class:`Stuck` it ends the whole search."""


@dataclass(frozen=True)
class TracedStep:
    """One step of the method, how many draws each of its stochastic gradients averages, and the

    lengths of its proximal steps, which must be positive for the minimum in them to exist.
    """

    displacement: Displacement
    batches: tuple[sympy.Expr, ...]
    proximal_lengths: tuple[sympy.Expr, ...]


@dataclass(frozen=True)
class Setting:
    """Everything that rules may look up. ``domain`` contains what is known of the start."""

    claim: RateClaim
    domain: Domain
    assumptions: Mapping[str, Mapping[str, sympy.Expr]]
    has_minimiser: bool
    initial: tuple[Relation, ...]
    bound: sympy.Expr
    obligations: tuple[Obligation, ...]
    notes: tuple[str, ...]

    def constant(self, assumption: str, quantity: str) -> sympy.Expr | None:
        """The value of an assumption's parameter, or None where it is not assumed."""
        return self.assumptions.get(assumption, {}).get(quantity)

    def assumes(self, *names: str) -> bool:
        """Whether all of these are among the assumptions."""
        return all(name in self.assumptions for name in names)

    @property
    def start_symbols(self) -> frozenset[sympy.Symbol]:
        """What the claim says of the start, in its initial condition or in its bound."""
        said = {s for relation in self.initial for s in relation.symbols} | self.bound.free_symbols
        return frozenset({START_GAP, START_DISTANCE, START_GRADIENT} & said)

    @property
    def is_convex(self) -> bool:
        """Whether f is convex by what is assumed."""
        return self.assumes("convex") or self.assumes("strongly_convex")


def setting_of(claim: RateClaim) -> Setting:
    """Reads a claim.

    Raises:
        Stuck: a part of the claim has no symbolic reading.
    """
    domain = domain_of(claim.parameters)
    start = Reader(domain.symbols, start_quantity)
    plain = Reader(domain.symbols)
    try:
        initial = tuple(r for c in claim.initial for r in start.relations(c))
        bound = start.read(claim.bound.body if isinstance(claim.bound, Order) else claim.bound)
    except UnreadableError as error:
        raise Stuck(f"the bound or the initial condition is not read: {error}") from error
    known = (START_GAP, START_DISTANCE, START_GRADIENT)
    used = {s for r in initial for s in r.symbols} | bound.free_symbols
    domain = domain.with_symbols(*(s for s in (*known, F_STAR) if s in used)).where(*initial)
    assumptions = _assumptions(claim, plain)
    strongly_convex = "strongly_convex" in assumptions
    notes = []
    if strongly_convex and "smooth" in assumptions:
        nonempty = Relation(assumptions["strongly_convex"]["mu"], "<=", assumptions["smooth"]["L"])
        domain = domain.where(nonempty)
        notes.append(
            f"{nonempty}, since no function is in the class otherwise [Nesterov 2018, 2.1]"
        )
    texts = (*claim.initial, claim.measure, claim.bound)
    return Setting(
        claim=claim,
        domain=domain,
        assumptions=MappingProxyType(assumptions),
        has_minimiser=strongly_convex or any("x_star" in names(text) for text in texts),
        initial=initial,
        bound=bound,
        obligations=(*domain.obligations, *start.obligations, *plain.obligations),
        notes=tuple(notes),
    )


def _assumptions(claim: RateClaim, reader: Reader) -> dict[str, dict[str, sympy.Expr]]:
    named = {use.assumption.name for use in claim.assumptions}
    found: dict[str, dict[str, sympy.Expr]] = {}
    for use in claim.assumptions:
        name = use.assumption.name
        if "finite_sum" in named and name not in INHERITED_BY_AVERAGES | ABOUT_THE_NOISE:
            # it speaks of every f_i, from which nothing follows for their average
            continue
        try:
            arguments = {key: reader.read(value) for key, value in use.arguments.items()}
        except UnreadableError as error:
            raise Stuck(f"the assumption {name} is not read: {error}") from error
        found.setdefault(name, arguments)
    if "finite_sum" in named:
        found.setdefault("unbiased", {})
        if "lipschitz" in found:
            found.setdefault("bounded_second_moment", found["lipschitz"])
    return found


def start_quantity(node: Expr) -> sympy.Expr | None:
    """Reads what an expression says about the start: ``f(x[0])``, ``norm(x[0] - x_star)``, ..."""
    match node:
        case Symbol(name="f_star") | Value(point=Symbol(name="x_star")):
            return F_STAR
        case Value(point=Iterate(index=Number(value=0))):
            return START_GAP + F_STAR
        case Apply(function="norm", arguments=(inside,)):
            match inside:
                case Apply(function="-", arguments=(Iterate(index=Number(value=0)), other)):
                    if other == Symbol("x_star"):
                        return START_DISTANCE
                case Apply(function="-", arguments=(other, Iterate(index=Number(value=0)))):
                    if other == Symbol("x_star"):
                        return START_DISTANCE
                case Gradient(point=Iterate(index=Number(value=0))):
                    return START_GRADIENT
                case Gradient(point=Symbol(name="x_star")):
                    return STAR_GRADIENT
    return None


def traced_step(setting: Setting) -> TracedStep:
    """One step from x[k], read off a trace of the method with symbolic coefficients.

    Raises:
        Stuck: the method cannot be traced, or its step looks further than x[k] and x[k+1].
    """
    use = setting.claim.method
    reader = Reader({**setting.domain.symbols, "k": ITERATION})
    try:
        arguments = {name: Argument(reader.read(v)) for name, v in use.arguments.items()}
        trace = trace_of(setting.claim, Symbolic())
        state = use.method.first_state(trace.start)
        if isinstance(state, tuple):
            # what the state remembers besides x is an unknown of its own at a general k
            if not all(isinstance(entry, Point) for entry in state):
                raise Stuck(f"{use.method.name} remembers a number from step to step: {ONE_STEP}")
            memory = [trace.x_star + trace.vector(f"memory{i}") for i in range(1, len(state))]
            state = (trace.start, *memory)
        after = use.method.iterate(use.method.step(state, trace, Argument(ITERATION), arguments))
    except TheoryckError as error:
        raise Stuck(f"the step of {use.method.name} is not traced: {error}") from error
    if not isinstance(after, Point):
        raise Stuck(f"the step of {use.method.name} does not give a vector")
    displacement = after - trace.start
    arrows = _arrows(trace, after)
    terms = []
    for leaf, coefficient in displacement.coefficients.items():
        if leaf not in arrows:
            raise Stuck(
                f"{use.method.name} looks further back than x[k], or takes gradients elsewhere: "
                f"{ONE_STEP}"
            )
        terms.append((arrows[leaf], as_sympy(coefficient)))
    batches = tuple(as_sympy(sample.batch) for sample in trace.samples)
    lengths = tuple(as_sympy(proximal.step) for proximal in trace.proximals)
    return TracedStep(Displacement(tuple(terms)), batches, lengths)


def draws(setting: Setting) -> bool:
    """Whether the method asks for anything random: stochastic gradients, or noise.

    A step that fails before it asks for anything is taken to be random.
    """
    use = setting.claim.method
    trace = Listener(numbers=Symbolic())
    try:
        reader = Reader({**setting.domain.symbols, "k": ITERATION})
        arguments = {name: Argument(reader.read(v)) for name, v in use.arguments.items()}
        state = use.method.first_state(trace.start)
        use.method.step(state, trace, Argument(ITERATION), arguments)
    except TheoryckError:
        return bool(trace.heard) or not trace.evaluations
    return bool(trace.heard)


def is_random(setting: Setting) -> bool:
    """Whether the run is random as the claim is read, so that only expectations are bounded."""
    return draws(setting) and not has_exact_gradients(setting.claim)


def confidence_of(setting: Setting) -> sympy.Expr | None:
    """The probability with which the claim is to hold at least, where it names one."""
    confidence = setting.claim.confidence
    return None if confidence is None else Reader(setting.domain.symbols).read(confidence)


def _arrows(trace: Trace, after: Point) -> dict[Leaf, Arrow]:
    arrows = {}
    for evaluation in trace.evaluations:
        for at, point in enumerate((trace.start, after)):
            if evaluation.point.coefficients == point.coefficients:
                arrows[only_leaf(evaluation.gradient)] = Arrow(Direction.GRADIENT, at)
    for number, sample in enumerate(trace.samples):
        if sample.evaluation.point.coefficients == trace.start.coefficients:
            arrows[only_leaf(sample.deviation)] = Arrow(Direction.NOISE, 0, number)
    return arrows


def only_leaf(point: Point) -> Leaf:
    """The leaf that a vector consists of."""
    (leaf,) = point.coefficients
    return leaf


def method_obligations(setting: Setting) -> tuple[Obligation, ...]:
    """What must hold for the method's arguments to have a value."""
    reader = Reader({**setting.domain.symbols, "k": ITERATION})
    for value in setting.claim.method.arguments.values():
        reader.read(value)
    return tuple(reader.obligations)


def start_relation(relation: Relation) -> tuple[sympy.Expr, sympy.Expr] | None:
    """``(quantity, upper)`` where the relation bounds a start quantity or its square above."""
    left, sign, right = relation.left, relation.sign, relation.right
    if sign in (">=", ">"):
        left, right = right, left
    elif sign not in ("<=", "<", "=="):
        return None
    difference = sympy.expand(left - right)
    for symbol in (START_GAP, START_DISTANCE, START_GRADIENT):
        for quantity in (symbol**2, symbol):
            coefficient = difference.coeff(quantity)
            rest = sympy.expand(difference - coefficient * quantity)
            others = {START_GAP, START_DISTANCE, START_GRADIENT, F_STAR} & rest.free_symbols
            if coefficient == 1 and not others:
                return quantity, -rest
    return None


__all__ = [
    "ITERATION",
    "START_DISTANCE",
    "START_GAP",
    "START_GRADIENT",
    "ZERO",
    "OtherKind",
    "Setting",
    "Stuck",
    "TracedStep",
    "confidence_of",
    "draws",
    "is_random",
    "method_obligations",
    "setting_of",
    "start_relation",
    "traced_step",
]
