"""The links of a chain of potentials V_0, ..., V_N: local problems that are rebuilt from a claim.

A potential is a quadratic form in what can be seen at the method's state k: the vectors of the
state (measured from x*), the gradient at the iterate, f there minus f*, and a constant. If

    bound − V_0 ≥ 0 at the first state,   V_k − V_{k+1} − w_k·measure_k ≥ 0 at *any* state,
    V_N − w_N·measure_N ≥ 0,

each as a consequence of the few inequalities among x*, x_k, x_{k+1} and the points evaluated in
between, then Σ w_k·measure_k ≤ bound. Random steps are no different: the potentials and the
inequalities are then expectations. Sources: Taylor and Bach 2019, Section 2 (potentials by
performance estimation); Upadhyaya, Banert, Taylor and Giselsson 2025 (AutoLyap).

Everything is generic over the number system, symbols included: numbers are compared only
through :meth:`NumberSystem.sign`, and a link may be made at a ``k`` that is a symbol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from theoryck.algebra import Form, NumberSystem, Point, Root, Trace, TracedScalar, Vector, dot
from theoryck.algebra.relaxed import RelaxedTrace, Structure
from theoryck.assumptions.base import Slack
from theoryck.assumptions.conditions import Assumed
from theoryck.certificates.checker import CertificateError, check_remainder, combination
from theoryck.certificates.inequalities import Inequalities
from theoryck.certificates.measured import Measured, measured
from theoryck.certificates.problem import (
    advance,
    assumptions_at,
    parameter_values,
    quadratic,
    refuse_random,
    speaks_of_minimiser,
    squared,
    start_conditions,
    structure_of,
)
from theoryck.claims.claim import RateClaim
from theoryck.claims.evaluate import Environment, evaluate
from theoryck.claims.expressions import Expr, Order, Symbol, walk
from theoryck.errors import TooLargeError, UndecidedError, UntraceableError

MAX_LINKS = 100_000


@dataclass(frozen=True)
class Seen:
    """What a potential may look at in one state, by name.

    ``vectors``: ``s0, s1, ...`` are the entries of the state minus x* (those that are points) and
    ``g`` is the gradient at the iterate; ``values``: ``h`` is f − f* at the iterate; ``one`` is
    the constant 1.
    """

    vectors: Mapping[str, Point]
    values: Mapping[str, Form]
    one: Form
    products: dict[tuple[str, str], Form] = field(default_factory=dict, repr=False)

    def product(self, left: str, right: str) -> Form:
        """The inner product of two of the vectors."""
        if (left, right) not in self.products:
            self.products[left, right] = dot(self.vectors[left], self.vectors[right])
        return self.products[left, right]


@dataclass(frozen=True)
class Potential:
    """``constant + Σ values[name]·name + Σ gram[u, v]·⟨u, v⟩``, over the names in :class:`Seen`."""

    values: Mapping[str, Any]
    gram: Mapping[tuple[str, str], Any]
    constant: Any

    def at(self, seen: Seen, trace: Trace) -> Form:
        """The potential of a state; raises CertificateError for what cannot be seen there."""
        terms = [(quadratic(self.constant, trace), trace.numbers.integer(1))]
        for name, coefficient in self.values.items():
            if name not in seen.values:
                raise CertificateError(f"a potential of {name!r}, which is no value of the state")
            terms.append((seen.values[name], coefficient))
        for pair, coefficient in self.gram.items():
            if any(name not in seen.vectors for name in pair):
                raise CertificateError(f"a potential of {pair}, which are not in the state")
            terms.append((seen.product(*pair), coefficient))
        return combination(trace, terms)


@dataclass(frozen=True)
class Entry:
    """A vector of a method's state: it holds ``weight`` times x* (1 for a point, 0 for a
    difference). What else a state holds is a scalar, known exactly."""

    weight: Any


@dataclass(frozen=True)
class Shape:
    """A state with its vectors forgotten; ``bare`` if it is its one entry and no tuple."""

    entries: tuple[Any, ...]
    bare: bool

    @property
    def known(self) -> bool:
        """Whether nothing in it can change from step to step."""
        return all(isinstance(entry, Entry) for entry in self.entries)


@dataclass(frozen=True, kw_only=True)
class Local(Inequalities):
    """The inequalities at the points of one link, each built once."""

    built: dict[str, Slack | None] = field(default_factory=dict, repr=False)

    def slack(self, name: str) -> Slack | None:
        if name not in self.built:
            found = super().slack(name)
            self.built[name] = None if found is None else _kept(found)
        return self.built[name]


def _kept(slack: Slack) -> Slack:
    form = slack.form()
    return Slack(slack.name, lambda: form, slack.equality, slack.distant)


@dataclass(frozen=True, kw_only=True)
class Start(Local):
    """The first state, with the claim's conditions on it, and the bound (squared like the
    measure, if that is a norm)."""

    seen: Seen
    bound: Form


@dataclass(frozen=True, kw_only=True)
class Link(Local):
    """Any state, and the one after a step from it. ``iterates`` are the x of the two states."""

    before: Seen
    after: Seen
    iterates: tuple[Point, Point]
    shape_after: Shape


@dataclass(frozen=True, kw_only=True)
class End(Local):
    """Any state, with no step from it."""

    seen: Seen
    iterate: Point


@dataclass(frozen=True)
class Chain:
    """The links of a claim at given parameters; made by :func:`links`."""

    claim: RateClaim
    parameters: Mapping[str, Any]
    numbers: NumberSystem
    assumed: tuple[Assumed, ...]
    minimiser: bool
    measured: Measured
    _last: dict[str, Any] = field(default_factory=dict, repr=False)
    _paid: dict[str, Any] = field(default_factory=dict, repr=False)
    _shapes: list[Shape] = field(default_factory=list, repr=False)

    @cached_property
    def length(self) -> int:
        """The number of links N; raises TooLargeError beyond ``MAX_LINKS``."""
        count = self.numbers.to_integer(self.measured.horizon)
        if not 0 <= count <= MAX_LINKS:
            raise TooLargeError(f"a chain of {count} links: at most {MAX_LINKS}")
        return count

    @cached_property
    def start(self) -> Start:
        """The first state and the bound."""
        trace = RelaxedTrace(numbers=self.numbers)
        state = self.claim.method.method.first_state(trace.start)
        x = self.claim.method.method.iterate(state)
        seen = _seen(state, x, self._first_shape, trace)
        environment = Environment(
            {**self.parameters, "f_star": trace.f_star, "x_star": trace.x_star},
            iterate=lambda index: self._first(x, index),
            value=trace.value,
            gradient=trace.grad,
        )
        bound = evaluate(self.claim.bound, environment, self.numbers)
        hypotheses = tuple(
            hypothesis
            for position, condition in enumerate(self.claim.initial)
            for hypothesis in start_conditions(position, condition, environment, trace)
        )
        return Start(
            trace=trace,
            assumed=self.assumed,
            hypotheses=hypotheses,
            minimiser=self.minimiser,
            seen=seen,
            bound=(squared if self.squared else quadratic)(bound, trace),
        )

    @cached_property
    def squared(self) -> bool:
        """Whether measure and bound are norms, so that their squares are compared."""
        trace = RelaxedTrace(numbers=self.numbers)
        environment = Environment(
            {**self.parameters, "f_star": trace.f_star, "x_star": trace.x_star},
            iterate=lambda index: self._first(trace.start, index),
            value=trace.value,
            gradient=trace.grad,
        )
        bound = evaluate(self.claim.bound, environment, self.numbers)
        return self.measured.root or isinstance(bound, Root)

    def link(self, k: int) -> Link:
        """The link from state k to state k + 1. Consecutive equal ones share one object; others
        are made anew, so that long chains need little memory."""
        shape = self.shape(k)
        # of two balls, == says that they are surely equal
        if (
            self._last
            and self._last["shape"] == shape
            and (not self._varies or self._last["k"] == k)
        ):
            link: Link = self._last["link"]
        else:
            link = self.generic(self.numbers.integer(k), shape)
            self._last.update(shape=shape, k=k, link=link)
        if len(self._shapes) == k + 1:
            self._shapes.append(link.shape_after)
        return link

    @cached_property
    def end(self) -> End:
        """Any last state."""
        return self.generic_end(self.shape(self.length))

    def generic(self, k: Any, shape: Shape | None = None) -> Link:
        """The link at step ``k``, any element of the number system, from a state of the given
        shape: an :class:`Entry` for a vector and the number itself for a scalar; without it, that
        of a state of vectors only."""
        shape = self._vectors() if shape is None else shape
        trace = RelaxedTrace(numbers=self.numbers)
        state = _any_state(shape, trace)
        use = self.claim.method
        x = use.method.iterate(state)
        before = _seen(state, x, shape, trace)
        following = advance(use, trace, state, k, self.parameters)
        x_next = use.method.iterate(following)
        shape_after = _shape(following, trace)
        after = _seen(following, x_next, shape_after, trace)
        self._refuse_cases(trace)
        return Link(
            trace=trace,
            assumed=self.assumed,
            hypotheses=(),
            minimiser=self.minimiser,
            before=before,
            after=after,
            iterates=(x, x_next),
            shape_after=shape_after,
        )

    def generic_end(self, shape: Shape | None = None) -> End:
        """Any last state of the given shape."""
        shape = self._vectors() if shape is None else shape
        trace = RelaxedTrace(numbers=self.numbers)
        state = _any_state(shape, trace)
        x = self.claim.method.method.iterate(state)
        return End(
            trace=trace,
            assumed=self.assumed,
            hypotheses=(),
            minimiser=self.minimiser,
            seen=_seen(state, x, shape, trace),
            iterate=x,
        )

    def shape(self, k: int) -> Shape:
        """What state k is made of, scalars with their exact values."""
        if not self._shapes:
            self._shapes.append(self._first_shape)
        while len(self._shapes) <= k:
            self.link(len(self._shapes) - 1)
        return self._shapes[k]

    def quantity(self, k: Any, link: Link) -> Form:
        """What the claim measures at iterate ``k``, as a form of that link; equal ones share one
        object."""
        here, after = link.iterates
        body = self.measured.local(k)
        known = self._paid.get("link") is link and self._paid.get("body") == body
        if not (known and self.measured.uniform(body)):
            form = self.measured.at(k, link.trace, here, after, square=self.squared)
            self._paid.update(link=link, body=body, form=form)
        found: Form = self._paid["form"]
        return found

    def last_quantity(self, k: Any, end: End) -> Form:
        """What the claim measures at its last iterate ``k``."""
        return self.measured.at(k, end.trace, end.iterate, None, square=self.squared)

    @cached_property
    def _first_shape(self) -> Shape:
        trace = RelaxedTrace(numbers=self.numbers)
        return _shape(self.claim.method.method.first_state(trace.start), trace)

    def _vectors(self) -> Shape:
        if not self._first_shape.known:
            raise UntraceableError(
                "the method's state holds a number that changes from step to step: say which"
            )
        return self._first_shape

    @cached_property
    def _varies(self) -> bool:
        """Whether steps may depend on their number otherwise than through the state."""
        use = self.claim.method
        return use.method.wants_k or any(
            isinstance(node, Symbol) and node.name == "k"
            for expr in use.arguments.values()
            for node in walk(expr)
        )

    def _refuse_cases(self, trace: RelaxedTrace) -> None:
        if trace.samples:
            refuse_random(self.claim)
        if trace.cases:
            raise UntraceableError("a step with cases: a chain of potentials follows none")

    @staticmethod
    def _first(x: Point, index: int) -> Point:
        if index != 0:
            raise UntraceableError(
                f"the start and the bound of a chain of potentials speak of x[0], not x[{index}]"
            )
        return x


def links(claim: RateClaim, at: Mapping[str, Expr], numbers: NumberSystem) -> Chain:
    """The chain of a claim at an instance.

    Raises:
        UntraceableError: the claim has no such chain: its measure is not one quantity an iterate.
        InexactError, DomainError, UndecidedError, TooLargeError: as :func:`instantiate`.
    """
    return chain(claim, parameter_values(at, numbers), numbers)


def chain(claim: RateClaim, parameters: Mapping[str, Any], numbers: NumberSystem) -> Chain:
    """The chain of a claim at parameters that are elements of the number system."""
    if isinstance(claim.bound, Order):
        raise UntraceableError("an order bound says nothing about a single instance")
    if claim.confidence is not None:
        raise UntraceableError("a claim with a probability is not one about expectations")
    if structure_of(claim.method, parameters, numbers) is not Structure.PLAIN:
        raise UntraceableError("a chain of potentials sees no sets and no sums of two functions")
    assumed = assumptions_at(claim, parameters, numbers)
    return Chain(
        claim=claim,
        parameters=parameters,
        numbers=numbers,
        assumed=assumed,
        minimiser=speaks_of_minimiser(claim, assumed),
        measured=measured(claim, parameters, numbers),
    )


def check_start(
    start: Start,
    potential: Potential,
    multipliers: Mapping[str, str],
    completion: tuple[str, ...] = (),
) -> None:
    """Raise CertificateError unless ``bound − V_0 ≥ 0`` at the first state."""
    form = start.bound - potential.at(start.seen, start.trace)
    check_remainder(form, start, multipliers, completion)


def check_link(
    link: Link,
    before: Potential,
    after: Potential,
    paid: Form | None,
    multipliers: Mapping[str, str],
    completion: tuple[str, ...] = (),
) -> None:
    """Raise CertificateError unless ``V_k − V_{k+1} − paid ≥ 0`` at any state; ``paid`` is the
    weighted quantity that the claim measures there."""
    form = before.at(link.before, link.trace) - after.at(link.after, link.trace)
    if paid is not None:
        form = form - paid
    check_remainder(form, link, multipliers, completion)


def check_end(
    end: End,
    potential: Potential,
    paid: Form | None,
    multipliers: Mapping[str, str],
    completion: tuple[str, ...] = (),
) -> None:
    """Raise CertificateError unless ``V_N − paid ≥ 0`` at any last state."""
    form = potential.at(end.seen, end.trace)
    if paid is not None:
        form = form - paid
    check_remainder(form, end, multipliers, completion)


def _entries(state: Any) -> tuple[Any, ...]:
    return state if isinstance(state, tuple) else (state,)


def _shape(state: Any, trace: Trace) -> Shape:
    """The state with its vectors forgotten; what depends on f in another way is refused, since the
    next link would take it for known."""
    (origin,) = trace.x_star.coefficients
    zero = trace.numbers.integer(0)
    entries = []
    for place, entry in enumerate(_entries(state)):
        if isinstance(entry, Point):
            entries.append(Entry(entry.coefficients.get(origin, zero)))
        elif entry is None or _is_number(entry, trace.numbers):
            entries.append(entry)
        else:
            raise UntraceableError(
                f"entry {place} of the state is {type(entry).__name__}: a chain of potentials "
                "carries vectors and numbers that do not depend on f from step to step"
            )
    return Shape(tuple(entries), not isinstance(state, tuple))


def _is_number(entry: Any, numbers: NumberSystem) -> bool:
    if isinstance(entry, TracedScalar | Vector):
        return False
    if isinstance(entry, bool):
        return True
    try:
        numbers.sign(numbers.coerce(entry) - numbers.coerce(entry))
    except UndecidedError:
        return True  # a ball
    except Exception:  # what is no number fails in its own way
        return False
    return True


def _any_state(shape: Shape, trace: Trace) -> Any:
    """A state of that shape whose vectors are new leaves."""
    entries = tuple(
        trace.x_star * entry.weight + trace.vector(f"state{place}")
        if isinstance(entry, Entry)
        else entry
        for place, entry in enumerate(shape.entries)
    )
    return entries[0] if shape.bare else entries


def _seen(state: Any, x: Point, shape: Shape, trace: Trace) -> Seen:
    at = trace.evaluate(x)
    vectors = {
        f"s{place}": entry - trace.x_star * kind.weight
        for place, (entry, kind) in enumerate(zip(_entries(state), shape.entries, strict=True))
        if isinstance(kind, Entry)
    }
    return Seen({**vectors, "g": at.gradient}, {"h": at.value - trace.f_star}, quadratic(1, trace))
