"""Problems that cannot be: each refused with what would be right."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest

from theoryck.methods import METHODS
from theoryck.simulate import simulate
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.metrics import Last
from theoryck.simulate.noise import Sampling
from theoryck.simulate.problems.disagreeing import DisagreeingQuadratics
from theoryck.simulate.problems.factorisation import (
    MatrixFactorisation,
    SymmetricFactorisation,
    random_low_rank,
)
from theoryck.simulate.problems.generalised_smooth import (
    EvenPower,
    HyperbolicCosine,
    NormPower,
    QuadraticExponential,
    l0_l1_problems,
)
from theoryck.simulate.problems.minima import TwoMinima, lecture_minima
from theoryck.simulate.problems.online import RareSteepLoss
from theoryck.simulate.problems.phase import PhaseRetrieval, gaussian_phase_retrieval
from theoryck.simulate.problems.piecewise import EuclideanNorm, LargestCoordinate
from theoryck.simulate.problems.quadratic import QuadraticSaddle, RotatedQuadratic
from theoryck.simulate.problems.saddles import SaddleChain
from theoryck.simulate.problems.tensor import TensorComponent, TensorDecomposition
from theoryck.simulate.quantities import gap, value

ONE, EYE = Q(1), ((Q(1), Q(0)), (Q(0), Q(1)))
MATRIX = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: QuadraticSaddle((ONE, ONE)), "a saddle needs a negative eigenvalue"),
        (lambda: QuadraticSaddle(()), "a saddle needs a negative eigenvalue"),
        (lambda: EuclideanNorm(Q(0), 2), "a positive slope and size >= 1"),
        (lambda: LargestCoordinate(ONE, 0), "a positive slope and size >= 1"),
        (lambda: DisagreeingQuadratics((), ()), "at least one centre"),
        (lambda: DisagreeingQuadratics(((),), ((),)), "at least one centre"),
        (lambda: DisagreeingQuadratics(((ONE, ONE), (ONE,)), (EYE, EYE)), "all of one dimension"),
        (lambda: DisagreeingQuadratics(((ONE, ONE),), (EYE, EYE)), "1 centres need 1 matrices"),
        (lambda: DisagreeingQuadratics(((ONE, ONE),), (((ONE,),),)), r"shape \(2, 2\)"),
        (
            lambda: DisagreeingQuadratics(((ONE, ONE),), (((ONE, ONE), (Q(0), ONE)),)),
            "symmetric matrices",
        ),
        (
            lambda: DisagreeingQuadratics.diagonal([(ONE,), (ONE,)], [(-ONE,), (Q(3),)]),
            "positive semidefinite",
        ),
        (
            lambda: DisagreeingQuadratics(((ONE, ONE),), (((Q(0), ONE), (ONE, Q(0))),)),
            "positive semidefinite",
        ),
        (
            lambda: DisagreeingQuadratics.diagonal([(ONE, ONE)], [(ONE, Q(0))]),
            "the minimiser is not unique",
        ),
        (lambda: HyperbolicCosine(Q(0), ONE), "L0 > 0, L1 > 0"),
        (lambda: QuadraticExponential(ONE, Q(-1)), "L0 > 0, L1 > 0"),
        (lambda: QuadraticExponential(ONE, ONE, 0), "size >= 1"),
        (lambda: EvenPower(1, ONE, ONE), "an even power of at least 4 expected, got 2"),
        (lambda: NormPower(2, Q(0), ONE), "scale > 0"),
        (lambda: NormPower(2, ONE, ONE, 0), "size >= 1"),
        (lambda: list(l0_l1_problems(Q(0), ONE)), "L0 > 0, L1 > 0"),
        (lambda: MatrixFactorisation(MATRIX, 3), "a rank from 1 to 2"),
        (lambda: MatrixFactorisation(MATRIX, 0), "a rank from 1 to 2"),
        (lambda: MatrixFactorisation(MATRIX[0], 1), "a matrix expected"),
        (lambda: MatrixFactorisation(MATRIX * np.nan, 1), "NaN"),
        (lambda: MatrixFactorisation([["a"]], 1), "real numbers"),
        (lambda: MatrixFactorisation(MATRIX, 1).stationary((0, 1)), "at most 1 different"),
        (lambda: MatrixFactorisation(MATRIX, 2).stationary((0, 0)), "at most 2 different"),
        (lambda: MatrixFactorisation(MATRIX, 1).stationary((2,)), "numbers from 0 to 1"),
        (lambda: SymmetricFactorisation(MATRIX, 1), "a symmetric target"),
        (lambda: SymmetricFactorisation(MATRIX[:, :2], 1), "a symmetric target"),
        (lambda: SymmetricFactorisation(np.eye(2), 3), "a rank from 1 to 2"),
        (lambda: random_low_rank(2, 3, 3), "a rank from 1 to 2"),
        (lambda: PhaseRetrieval(MATRIX, [1.0]), r"a signal of shape \(d,\)"),
        (lambda: PhaseRetrieval(MATRIX, [1.0, np.inf, 0.0]), "infinity"),
        (lambda: PhaseRetrieval(np.ones((0, 1)), [1.0]), r"data of shape \(n, d\)"),
        (lambda: gaussian_phase_retrieval(0, 2), "at least one measurement"),
        (lambda: TensorComponent(0), "at least one component"),
        (lambda: TensorDecomposition(0), "at least one component"),
        (lambda: TensorComponent(2).stationary((2,)), "numbers from 0 to 1"),
        (lambda: TensorComponent(2).stationary((0, 0)), "different numbers"),
        (lambda: SaddleChain(0), "at least one coordinate"),
        (lambda: SaddleChain(2, unstable=Q(0)), "gamma > 0"),
        (lambda: SaddleChain(2, width=Q(-1)), "tau > 0"),
        (lambda: RareSteepLoss(Q(2)), "the slope must be above 2, got 2"),
        (lambda: RareSteepLoss(Q(5), rare=0), "1 <= rare < count"),
        (lambda: RareSteepLoss(Q(5), rare=3), "1 <= rare < count"),
        (lambda: TwoMinima(()), "at least one component"),
        (lambda: TwoMinima(((),)), "one coordinate"),
        (lambda: TwoMinima(((ONE,), (ONE, ONE))), "as many tilts"),
        (lambda: TwoMinima(((ONE,), (ONE,))), "add up to 0"),
        (lambda: TwoMinima(((Q(0),),), left=ONE, right=ONE), "left < right"),
        (lambda: TwoMinima(((Q(0),),), left_curvature=Q(0)), "positive curvatures"),
        (lambda: lecture_minima(0), "at least one coordinate"),
    ],
)
def test_a_problem_that_cannot_be(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        make()


SUMS = {
    "quadratics": DisagreeingQuadratics.isotropic([(ONE, Q(0)), (-ONE, Q(0))]),
    "phase": gaussian_phase_retrieval(2, 2),
    "losses": RareSteepLoss(Q(3), count=2),
    "minima": TwoMinima(((ONE,), (-ONE,))),
}


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize(
    ("indices", "message"),
    [
        (np.array([[2], [0]]), "numbered 0, …, 1; found 2"),
        (np.array([[-1], [0]]), "found -1"),
        (np.array([[0.0], [1.0]]), "an array of integers, got float64"),
        (np.array([[0]]), r"of shape \(2, b\) with b >= 1"),
        (np.zeros((2, 0), dtype=int), "b >= 1"),
        (np.array([0, 1]), r"got \(2,\)"),
    ],
)
def test_minibatches_of_components_that_are_none(name: str, indices: Any, message: str) -> None:
    there = SUMS[name].on(numpy_backend())
    x = np.zeros((2, there.dimension))
    for question in (there.components, there.component_values):
        assert question is not None
        with pytest.raises(SimulationError, match=message):
            question(x, indices)


def test_a_saddle_has_no_minimum_to_measure_from() -> None:
    saddle, gd = QuadraticSaddle((ONE, Q(-1, 2))), METHODS["gradient_descent"]
    with pytest.raises(SimulationError, match="the minimum of this problem is not known"):
        simulate(saddle, gd, {"step": 0.5}, np.ones((1, 2)), 3, {"gap": Last(gap)})
    outcome = simulate(saddle, gd, {"step": 0.5}, np.ones((1, 2)), 3, {"value": Last(value)})
    assert outcome.measured["value"][0] < 0


def test_steps_that_are_too_long_diverge_by_name() -> None:
    for problem in (
        HyperbolicCosine(ONE, ONE),
        QuadraticExponential(ONE, ONE),
        EvenPower(2, ONE, ONE),
    ):
        start, method = np.array([[30.0]]), METHODS["gradient_descent"]
        outcome = simulate(problem, method, {"step": 1.0}, start, 20, {"gap": Last(gap)})
        assert outcome.diverged.all()
        assert np.isinf(outcome.measured["gap"]).all()


def test_sampling_of_another_number_of_components() -> None:
    with pytest.raises(SimulationError, match="5 components expected, the problem has 4"):
        simulate(
            lecture_minima(), METHODS["sgd"], {"step": 0.1}, np.ones((1, 1)), 1,
            {"gap": Last(gap)}, noise=Sampling(5, None),
        )  # fmt: skip


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SaddleChain(2, stable=NAN), "stable: a finite number expected, got nan"),
        (lambda: SaddleChain(2.5), "size: a whole number expected, got 2.5"),
        (lambda: HyperbolicCosine(INF, ONE), "l0: a finite number expected, got inf"),
        (lambda: QuadraticSaddle((NAN, ONE)), "spectrum: a finite number"),
        (lambda: QuadraticSaddle(3), "spectrum: a sequence of numbers expected, got 3"),
        (lambda: RareSteepLoss("steep"), "steep: a finite number expected"),
        (lambda: TwoMinima(((NAN,), (ONE,))), "tilts: a finite number"),
        (lambda: DisagreeingQuadratics.isotropic([(INF,)]), "centres: a finite number"),
        (lambda: MatrixFactorisation(MATRIX, 1.0), "rank: a whole number"),
        (lambda: TensorComponent(3, seed=-1), "seed: a number of at least 0 expected, got -1"),
        (lambda: RotatedQuadratic((ONE,), seed=-1), "seed: a number of at least 0"),
        (lambda: gaussian_phase_retrieval(2, 2, seed=-3), "seed: a number of at least 0"),
        (lambda: random_low_rank(2, 2, 1, seed=1.5), "seed: a whole number"),
        (lambda: TensorComponent("3"), "size: a whole number"),
    ],
)
def test_numbers_that_are_none(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        make()


def test_doubles_and_integers_are_taken_as_they_are() -> None:
    chain = SaddleChain(np.int64(3), stable=1.5, unstable=1)
    assert chain == SaddleChain(3, stable=Q(3, 2), unstable=Q(1))
    assert isinstance(chain.constants().upper, Q)
    assert HyperbolicCosine(np.float64(0.25), 2).constants().l0_l1 == (Q(1, 4), Q(2))


def test_proximal_steps_of_a_size_for_each_run() -> None:
    plane, prox = RotatedQuadratic((ONE, Q(3))), METHODS["proximal_point"]
    start, sizes = np.array([[1.0, 2.0], [1.0, 2.0]]), np.array([0.5, 2.0])
    both = simulate(plane, prox, {"step": sizes}, start, 2, {"gap": Last(gap)})
    for run in range(2):
        alone = simulate(plane, prox, {"step": sizes[run]}, start[:1], 2, {"gap": Last(gap)})
        assert both.measured["gap"][run] == alone.measured["gap"][0]
