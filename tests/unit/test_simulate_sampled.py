"""What a refutation by samples rests on: the class, the start, the law, rounding, the seeds."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest
from flint import fmpq

from theoryck.claims.arithmetic import Rationals
from theoryck.claims.reading import read_claim
from theoryck.errors import TheoryckError
from theoryck.methods.base import method
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.engine.classes import Candidate
from theoryck.simulate.engine.complexity import as_rate
from theoryck.simulate.engine.described import candidate_data, read_candidate
from theoryck.simulate.engine.exact import exact_form, initial_holds
from theoryck.simulate.engine.sampled import Trial, check, runs_needed, sample, sampled, steady
from theoryck.simulate.engine.values import choose
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.noise import Exact, Gaussian, Sampling, Sphere, TwoPoint
from theoryck.simulate.problems.piecewise import AbsoluteValue, Huber, LargestCoordinate
from theoryck.simulate.problems.quadratic import (
    DiagonalQuadratic,
    RotatedQuadratic,
    ShiftedQuadratics,
)
from theoryck.simulate.runs.loop import OutOfTimeError
from theoryck.simulate.statistics import nonnegative_mean

PLANE = DiagonalQuadratic((Q(1), Q(1, 2)))
NOISY = Candidate(PLANE, Gaussian(Q(1)), (Q(1, 10), Q(1, 10)))
TABLE: dict[str, Any] = {
    "id": "claim",
    "parameters": {"L": "L > 0", "R": "R > 0", "sigma": "sigma >= 0", "N": "integer, N >= 1"},
    "method": "sgd(step=1/L)",
    "assumptions": ["convex", "smooth(L)", "unbiased", "bounded_variance(sigma)"],
    "initial": "norm(x[0] - x_star) <= R",
    "measure": "E(norm(x[N] - x_star)**2)",
    "bound": "R**2 + sigma**2/4",
    "at": [{"L": 1, "R": 1, "sigma": 1, "N": 30}],
}
SEEDS = (1, 2)


def trial(candidate: Candidate = NOISY, runs: int = 1500, **changes: Any) -> Trial:
    table = TABLE | changes
    if table.get("kind") == "complexity":
        table = {key: value for key, value in table.items() if key not in ("measure", "bound")}
    claim = read_claim(table)
    values = choose(claim.at[0])
    rate = claim if claim.kind == "rate" else as_rate(claim, values)
    return Trial(rate, values, candidate, runs, 1e-6, math.inf)


def refuted(candidate: Candidate = NOISY, runs: int = 1500, **changes: Any) -> bool:
    return sampled(trial(candidate, runs, **changes), SEEDS) is not None


def test_a_false_mean_falls_and_a_true_one_stands() -> None:
    # E‖x‖² of the stationary law: σ²/2·(1 + 1/(1 − 1/4)) = 7/6
    assert refuted(bound="sigma**2*9/10")
    assert not refuted(bound="7/6*sigma**2")
    found = sampled(trial(runs=4000, bound="sigma**2"), SEEDS)
    assert found is not None
    assert found.lower < 7 / 6 < 1.1 * found.mean
    assert found.bound == pytest.approx(1)


def test_only_what_is_in_the_class_exactly() -> None:
    steep = replace(NOISY, problem=DiagonalQuadratic((Q(101, 100), Q(1))))
    loud = replace(NOISY, noise=Gaussian(Q(1001, 1000)))
    far = replace(NOISY, direction=(Q(1), Q(1, 10)))
    for outside in (steep, loud, far):
        with pytest.raises(SimulationError, match="not established"):
            refuted(outside, bound="sigma**2/100")


def test_a_start_is_compared_exactly_and_not_in_doubles() -> None:
    # 1 + 1e-20 is 1 in doubles
    beyond = Candidate(PLANE, Gaussian(Q(1)), (Q(1) + Q(1, 10**20), Q(0)))
    with pytest.raises(SimulationError, match="not established"):
        refuted(beyond, bound="sigma**2/100")
    assert refuted(replace(beyond, direction=(Q(1), Q(0))), bound="sigma**2/100")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bound": "O(sigma**2)"}, "hides a constant"),
        ({"bound": "f(x[1])"}, "depends on the run"),
        ({"measure": "norm(x[N] - x_star)**2"}, "what every run keeps"),
        (
            {"kind": "complexity", "reach": "E(f(x[N])) >= R", "within": "9"},
            "lower bound on an expectation",
        ),
        ({"measure": "E(f(x[N])) - f(x[1])"}, "outside of its expectations"),
        ({"measure": "1/E(f(x[N]))"}, "not monotone"),
        ({"measure": "E(f(x[N]))", "confidence": "1/2"}, "probability of an expectation"),
        ({"assumptions": ["convex", "smooth(L)"]}, "nothing of the noise"),
        ({"method": "projected_gradient(step=1/L)"}, "f.project"),
        ({"measure": "E(f(x[0]) - f(x[N]))", "bound": "-1"}, "cannot be below"),
    ],
)
def test_what_samples_cannot_refute_is_said(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(TheoryckError, match=words):
        refuted(**changes)


def test_a_bound_that_doubles_cannot_hold_is_not_compared() -> None:
    # in doubles 1 + 1e-30 - 1 is 0
    cancelled = "10**30*((1 + sigma/10**30) - 1)*2"
    assert not refuted(bound=cancelled)
    with pytest.raises(SimulationError, match="step at k = 0"):
        refuted(bound="sigma**2/100", method="sgd(step=10**20*((1 + 1/10**20) - 1)/L)")


def differences(x: Any, f: Any, *, step: Any, width: Any) -> Any:
    """x⁺ = x − step·(∇f(x + width·g) − ∇f(x))/width, g a stochastic gradient."""
    g = f.sample_grad(x)
    return x - step * (f.grad(x + width * g) - f.grad(x)) / width


@pytest.mark.parametrize(("width", "firm"), [("1/100", True), ("1/10**13", False)])
def test_an_excess_that_rounding_could_make_refutes_nothing(width: str, firm: bool) -> None:
    rough = method(differences)
    claim = read_claim(
        TABLE | {"method": f"differences(step=1/L, width={width})", "bound": "sigma**2/10"},
        methods={"differences": rough},
    )
    made = replace(trial(), claim=claim)
    seen = sample(made, 1)
    assert seen.above
    assert steady(made, 1, seen) is firm
    assert (sampled(made, SEEDS) is not None) is firm


def test_one_lucky_sample_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    import theoryck.simulate.engine.sampled as module

    real = module.sample

    def lucky(trial: Trial, seed: int, *change: Any) -> Any:
        seen = real(trial, seed, *change)
        return replace(seen, lower=10.0) if seed == SEEDS[0] else seen

    monkeypatch.setattr(module, "sample", lucky)
    assert module.sampled(trial(bound="2*sigma**2"), SEEDS) is None


def test_the_runs_of_a_sample_do_not_depend_on_how_many_are_made_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = sample(trial(runs=700), 5)
    monkeypatch.setattr("theoryck.simulate.engine.sampled.CHUNK", 400)
    assert sample(trial(runs=700), 5).lower == pytest.approx(whole.lower, rel=1e-12)


def test_the_deadline_is_kept() -> None:
    with pytest.raises(OutOfTimeError):
        sampled(replace(trial(bound="sigma**2/100"), deadline=-1.0), SEEDS)


def test_a_probability_is_counted() -> None:
    changes = {"measure": "norm(x[N] - x_star)", "bound": "sigma"}
    assert refuted(**changes, confidence="99/100")
    assert not refuted(**changes, confidence="1/4")
    assert not refuted(measure="-norm(x[N] - x_star)", bound="-sigma/10", confidence="9/10")
    assert refuted(measure="-norm(x[N] - x_star)", bound="-sigma", confidence="9/10")


def test_runs_without_a_value_count_as_the_least() -> None:
    # the iterates overflow, and inf - inf is not a number
    assert not refuted(method="sgd(step=10**200/L)", runs=50, bound="10**10*R")


def test_about_enough_runs_are_planned() -> None:
    mean, deviation = 7 / 6, math.sqrt(25 / 18)  # of ‖x‖² at the end: Var xᵢ = 1/2, 2/3
    for excess in (0.2, 1.0):
        wanted = runs_needed(mean, mean / (1 + excess), deviation, 1e-6)
        found = [
            sampled(trial(runs=int(wanted), bound=f"7/6*sigma**2/{1 + excess}"), (s, s + 50))
            for s in range(3)
        ]
        assert sum(f is not None for f in found) >= 2
    assert runs_needed(1.0, 1.0, 1.0, 1e-6) == math.inf
    assert runs_needed(0.5, 1.0, 1.0, 1e-6) == math.inf
    assert runs_needed(2.0, 0.0, 0.0, 1e-6) < 1
    # runs that are all alike win ln(1 + 0.9·excess) each
    steady_runs = np.full(math.ceil(runs_needed(1.01, 1.0, 0.0, 1e-6)), 1.01)
    assert nonnegative_mean(steady_runs, 1e-6) > 1.0
    assert nonnegative_mean(steady_runs[: len(steady_runs) // 2], 1e-6) < 1.0


SHIFTED = ShiftedQuadratics(Q(3), 5, Q(1, 2))
DESCRIBED = [
    NOISY,
    Candidate(Huber(Q(2), Q(0), Q(1, 3), 2), Sphere(Q(1, 7)), (Q(1), Q(-1))),
    Candidate(AbsoluteValue(Q(1)), TwoPoint(Q(2)), (Q(1),)),
    Candidate(LargestCoordinate(Q(2), 2), Exact(), (Q(1), Q(1))),
    Candidate(SHIFTED, Sampling(5, SHIFTED.variance()), (Q(1),)),
]


@pytest.mark.parametrize("candidate", DESCRIBED)
def test_what_a_document_describes_is_rebuilt(candidate: Candidate) -> None:
    data = candidate_data(candidate)
    assert data is not None
    again = read_candidate(data)
    assert (again.problem, again.noise, again.direction) == (
        candidate.problem, candidate.noise, candidate.direction
    )  # fmt: skip


def test_what_no_document_can_describe_is_left_out() -> None:
    rotated = RotatedQuadratic((Q(1), Q(2)))
    assert candidate_data(replace(NOISY, problem=rotated)) is None
    boasting = Candidate(SHIFTED, Sampling(5, Q(0)), (Q(1),))
    assert candidate_data(boasting) is None  # its variance is not that of the problem


def test_a_finite_sum_is_compared_with_its_own_minimum() -> None:
    form = exact_form(SHIFTED)
    assert form is not None
    problem, least = form
    functions = SHIFTED.on(numpy_backend())
    assert float(least) == pytest.approx(functions.minimum())
    x = np.array([[1.5]])
    value = problem.exact_value((fmpq(3, 2),), Rationals())
    assert float(functions.value(x)[0, 0]) == pytest.approx(float(value) + float(least))
    claim = read_claim(TABLE | {"initial": "f(x[0]) - f_star <= 3/2"})
    values = choose(claim.at[0])
    at = replace(DESCRIBED[-1], direction=(Q(1),))
    assert initial_holds(at, claim.initial, values)
    beyond = replace(at, direction=(Q(1) + Q(1, 10**18),))
    assert not initial_holds(beyond, claim.initial, values)


def test_check_says_nothing_where_all_is_well() -> None:
    check(trial())


def test_all_expectations_of_a_measure_share_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = []

    def bound(values: Any, error: float) -> float:
        errors.append(error)
        return 0.0

    monkeypatch.setattr("theoryck.simulate.engine.sampled.nonnegative_mean", bound)
    least = trial(runs=50, measure="min_over(k, 0, N, E(norm(x[k] - x_star)**2))")
    sample(least, 1)
    assert len(errors) == 31
    assert sum(errors) == pytest.approx(least.error)
