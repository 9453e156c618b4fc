"""Two methods that keep the same state: equal entries stay equal, by induction on k.

For methods that look at coordinates or at norms. Entries of the two states are paired; with equal
entries in every pair, both must ask the oracle the same, and the next states must be equal in every
pair. Pairs that fail are given up until none does (Milner 1989, "Communication and Concurrency",
Chapter 4: the largest such relation within a given one).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, permutations
from typing import Any

import sympy

from theoryck.algebra import Oracle
from theoryck.claims.claim import MethodUse
from theoryck.derive.equivalences.entries import Entry, Space
from theoryck.derive.equivalences.induction import Invariant, NoInductionError
from theoryck.derive.equivalences.joint import GRADIENTS, DifferentQuestionsError, NotLinearError
from theoryck.derive.exact import is_zero
from theoryck.derive.setting import ITERATION
from theoryck.derive.symbols import as_sympy
from theoryck.errors import TheoryckError

MOST_PAIRINGS = 24

Equal = Callable[[sympy.Expr, sympy.Expr], bool]


@dataclass(frozen=True)
class Asked:
    """A question to the oracle, with the formulas of what it was asked at."""

    kind: str
    at: tuple[sympy.Expr, ...]


@dataclass
class CommonAnswers(Oracle):
    """Answers the i-th question with the i-th of common unknowns, and keeps the questions."""

    space: Space
    known: list[Entry]
    asked: list[Asked] = field(default_factory=list)

    def _answer(self, kind: str, *at: Any) -> Entry:
        formulas = tuple(a.expr if isinstance(a, Entry) else as_sympy(a) for a in at)
        self.asked.append(Asked(kind, formulas))
        number = len(self.asked) - 1
        if number == len(self.known):
            name = f"q{number}"
            scalar = kind in ("value", "minimum")
            symbol = sympy.Symbol(name, real=True)
            answer = self.space.scalar(symbol) if scalar else self.space.vector(name)
            self.known.append(answer)
        return self.known[number]

    def grad(self, x: Any) -> Entry:
        return self._answer("gradient", x)

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Entry:
        return self._answer("stochastic gradient", x, batch)

    def value(self, x: Any) -> Entry:
        return self._answer("value", x)

    def minimum(self) -> Entry:
        return self._answer("minimum")

    def prox(self, x: Any, step: Any) -> Entry:
        return self._answer("prox", x, step)

    def project(self, x: Any, *, diameter: Any = None) -> Entry:
        return self._answer("project", x, *(() if diameter is None else (diameter,)))

    def linear_minimizer(self, g: Any) -> Entry:
        return self._answer("linear_minimizer", g)

    def line_search(self, x: Any, direction: Any) -> Entry:
        return self._answer("line search", x, direction)

    def noise(self, x: Any, law: str) -> Entry:
        return self._answer(f"{law} noise")


@dataclass(frozen=True)
class Traced:
    """One step of both methods: first states, states, next states, and what was asked."""

    starts: tuple[tuple[sympy.Expr, ...], tuple[sympy.Expr, ...]]
    after: tuple[tuple[sympy.Expr, ...], tuple[sympy.Expr, ...]]
    asked: tuple[tuple[Asked, ...], tuple[Asked, ...]]
    mixed: bool


def equal_states(
    uses: tuple[MethodUse, MethodUse],
    arguments: tuple[Mapping[str, sympy.Expr], Mapping[str, sympy.Expr]],
    surely: Equal,
) -> tuple[Invariant, bool]:
    """The pairs of entries that stay equal, the iterates among them; and whether only one of the
    methods draws stochastic gradients.

    Args:
        uses: the two methods.
        arguments: their arguments in the claim's parameters and k.
        surely: whether two expressions in the parameters, k and the entries are equal.

    Raises:
        NotLinearError: a step is not traced.
        DifferentQuestionsError: they ask the oracle different kinds of questions.
        NoInductionError: no pairing is kept by the steps.
    """
    sizes = tuple(len(_first(use, Space())) for use in uses)
    for pairs in islice(_pairings(sizes[0], sizes[1]), MOST_PAIRINGS):
        found = _largest(uses, arguments, pairs, surely)
        if found is not None:
            return found
    raise NoInductionError("no equal entries of the two states stay equal")


def _pairings(mine: int, other: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Pairs of entries, the iterates together; the entries in order come first."""
    rest = range(1, other)
    few = min(mine - 1, other - 1)
    for chosen in permutations(range(1, mine), few) if mine > other else [tuple(range(1, mine))]:
        for partners in permutations(rest, few):
            yield ((0, 0), *zip(chosen, partners, strict=False))


