"""The oracle of a simulation: a method's questions answered with arrays, a row for each run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from theoryck.algebra import Oracle, norm, ratio
from theoryck.algebra.language import namespace
from theoryck.errors import UntraceableError
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise import Noise
from theoryck.simulate.problems.base import Functions
from theoryck.simulate.streams import Streams

ASK = "run one that has it, or a method that does not ask"
REMEDIES = {
    "f.prox": "its functions need a prox",
    "f.line_search": "its functions need a line_search, as those of quadratics have",
    "f.hessian": "its functions need a hessian",
    "f.hessian_vector": "its functions need a hessian_vector",
    "f.project": "Constrained(problem, Box(...)) or Ball(...) has a feasible set, at most as wide",
    "f.linear_minimizer": "Constrained(problem, Box(...)) or Ball(...) has a feasible set",
    "f.parts": "Composite(smooth, simple) has two",
}


@dataclass(frozen=True, eq=False)
class ArrayOracle(Oracle):
    """Answers from a problem's functions, a source of noise and the runs' random numbers."""

    functions: Functions
    source: Noise
    streams: Streams

    def grad(self, x: Any) -> Any:
        return self.functions.gradient(x)

    def value(self, x: Any) -> Any:
        return self.functions.value(x)

    def minimum(self) -> Any:
        return self.functions.minimum()

    def sample_grad(self, x: Any, *, batch: Any = 1) -> Any:
        return self.sample_grads((x,), batch=batch)[0]

    def sample_grads(self, points: tuple[Any, ...], *, batch: Any = 1) -> tuple[Any, ...]:
        draw = self.source.draw(self.streams, self.functions, whole_batch(batch))
        return tuple(self.source.gradient(draw, self.functions, x) for x in points)

    def noise(self, x: Any, law: str) -> Any:
        d = self.functions.dimension
        directions = self.streams.normal(f"method {law}", d)
        match law:
            case "gaussian":
                return directions
            case "sphere" | "ball":
                unit = ratio(1.0, norm(directions)) * directions
                if law == "sphere":
                    return unit
                return self.streams.uniform("method radius", 1) ** (1 / d) * unit
        raise SimulationError(f"no law of noise is called {law!r}: gaussian, sphere or ball")

    def prox(self, x: Any, step: Any) -> Any:
        if self.functions.prox is None:
            raise self.no_answer("f.prox")
        return self.functions.prox(x, step)

    def line_search(self, x: Any, direction: Any) -> Any:
        if self.functions.line_search is None:
            raise self.no_answer("f.line_search")
        return self.functions.line_search(x, direction)

    def hessian(self, x: Any) -> Any:
        if self.functions.hessian is None:
            raise self.no_answer("f.hessian")
        return self.functions.hessian(x)

    def hessian_vector(self, x: Any, v: Any) -> Any:
        if self.functions.hessian_vector is None:
            raise self.no_answer("f.hessian_vector")
        return self.functions.hessian_vector(x, v)

    def layers(self) -> tuple[slice, ...]:
        return self.functions.layers or (slice(0, self.functions.dimension),)

    def project(self, x: Any, *, diameter: Any = None) -> Any:
        feasible = self.functions.feasible
        if diameter is None:
            return x if feasible is None else feasible.project(x)
        if feasible is None or not _within(feasible.diameter, diameter):
            raise self.no_answer(f"f.project on a set of diameter {diameter}")
        return feasible.project(x)

    def project_weighted(self, x: Any, weights: Any) -> Any:
        feasible = self.functions.feasible
        return x if feasible is None else feasible.project_weighted(x, weights)

    def linear_minimizer(self, g: Any) -> Any:
        if self.functions.feasible is None:
            raise self.no_answer("f.linear_minimizer")
        return self.functions.feasible.linear_minimizer(g)

    def parts(self) -> tuple[Oracle, Oracle]:
        if self.functions.parts is None:
            raise self.no_answer("f.parts")
        smooth, simple = self.functions.parts
        return replace(self, functions=smooth), replace(self, functions=simple)

    def no_answer(self, question: str) -> UntraceableError:
        name = question.split()[0]
        return UntraceableError(
            f"{question} has no answer from the problem that is run: {REMEDIES.get(name, ASK)}"
        )


def _within(diameter: float, allowed: Any) -> bool:
    # one diameter for all runs, or one for each
    fits = diameter <= allowed
    xp = namespace(fits)
    return bool(fits if xp is None else xp.all(fits))


def whole_batch(batch: Any) -> int:
    """A batch size as an integer.

    Raises:
        SimulationError: it is not a positive whole number.
    """
    try:
        size = int(batch)
    except (TypeError, ValueError, OverflowError) as error:
        raise SimulationError(f"a batch must be a positive whole number, got {batch}") from error
    if size != batch or size < 1:
        raise SimulationError(f"a batch must be a positive whole number, got {batch}")
    return size
