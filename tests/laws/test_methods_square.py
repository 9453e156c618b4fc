"""The commuting square: a traced iterate, evaluated, is the iterate of the run on arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theoryck.algebra import Coordinates, Oracle, Trace, place
from theoryck.claims.arithmetic import Balls, Floats
from theoryck.errors import UntraceableError
from theoryck.methods import METHODS

STEPS = 3
ARGUMENTS = {"period": 2, "batch": 1, "anchor": 1}


def arguments_of(method: Any, numbers: Any, values: Any = lambda name: Fraction(1, 3)) -> Any:
    return {
        a.name: numbers.rational(Fraction(ARGUMENTS.get(a.name) or values(a.name)))
        for a in method.arguments
    }


def traced(method: Any, numbers: Any, arguments: Any) -> tuple[Trace, list[Any]]:
    trace = Trace(numbers=numbers)
    state = method.first_state(trace.start)
    iterates = [method.iterate(state)]
    for k in range(STEPS):
        state = method.step(state, trace, k, arguments)
        iterates.append(method.iterate(state))
    return trace, iterates


def refusal(method: Any) -> Exception | None:
    """What keeps a method from being traced, found by trying."""
    numbers = Balls()
    try:
        traced(method, numbers, arguments_of(method, numbers))
    except Exception as error:
        return error
    return None


REFUSALS = {name: refusal(method) for name, method in METHODS.items()}
TRACEABLE = sorted(name for name, error in REFUSALS.items() if error is None)
UNTRACEABLE = sorted(name for name, error in REFUSALS.items() if error is not None)


@dataclass(eq=False)
class Scripted(Oracle):
    """Answers on arrays with the values given to a trace's leaves, in the trace's order."""

    trace: Trace
    leaf: Any
    seen: list[tuple[Any, int]] = field(default_factory=list)
    samples: int = 0

    def number(self, x: Any) -> int:
        if np.array_equal(x, self.leaf("x_star")):
            return -1
        for point, number in self.seen:
            if np.array_equal(point, x):
                return number
        self.seen.append((x, len(self.seen)))
        return len(self.seen) - 1

    def grad(self, x: Any) -> Any:
        return self.leaf(f"g{self.number(x)}")

    def value(self, x: Any) -> Any:
        return self.leaf(f"f{self.number(x)}")

    def minimum(self) -> Any:
        return self.leaf("f_star")

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Any:
        gradient = self.grad(x)
        self.samples += 1
        return gradient + self.leaf(f"e{self.samples - 1}")

    def prox(self, x: Any, step: Any) -> Any:
        u = x - step * self.leaf(f"g{len(self.seen)}")
        self.seen.append((u, len(self.seen)))
        return u


@pytest.mark.parametrize("name", TRACEABLE)
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    values=st.lists(st.fractions(Fraction(1, 10), 2, max_denominator=20), min_size=3, max_size=3),
    runs=st.integers(1, 3),
    dimension=st.integers(1, 4),
)
def test_evaluating_the_trace_is_running_on_arrays(
    name: str, seed: int, values: list[Fraction], runs: int, dimension: int
) -> None:
    method = METHODS[name]
    names = [a.name for a in method.arguments]
    arguments = arguments_of(method, Floats(), lambda n: values[names.index(n) % 3])
    trace, iterates = traced(method, Floats(), arguments)

    rng = np.random.default_rng(seed)
    drawn: dict[str, Any] = {}

    def leaf(what: str) -> Any:
        if what not in drawn:
            scalar = what.startswith("f")
            drawn[what] = rng.standard_normal((runs, 1 if scalar else dimension))
        return drawn[what]

    oracle = Scripted(trace, leaf)
    state = method.first_state(leaf("x_star") + leaf("d"))
    ran = [method.iterate(state)]
    for k in range(STEPS):
        state = method.step(state, oracle, k, arguments)
        ran.append(method.iterate(state))

    for point, array in zip(iterates, ran, strict=True):
        evaluated = sum(c * leaf(known.name) for known, c in point.coefficients.items())
        np.testing.assert_allclose(evaluated, array, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", TRACEABLE)
def test_the_same_source_runs_on_exact_coordinates(name: str) -> None:
    method, numbers = METHODS[name], Balls()
    arguments = arguments_of(method, numbers)
    trace, iterates = traced(method, numbers, arguments)
    exact = {
        leaf: Coordinates((numbers.rational(Fraction(leaf.index + 1, 7)),))
        for leaf in trace.vectors
    }
    zero = Coordinates((numbers.integer(0),))
    placed = [place(point, exact, zero) for point in iterates]
    assert all(len(x.entries) == 1 for x in placed)
    assert placed[0].entries[0] != placed[-1].entries[0]


@pytest.mark.parametrize("name", UNTRACEABLE)
def test_what_cannot_be_traced_says_so_with_the_remedy(name: str) -> None:
    error = REFUSALS[name]
    assert isinstance(error, UntraceableError), f"{name} crashed: {error!r}"
    remedies = ("use ", "state ", "simulate", "square the norm")
    assert any(remedy in str(error) for remedy in remedies), str(error)


def test_the_plain_methods_are_traceable() -> None:
    plain = {"gradient_descent", "heavy_ball", "nesterov", "sgd", "proximal_point", "subgradient"}
    assert plain | {"optimized_gradient", "momentum_sgd"} <= set(TRACEABLE)
    assert {"adam", "clipped_gd", "adagrad_norm", "frank_wolfe"} <= set(UNTRACEABLE)