def _largest(
    uses: tuple[MethodUse, MethodUse],
    arguments: tuple[Mapping[str, sympy.Expr], Mapping[str, sympy.Expr]],
    pairs: tuple[tuple[int, int], ...],
    surely: Equal,
) -> tuple[Invariant, bool] | None:
    kept = pairs
    while True:
        traced = _trace(uses, arguments, kept)
        good = tuple(
            (i, j)
            for i, j in kept
            if surely(traced.starts[0][i], traced.starts[1][j])
            and surely(traced.after[0][i], traced.after[1][j])
        )
        if (0, 0) not in good:
            return None
        if good == kept:
            break
        kept = good
    for mine, other in zip(*traced.asked, strict=True):
        if len(mine.at) != len(other.at) and {mine.kind, other.kind} != GRADIENTS:
            return None
        if not all(surely(a, b) for a, b in zip(mine.at, other.at, strict=False)):
            if mine.kind == other.kind == "stochastic gradient":
                _same_batches(mine, other, surely)
            return None
    lines = (
        "the oracle's answers are arbitrary vectors, the same for both methods",
        "one coordinate of each vector is followed; sums over the coordinates are scalars",
        *(
            f"claim for every k: entry {i} of the first state is entry {j} of the second"
            for i, j in kept
        ),
        "at k = 0 they are: " + "; ".join(str(traced.starts[0][i]) for i, _ in kept),
        *(f"after a step both are {traced.after[0][i]}" for i, _ in kept),
        "hence the iterates are equal at every k, and so is what the oracle is asked",
    )
    return Invariant((), lines), traced.mixed


def _same_batches(mine: Asked, other: Asked, surely: Equal) -> None:
    if len(mine.at) == len(other.at) == 2 and not surely(mine.at[1], other.at[1]):
        raise DifferentQuestionsError(
            f"one asks for a {mine.kind} with {mine.at[1]}, the other with {other.at[1]}"
        )


def _trace(
    uses: tuple[MethodUse, MethodUse],
    arguments: tuple[Mapping[str, sympy.Expr], Mapping[str, sympy.Expr]],
    pairs: tuple[tuple[int, int], ...],
) -> Traced:
    space = Space()
    known: list[Entry] = []
    starts, after, asked = [], [], []
    partners = {j: i for i, j in pairs}
    for number, (use, values) in enumerate(zip(uses, arguments, strict=True)):
        first = _first(use, space)
        names = [
            f"a{i if number == 0 else partners[i]}" if number == 0 or i in partners else f"b{i}"
            for i in range(len(first))
        ]
        entries = tuple(
            space.vector(name) if _is_vector(start) else space.scalar(sympy.Symbol(name, real=True))
            for name, start in zip(names, first, strict=True)
        )
        oracle = CommonAnswers(space, known)
        state: Any = (
            entries if isinstance(use.method.first_state(space.vector("x0")), tuple) else entries[0]
        )
        handed = {name: space.scalar(as_sympy(value)) for name, value in values.items()}
        try:
            following = use.method.step(state, oracle, space.scalar(ITERATION), handed)
        except (TheoryckError, TypeError, ValueError, AttributeError) as error:
            raise NotLinearError(f"the step of {use.method.name} is not traced: {error}") from error
        starts.append(tuple(map(_formula, first)))
        after.append(
            tuple(map(_formula, following if isinstance(following, tuple) else (following,)))
        )
        asked.append(tuple(oracle.asked))
    kinds = [[question.kind for question in questions] for questions in asked]
    mixed = kinds[0] != kinds[1]
    for mine, other in zip(*kinds, strict=False):
        if mine != other and {mine, other} != GRADIENTS:
            raise DifferentQuestionsError(f"one asks for {mine}, the other for {other}")
    if len(kinds[0]) != len(kinds[1]):
        raise DifferentQuestionsError(
            f"{uses[0].method.name} asks the oracle {len(kinds[0])} times a step, "
            f"{uses[1].method.name} {len(kinds[1])} times"
        )
    return Traced((starts[0], starts[1]), (after[0], after[1]), (asked[0], asked[1]), mixed)


def _first(use: MethodUse, space: Space) -> tuple[Any, ...]:
    state = use.method.first_state(space.vector("x0"))
    return state if isinstance(state, tuple) else (state,)


def _is_vector(start: Any) -> bool:
    """Whether an entry starts as a vector: numbers start as numbers."""
    if start is None:
        raise NotLinearError("a state with an entry that is empty at first")
    return isinstance(start, Entry)


def _formula(entry: Any) -> sympy.Expr:
    if not isinstance(entry, Entry | int | sympy.Expr):
        raise NotLinearError("a state that holds more than vectors and numbers")
    return entry.expr if isinstance(entry, Entry) else as_sympy(entry)


def equal_formulas(left: sympy.Expr, right: sympy.Expr) -> bool:
    """Whether two formulas are equal wherever both are defined, by exact algebra."""
    return left == right or is_zero(left - right)


__all__ = ["equal_formulas", "equal_states"]
