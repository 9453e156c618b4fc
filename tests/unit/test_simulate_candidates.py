"""What the engine tries: problems and noise of the claim's class, and only of it."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction as Q
from itertools import islice
from typing import Any

import numpy as np
import pytest

from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.reading import read_claim
from theoryck.simulate import examine
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.engine.candidates import candidates
from theoryck.simulate.engine.classes import Candidate, class_bounds, in_class
from theoryck.simulate.engine.membership import Assumed
from theoryck.simulate.noise import (
    Cyclic,
    Exact,
    Gaussian,
    LogNormalFactor,
    Multiplicative,
    Pareto,
    RareJumps,
    Reshuffled,
    Sampling,
    Sphere,
    Stable,
    Student,
    TwoPoint,
    UniformFactor,
)
from theoryck.simulate.problems.constrained import Constrained
from theoryck.simulate.problems.data import LeastSquares
from theoryck.simulate.problems.disagreeing import DisagreeingQuadratics
from theoryck.simulate.problems.feasible import Ball, Box
from theoryck.simulate.problems.generalised_smooth import EvenPower, QuadraticExponential
from theoryck.simulate.problems.minima import TwoMinima
from theoryck.simulate.problems.nonconvex import Cosine, SineSquared
from theoryck.simulate.problems.piecewise import Huber
from theoryck.simulate.problems.quadratic import DiagonalQuadratic, ShiftedQuadratics
from theoryck.simulate.streams import Streams
from theoryck.verdict import Status

TRIED = 120


def assume(numbers: Any = None, /, **named: Any) -> list[Assumed]:
    """Assumptions by name, each with the values of its parameters as text."""
    numbers = numbers or Rationals()
    return [
        Assumed(name, {key: numbers.rational(Q(value)) for key, value in values.items()})
        for name, values in named.items()
    ]


SMOOTH: dict[str, Any] = {"smooth": {"L": 2}}
NOISY: dict[str, Any] = {**SMOOTH, "unbiased": {}}
CLASSES: dict[str, tuple[dict[str, Any], set[type], set[type]]] = {
    "variance": (
        {**NOISY, "bounded_variance": {"sigma": "3/2"}},
        {DiagonalQuadratic, ShiftedQuadratics, LeastSquares, TwoMinima},
        {TwoPoint, Sphere, Gaussian, RareJumps, Student, Pareto, Sampling, Exact},
    ),
    "heavy tails": (
        {**NOISY, "heavy_tailed": {"alpha": "3/2", "sigma": 2}},
        {DiagonalQuadratic, Cosine, Huber},
        {RareJumps, TwoPoint, Pareto, Student, Stable, Exact},
    ),
    "second moment": (
        {**NOISY, "bounded_second_moment": {"G": 2}},
        {Huber, Cosine},
        {TwoPoint, RareJumps, Gaussian, Pareto, Exact},
    ),
    "bounded samples": (
        {**NOISY, "bounded_samples": {"G": 2}},
        {Huber, Cosine},
        {TwoPoint, Sphere, Exact},
    ),
    "in three dimensions": (
        {**NOISY, "bounded_samples": {"G": 2}, "dimension": {"d": 3}},
        {Huber},
        {TwoPoint, Sphere, Exact},
    ),
    "growth": (
        {**NOISY, "strong_growth": {"rho": 3}},
        {DiagonalQuadratic, DisagreeingQuadratics},
        {Multiplicative, LogNormalFactor, UniformFactor, Sampling, Exact},
    ),
    "interpolation": (
        {**SMOOTH, "convex": {}, "finite_sum": {"n": 4}, "interpolation": {}},
        {DisagreeingQuadratics, LeastSquares, DiagonalQuadratic},
        {Sampling, Exact},
    ),
    "finite sum": (
        {**SMOOTH, "finite_sum": {"n": 6}, "bounded_variance": {"sigma": 1}},
        {ShiftedQuadratics, TwoMinima},
        {Sampling, Exact},
    ),
    "(L0, L1)": ({"l0_l1_smooth": {"L0": 1, "L1": 2}}, {QuadraticExponential, EvenPower}, {Exact}),
    "Hessian": (
        {**SMOOTH, "hessian_lipschitz": {"rho": 3}},
        {Cosine, SineSquared, DiagonalQuadratic},
        {Exact},
    ),
    "Hessian and noise": (
        {**NOISY, "hessian_lipschitz": {"rho": 3}, "bounded_variance": {"sigma": 1}},
        {Cosine, SineSquared, DiagonalQuadratic, TwoMinima},
        {Exact, TwoPoint, Sampling},
    ),
    "PL": ({**SMOOTH, "pl": {"mu": "1/200"}}, {SineSquared, LeastSquares}, {Exact}),
    "domain": ({**SMOOTH, "bounded_domain": {"D": 2}}, {Constrained}, {Exact}),
}


def tried(named: dict[str, Any], numbers: Any = None) -> list[Candidate]:
    numbers = numbers or Rationals()
    assumed = assume(numbers, **named)
    return list(islice(candidates(assumed, numbers, 10, differentiable=False), TRIED))


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_tried_with_what_is_telling_of_it(name: str) -> None:
    named, problems, noises = CLASSES[name]
    found = tried(named)
    assert {type(c.problem) for c in found} >= problems
    assert {type(c.noise) for c in found} >= noises
    assert len(found) == len(set(found))
    for candidate in found:
        assert len(candidate.direction) == candidate.problem.dimension
        assert candidate.noise.fits(candidate.problem.dimension)


@pytest.mark.parametrize("name", CLASSES)
def test_every_candidate_can_be_run(name: str) -> None:
    backend = numpy_backend()
    for candidate in tried(CLASSES[name][0]):
        functions, streams = candidate.problem.on(backend), Streams(backend, 0, 2)
        with backend.quiet():
            draw = candidate.noise.draw(streams, functions, 1)
            x = np.tile([float(v) for v in candidate.direction], (2, 1)) + functions.minimiser()
            assert np.isfinite(candidate.noise.gradient(draw, functions, x)).all()


@pytest.mark.parametrize("name", ["variance", "growth", "interpolation", "finite sum"])
def test_minibatches_are_as_far_apart_as_is_said(name: str) -> None:
    """Over all components at some points: E‖∇f_i − ∇f‖² and E‖∇f_i‖²/‖∇f‖² within the constants,
    and all but equal to them somewhere."""
    spreads, growths = [], []
    for candidate in tried(CLASSES[name][0]):
        noise, problem = candidate.noise, candidate.problem
        if not isinstance(noise, Sampling) or noise.count > 50:
            continue
        functions = problem.on(numpy_backend())
        assert functions.components is not None
        start = np.array([[float(v) for v in candidate.direction]])
        x = functions.minimiser() + np.concatenate([start, 0.1 * start, -3 * start])
        each = np.stack(
            [functions.components(x, np.full((3, 1), i)) for i in range(noise.count)], axis=1
        )
        whole = functions.gradient(x)[:, None, :]
        if noise.spread is not None:
            spread = np.mean(np.sum((each - whole) ** 2, axis=2), axis=1)
            assert (spread <= float(noise.spread) * (1 + 1e-12)).all()
            spreads.append(spread.max() / float(noise.spread))
        if noise.growth is not None:
            squares = np.mean(np.sum(each**2, axis=2), axis=1)
            growth = squares / np.sum(whole**2, axis=2)[:, 0]
            assert (growth <= float(noise.growth) * (1 + 1e-12)).all()
            growths.append(growth.max() / float(noise.growth))
    assert spreads or growths
    assert max(spreads, default=1) > 0.999
    assert max(growths, default=1) > 0.999


@pytest.mark.parametrize("name", ["variance", "heavy tails", "(L0, L1)", "second moment"])
def test_irrational_constants_are_met_too(name: str) -> None:
    """With balls for values the same kinds of candidates are found."""
    balls, squares = Balls(), {"sigma": 2, "L": 3, "G": 5, "L0": 7, "L1": 11}

    def root(key: str, value: Any) -> Any:
        square = balls.rational(Q(squares[key])) if key in squares else value**2
        return balls.function("sqrt", square)

    with balls.scope():
        assumed = [
            replace(a, values={key: root(key, value) for key, value in a.values.items()})
            for a in assume(balls, **CLASSES[name][0])
        ]
        found = list(islice(candidates(assumed, balls, 10, differentiable=False), TRIED))
    assert {type(c.noise) for c in found} >= CLASSES[name][2]


def test_the_class_is_left_when_a_constant_shrinks() -> None:
    """What is tried is as extreme as the class allows: a tenth less, and much of it falls out."""
    for name, shrunk in (
        ("variance", {"bounded_variance": {"sigma": "27/20"}}),
        ("heavy tails", {"heavy_tailed": {"alpha": "3/2", "sigma": "9/5"}}),
        ("growth", {"strong_growth": {"rho": "27/10"}}),
        ("(L0, L1)", {"l0_l1_smooth": {"L0": "9/10", "L1": 2}}),
        ("domain", {"bounded_domain": {"D": "9/5"}}),
        ("in three dimensions", {"dimension": {"d": 4}}),
    ):
        named = CLASSES[name][0]
        noisy = [c for c in tried(named) if not isinstance(c.noise, Exact)] or tried(named)
        less = assume(**(named | shrunk))
        left = [c for c in noisy if in_class(c, less, Rationals())]
        assert len(left) < len(noisy) / 2, (name, len(left), len(noisy))


def test_what_balls_cannot_tell_is_not_established() -> None:
    """√2·√2 is 2, and no ball of it says so."""
    balls = Balls()
    with balls.scope():
        two = balls.function("sqrt", balls.rational(Q(2))) ** 2
        line, noise = DiagonalQuadratic((Q(1),)), RareJumps(Q(2), Q(1))
        for name, values in (
            ("heavy_tailed", {"alpha": two, "sigma": balls.rational(Q(1))}),
            ("bounded_variance", {"sigma": two}),
            ("dimension", {"d": two}),
            ("smooth", {"L": two / 2}),
        ):
            assert not in_class(Candidate(line, noise, (Q(1),)), [Assumed(name, values)], balls)


def test_an_irrational_tail_index_is_met_too() -> None:
    balls = Balls()
    with balls.scope():
        named = CLASSES["heavy tails"][0] | {"heavy_tailed": {"alpha": 2, "sigma": 2}}
        assumed = [
            replace(a, values={k: balls.function("sqrt", v) for k, v in a.values.items()})
            for a in assume(balls, **named)
        ]
        found = list(islice(candidates(assumed, balls, 10, differentiable=False), TRIED))
    assert {type(c.noise) for c in found} >= CLASSES["heavy tails"][2]


SUM = DisagreeingQuadratics.isotropic([(Q(1),), (Q(-1),)])


def test_passes_are_in_no_class_of_noise() -> None:
    for noise in (Reshuffled(2), Cyclic(2)):
        candidate = Candidate(SUM, noise, (Q(1),))
        assert in_class(candidate, assume(smooth={"L": 1}), Rationals())
        for named in (
            {"unbiased": {}},
            {"bounded_variance": {"sigma": 9}},
            {"finite_sum": {"n": 2}},
        ):
            assert not in_class(candidate, assume(**named), Rationals())


def test_components_are_drawn_with_replacement() -> None:
    """As the claim format says of ``finite_sum``; without it the noise only has to be unbiased."""
    for replacement in (True, False):
        candidate = Candidate(SUM, Sampling(2, SUM.spread(), replacement), (Q(1),))
        assert in_class(candidate, assume(finite_sum={"n": 2}), Rationals()) == replacement
        assert in_class(candidate, assume(bounded_variance={"sigma": 1}), Rationals())


def test_noise_of_another_dimension_is_in_no_class() -> None:
    line = DiagonalQuadratic((Q(1),))
    for dimension in (1, 3):
        candidate = Candidate(line, Pareto(Q(3), Q(1), dimension), (Q(1),))
        assert in_class(candidate, assume(unbiased={}), Rationals()) == (dimension == 1)


def test_what_holds_of_components_is_not_taken_for_the_whole() -> None:
    """Two parabolas along the axes are 2-PL each; their mean is 1-PL only."""
    rows = DisagreeingQuadratics.diagonal([(Q(0), Q(0))] * 2, [(Q(2), Q(0)), (Q(0), Q(2))])
    least = LeastSquares(np.eye(2) * 2**0.5, [0.0, 0.0])
    for problem in (rows, least):
        candidate = Candidate(problem, Sampling(2, None, growth=Q(2)), (Q(1), Q(1)))
        assert in_class(candidate, assume(pl={"mu": "999/1000"}), Rationals())
        assert not in_class(candidate, assume(pl={"mu": "1001/1000"}), Rationals())
        assert not in_class(candidate, assume(smooth={"L": "999/1000"}), Rationals())
        assert in_class(candidate, assume(smooth={"L": "1001/1000"}), Rationals())
        for_each = assume(smooth={"L": "1001/1000"}, finite_sum={"n": 2})
        assert not in_class(candidate, for_each, Rationals())


def test_a_domain_has_its_diameter_and_the_start() -> None:
    plane, half = DiagonalQuadratic((Q(1), Q(1))), Q(1, 2)
    wide = assume(bounded_domain={"D": 2})
    ball, box = Ball.around_zero(1 - 1e-9, 2), Box([0.0, 0.0], [1.0, 1.0])
    assert in_class(Candidate(Constrained(plane, ball), Exact(), (half, half)), wide, Rationals())
    assert in_class(Candidate(Constrained(plane, box), Exact(), (half, half)), wide, Rationals())
    for candidate in (
        Candidate(Constrained(plane, ball), Exact(), (Q(1), half)),  # starts outside
        Candidate(Constrained(plane, box), Exact(), (-half, half)),
        Candidate(Constrained(plane, Ball.around_zero(1.001, 2)), Exact(), (half, half)),
        Candidate(Constrained(plane, Box([0.5, 0.0], [1.0, 1.0])), Exact(), (half, half)),
        Candidate(Constrained(plane, Box([0.0, 0.0], [np.inf, 1.0])), Exact(), (half, half)),
        Candidate(plane, Exact(), (half, half)),
    ):
        assert not in_class(candidate, wide, Rationals())


def test_bounds_are_those_of_the_assumptions() -> None:
    bounds = class_bounds(
        assume(
            smooth={"L": 2}, l0_l1_smooth={"L0": 1, "L1": 3}, hessian_lipschitz={"rho": 5},
            bounded_samples={"G": 7}, dimension={"d": 4}, finite_sum={"n": 10**12},
            bounded_domain={"D": 6},
        )
    )  # fmt: skip
    assert (bounds.upper, bounds.l0_l1, bounds.hessian) == (1, (1, 3), 5)
    assert (bounds.gradient, bounds.dimension, bounds.diameter) == (7, 4, 6)


FRANK_WOLFE: dict[str, Any] = {
    "id": "frank-wolfe",
    "parameters": {"L": "L > 0", "D": "D > 0", "N": "integer, N >= 1"},
    "method": "frank_wolfe()",
    "assumptions": ["convex", "smooth(L)", "bounded_domain(D)"],
    "measure": "f(x[N]) - f_star",
    "bound": "2*L*D**2/(N + 2)",
    "at": [{"L": 1, "D": 2, "N": 5}],
}


def report(table: dict[str, Any], **changes: Any) -> Any:
    return examine(read_claim(table | changes), time.monotonic() + 60)


def test_claims_about_a_domain_are_run() -> None:
    """Jaggi 2013, Theorem 1."""
    found = report(FRANK_WOLFE)
    assert found.status is Status.SUPPORTED, found.reason
    assert any("on a box" in line for line in found.evidence)
    far_too_good = report(FRANK_WOLFE, bound="L*D**2/(1000*N**2)")
    assert far_too_good.status is not Status.SUPPORTED


def test_starts_stay_in_the_domain() -> None:
    """A ball of diameter D allows a start at D/2 from its centre; a step above 2/L overshoots."""
    table = FRANK_WOLFE | {
        "method": "projected_gradient(step=1/L)",
        "initial": "norm(x[0] - x_star) <= D",
        "bound": "L*D**2/(2*N)",
    }
    found = report(table)
    assert found.status is Status.SUPPORTED, found.reason
    assert any("on a ball" in line for line in found.evidence)
    too_long = report(table, method="projected_gradient(step=2.1/L)")
    assert too_long.status is Status.INCONCLUSIVE
    assert "breaks the bound" in too_long.reason


def test_clipped_descent_is_run_where_no_constant_bounds_the_hessian() -> None:
    """Zhang, He, Sra and Jadbabaie 2020: gradient descent with step 1/L0 diverges there."""
    table = {
        "id": "clipped",
        "parameters": {"L0": "L0 > 0", "L1": "L1 > 0", "N": "integer, N >= 1"},
        "method": "clipped_gd(step=1/(10*L0), threshold=min(10*L0, L0/L1))",
        "assumptions": ["l0_l1_smooth(L0, L1)"],
        "measure": "f(x[N]) - f_star",
        "bound": "f(x[0]) - f_star",
        "at": [{"L0": 1, "L1": 2, "N": 20}],
    }
    found = report(table)
    assert found.status is Status.SUPPORTED, found.reason
    assert any("exp" in line for line in found.evidence)
    assert report(table, method="gradient_descent(step=1/L0)").status is not Status.SUPPORTED


def test_a_second_moment_that_is_not_assumed_is_refuted() -> None:
    """With E‖ξ‖^(3/2) bounded only, E‖x[1] − x*‖² may be anything; the first moment is not."""
    table = {
        "id": "heavy",
        "parameters": {"L": "L > 0", "sigma": "sigma > 0", "R": "R > 0"},
        "method": "sgd(step=1/L)",
        "assumptions": ["strongly_convex(L)", "smooth(L)", "unbiased", "heavy_tailed(3/2, sigma)"],
        "initial": "norm(x[0] - x_star) <= R",
        "measure": "E(norm(x[1] - x_star)**2)",
        "bound": "2*sigma**2/L**2",
        "at": [{"L": 1, "sigma": 1, "R": 1}],
    }
    assert report(table).status is Status.REFUTED
    first = report(table, measure="E(norm(x[1] - x_star))", bound="sigma/L")
    assert first.status is not Status.REFUTED
    assert any("Pareto" in line for line in first.evidence)
