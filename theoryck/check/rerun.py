"""Running a kernel witness for real: the function is rebuilt and the simulator runs the method.

The refutation itself rests on the exact check; the run shows it to people, and an engine whose
numbers disagree with the kernel's is found out here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from theoryck.claims.claim import Claim, ComplexityClaim, RateClaim
from theoryck.errors import TheoryckError
from theoryck.verdict import EngineReport, Instance, Status

LEFT = "the witness was checked exactly; it was not run again: its run leaves the doubles"
AGREEMENT = 1e-6  # relative, between the exact run and the one in floating point


@dataclass(frozen=True)
class Rerun:
    """What the simulator saw: x[0..N], f there, the measure and the bound, and how far the
    iterates are from the exact ones, relative to the largest coordinate."""

    iterates: tuple[tuple[float, ...], ...]
    values: tuple[float, ...]
    measure: float
    bound: float
    deviation: float

    def data(self) -> dict[str, Any]:
        """The same as JSON data, as it stands in the witness under ``run``."""
        return {
            "iterates": [list(x) for x in self.iterates],
            "values": list(self.values),
            "measure": self.measure,
            "bound": self.bound,
            "deviation": self.deviation,
        }


def vocabulary_of(claim: RateClaim | ComplexityClaim) -> dict[str, Any]:
    """The words that the claim itself brings: its method and its assumptions, by name."""
    return {
        "methods": {claim.method.method.name: claim.method.method},
        "assumptions": {use.assumption.name: use.assumption for use in claim.assumptions},
    }


def rerun(claim: Claim, report: EngineReport) -> EngineReport:
    """The report with the run of each kernel witness added to it."""
    if not isinstance(claim, RateClaim):
        return report
    instances, lines = [], []
    for instance in report.instances:
        again, said = _rerun_instance(claim, instance)
        instances.append(again)
        lines += said
    return replace(report, instances=tuple(instances), evidence=(*report.evidence, *lines))


def _rerun_instance(claim: RateClaim, instance: Instance) -> tuple[Instance, list[str]]:
    witness = instance.witness
    kinds = {"witness": _run, "function": _run_function}
    if instance.status is not Status.REFUTED or witness is None or witness.get("kind") not in kinds:
        return instance, []
    try:
        seen = kinds[witness["kind"]](claim, witness)
    except TheoryckError as error:
        return instance, [f"the witness was checked exactly; it was not run again: {error}"]
    except OverflowError:
        return instance, [LEFT]
    numbers = (seen.measure, seen.bound, seen.deviation, *seen.values, *chain(*seen.iterates))
    if not all(math.isfinite(number) for number in numbers):
        return instance, [LEFT]
    agrees = seen.deviation <= AGREEMENT and seen.measure > seen.bound
    line = (
        f"run on the function rebuilt from the witness: measure {seen.measure:.10g} against the "
        f"bound {seen.bound:.10g}, iterates within {seen.deviation:.1e} of the exact ones"
    )
    if not agrees:
        line += "; this run does not show the violation, which rests on the exact check alone"
    return replace(instance, witness={**witness, "run": seen.data()}), [line]


def _run_function(claim: RateClaim, witness: Mapping[str, Any]) -> Rerun:
    """The same for a witness that is an explicit function."""
    import numpy as np

    from theoryck.algebra import Coordinates
    from theoryck.certificates.documents import as_float, function_run
    from theoryck.certificates.problem import parameter_values, step_arguments
    from theoryck.claims.arithmetic import Floats
    from theoryck.claims.evaluate import Environment, evaluate
    from theoryck.simulate import run_explicit

    numbers = Floats()
    _, at, outcome = function_run(witness, **vocabulary_of(claim))
    exact = np.array([[as_float(entry) for entry in x.entries] for x in outcome.iterates])
    horizon = len(exact) - 1
    symbols = parameter_values(at, numbers)
    arguments = [step_arguments(claim.method, float(k), symbols, numbers) for k in range(horizon)]
    seen = run_explicit(
        witness["function"], claim.method.method, arguments, witness["start"], horizon
    )

    def row(x: Coordinates) -> Any:
        return np.array([x.entries])

    read = Environment(
        symbols={**symbols, "f_star": 0.0, "x_star": Coordinates((0.0,) * exact.shape[1])},
        iterate=lambda k: Coordinates(tuple(float(t) for t in seen.iterates[k])),
        value=lambda x: float(seen.oracle.value(row(x))[0, 0]),
        gradient=lambda x: Coordinates(tuple(float(t) for t in seen.oracle.grad(row(x))[0])),
    )
    size = float(np.abs(exact).max(initial=0.0)) or 1.0
    return Rerun(
        iterates=tuple(tuple(float(t) for t in x) for x in seen.iterates),
        values=tuple(float(seen.oracle.value(x[None, :])[0, 0]) for x in seen.iterates),
        measure=float(evaluate(claim.measure, read, numbers)),
        bound=float(evaluate(claim.bound, read, numbers)),
        deviation=float(np.abs(seen.iterates - exact).max(initial=0.0)) / size,
    )


def _run(claim: RateClaim, witness: Mapping[str, Any]) -> Rerun:
    import numpy as np

    from theoryck.algebra import Coordinates
    from theoryck.certificates import placed_run
    from theoryck.certificates.documents import as_float
    from theoryck.claims.arithmetic import Floats
    from theoryck.claims.evaluate import Environment, evaluate
    from theoryck.simulate import Interpolant, replay

    use, numbers = claim.method, Floats()
    problem, placed = placed_run(witness, **vocabulary_of(claim))
    symbols = {name: as_float(value) for name, value in problem.parameters.items()}

    def floats(vector: Coordinates) -> list[float]:
        return [as_float(entry) for entry in vector.entries]

    exact = np.array([floats(x) for x in placed.iterates])
    horizon = len(exact) - 1
    lower = as_float(placed.curvature.lower)
    upper = None if placed.curvature.upper is None else as_float(placed.curvature.upper)
    f_star = as_float(placed.evaluations[0].value)
    recorded = (
        [floats(e.point) for e in placed.evaluations],
        [floats(e.gradient) for e in placed.evaluations],
        [as_float(e.value) for e in placed.evaluations],
    )
    function = Interpolant(*recorded, lower, upper)
    arguments = [
        {
            name: evaluate(expr, Environment({**symbols, "k": float(k)}), numbers)
            for name, expr in use.arguments.items()
        }
        for k in range(horizon)
    ]
    seen = replay(*recorded, lower, upper, use.method, arguments, exact[0], horizon, f_star=f_star)
    read = Environment(
        symbols={
            **symbols,
            "f_star": f_star,
            "x_star": Coordinates(tuple(floats(placed.evaluations[0].point))),
        },
        iterate=lambda k: Coordinates(tuple(float(t) for t in seen.iterates[k])),
        value=lambda x: float(function.evaluate(np.array(x.entries))[0]),
        gradient=lambda x: Coordinates(
            tuple(float(t) for t in function.evaluate(np.array(x.entries))[1])
        ),
    )
    size = float(np.abs(exact).max(initial=0.0)) or 1.0
    return Rerun(
        iterates=tuple(tuple(float(t) for t in x) for x in seen.iterates),
        values=tuple(float(v) for v in seen.values),
        measure=float(evaluate(claim.measure, read, numbers)),
        bound=float(evaluate(claim.bound, read, numbers)),
        deviation=float(np.abs(seen.iterates - exact).max(initial=0.0)) / size,
    )
