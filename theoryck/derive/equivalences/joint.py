"""One step of two methods side by side, given the same answers of the oracle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from theoryck.algebra import Oracle, Trace
from theoryck.algebra.point import Leaf, Point
from theoryck.claims.claim import MethodUse
from theoryck.derive.arguments import Argument
from theoryck.derive.setting import ITERATION
from theoryck.derive.symbols import as_sympy
from theoryck.errors import TheoryckError, UntraceableError


class NotLinearError(TheoryckError, ValueError):
    """A method whose step is not linear in its state and in the oracle's answers."""


class DifferentQuestionsError(TheoryckError, ValueError):
    """The two methods ask the oracle different things, so that its answers say nothing."""


GRADIENTS = {"gradient", "stochastic gradient"}  # compared, see JointStep.mixed


@dataclass(frozen=True)
class Question:
    """What was asked, where, and with what else (a batch size, a step, a diameter)."""

    kind: str
    where: Point | None
    with_: Any = None


@dataclass
class Answers(Oracle):
    """Answers the i-th question with the i-th of common unknown vectors, and keeps the questions.

    The answers are arbitrary vectors, so that what holds for them holds with and without noise.
    """

    trace: Trace
    known: list[Point]
    asked: list[Question] = field(default_factory=list)

    def _answer(self, kind: str, where: Any, with_: Any = None) -> Point:
        if where is not None and not isinstance(where, Point):
            raise UntraceableError("an oracle call at something that is not a vector of this trace")
        number = len(self.asked)
        number_with = None if with_ is None else self.trace.numbers.coerce(with_)
        self.asked.append(Question(kind, where, number_with))
        if number == len(self.known):
            self.known.append(self.trace.vector(f"q{number}"))
        return self.known[number]

    def grad(self, x: Any) -> Point:
        return self._answer("gradient", x)

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Point:
        return self._answer("stochastic gradient", x, batch)

    def prox(self, x: Any, step: Any) -> Point:
        return self._answer("prox", x, step)

    def project(self, x: Any, *, diameter: Any = None) -> Point:
        return self._answer("project", x, diameter)

    def linear_minimizer(self, g: Any) -> Point:
        return self._answer("linear_minimizer", g)

    def noise(self, x: Any, law: str) -> Point:
        return self._answer(f"{law} noise", None)


State = tuple[Point, ...]


@dataclass(frozen=True)
class JointStep:
    """Both methods at a general k: state leaves, next states, answers and questions in pairs."""

    trace: Trace
    before: tuple[State, State]
    after: tuple[State, State]
    starts: tuple[State, State]
    answers: frozenset[Leaf]
    questions: tuple[tuple[Question, Question], ...]

    @property
    def mixed(self) -> bool:
        """Whether one asks for a gradient where the other asks for a stochastic one: their
        iterates then agree only where the draws are exact."""
        return any(mine.kind != other.kind for mine, other in self.questions)

    def image(self, form: Point) -> Point:
        """A linear form in the state at k + 1, as a form in the state at k and the answers."""
        moved: dict[Leaf, Point] = {}
        for olds, news in zip(self.before, self.after, strict=True):
            for old, new in zip(olds, news, strict=True):
                (leaf,) = old.coefficients
                moved[leaf] = new
        total = self.trace.zero()
        for leaf, coefficient in form.coefficients.items():
            total = total + later(coefficient) * moved[leaf]
        return total

    def at_start(self, form: Point) -> Point:
        """A linear form in the state, at the first states."""
        first: dict[Leaf, Point] = {}
        for olds, news in zip(self.before, self.starts, strict=True):
            for old, new in zip(olds, news, strict=True):
                (leaf,) = old.coefficients
                first[leaf] = new
        total = self.trace.zero()
        for leaf, coefficient in form.coefficients.items():
            total = total + as_sympy(coefficient).subs(ITERATION, 0) * first[leaf]
        return total


def later(coefficient: Any) -> sympy.Expr:
    """A coefficient at k + 1."""
    return as_sympy(coefficient).subs(ITERATION, ITERATION + 1)


def joint_step(
    uses: tuple[MethodUse, MethodUse],
    arguments: tuple[Mapping[str, Any], Mapping[str, Any]],
    trace: Trace,
) -> JointStep:
    """Traces one step of both methods from general states.

    Raises:
        NotLinearError: a state holds something else than vectors, or a step is not linear.
        DifferentQuestionsError: the two do not ask the same kinds of questions in the same order.
    """
    known: list[Point] = []
    before, after, starts, asked = [], [], [], []
    for name, use, values in zip("ab", uses, arguments, strict=True):
        oracle = Answers(trace, known)
        first = _vectors(use.method.first_state(trace.start), use)
        leaves = tuple(trace.vector(f"{name}{i}") for i in range(len(first)))
        state: Any = leaves if isinstance(use.method.first_state(trace.start), tuple) else leaves[0]
        try:
            handed = {name: Argument(as_sympy(value)) for name, value in values.items()}
            following = use.method.step(state, oracle, Argument(ITERATION), handed)
        except (TheoryckError, TypeError, ValueError, AttributeError) as error:
            raise NotLinearError(f"the step of {use.method.name} is not traced: {error}") from error
        before.append(leaves)
        after.append(_vectors(following, use))
        starts.append(first)
        asked.append(oracle.asked)
    first_asked, second_asked = asked
    if len(first_asked) != len(second_asked):
        raise DifferentQuestionsError(
            f"{uses[0].method.name} asks the oracle {len(first_asked)} times a step, "
            f"{uses[1].method.name} {len(second_asked)} times"
        )
    for mine, other in zip(first_asked, second_asked, strict=True):
        if {mine.kind, other.kind} != GRADIENTS and mine.kind != other.kind:
            raise DifferentQuestionsError(f"one asks for {mine.kind}, the other for {other.kind}")
    leaves_of_answers = frozenset(leaf for point in known for leaf in point.coefficients)
    return JointStep(
        trace,
        (before[0], before[1]),
        (after[0], after[1]),
        (starts[0], starts[1]),
        leaves_of_answers,
        tuple(zip(first_asked, second_asked, strict=True)),
    )


def _vectors(state: Any, use: MethodUse) -> State:
    entries = state if isinstance(state, tuple) else (state,)
    if not all(isinstance(entry, Point) for entry in entries):
        raise NotLinearError(f"the state of {use.method.name} holds more than vectors")
    return entries
