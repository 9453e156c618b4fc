"""Every test problem of the package, small: what the tests of the problems run over.

A new problem belongs in here; a test says so where one is missing.
"""

from __future__ import annotations

from fractions import Fraction as Q

import numpy as np

from theoryck.simulate.problems.base import Problem
from theoryck.simulate.problems.classification import SoftmaxRegression
from theoryck.simulate.problems.composite import Composite
from theoryck.simulate.problems.constrained import Constrained
from theoryck.simulate.problems.data import breast_cancer, gaussian_least_squares
from theoryck.simulate.problems.disagreeing import DisagreeingQuadratics
from theoryck.simulate.problems.factorisation import (
    MatrixFactorisation,
    SymmetricFactorisation,
    random_low_rank,
)
from theoryck.simulate.problems.feasible import Ball
from theoryck.simulate.problems.generalised_smooth import (
    EvenPower,
    HyperbolicCosine,
    NormPower,
    QuadraticExponential,
)
from theoryck.simulate.problems.losses import Logistic
from theoryck.simulate.problems.minima import TwoMinima, lecture_minima
from theoryck.simulate.problems.networks import Network, NetworkProblem, Tanh
from theoryck.simulate.problems.nonconvex import Cosine, SineSquared
from theoryck.simulate.problems.online import RareSteepLoss
from theoryck.simulate.problems.phase import gaussian_phase_retrieval
from theoryck.simulate.problems.piecewise import (
    AbsoluteValue,
    EuclideanNorm,
    Huber,
    LargestCoordinate,
)
from theoryck.simulate.problems.quadratic import (
    DiagonalQuadratic,
    QuadraticSaddle,
    RotatedQuadratic,
    ShiftedQuadratics,
)
from theoryck.simulate.problems.saddles import SaddleChain
from theoryck.simulate.problems.tensor import TensorComponent, TensorDecomposition

SMOOTH: dict[str, Problem] = {
    "diagonal": DiagonalQuadratic((Q(1, 3), Q(2), Q(0))),
    "rotated": RotatedQuadratic((Q(1, 10), Q(1), Q(3), Q(3)), seed=4),
    "shifted": ShiftedQuadratics(Q(3, 2), 4, Q(1, 2), size=2),
    "huber": Huber(Q(2), Q(0), Q(1, 2), size=3),
    "stiff": Huber(Q(1, 5), Q(2), Q(1), size=2),
    "cosine": Cosine(Q(2), Q(1, 3), size=2),
    "sine squared": SineSquared(Q(4), Q(2)),
    "least squares": gaussian_least_squares(12, 5, noise=0.3),
    "overparameterised": gaussian_least_squares(5, 12),
    "breast cancer": breast_cancer().rescaled(Q(1, 50), Q(2), Q(1)),
    "three centres": DisagreeingQuadratics.isotropic([(Q(2), Q(0)), (Q(-1), Q(1)), (Q(-1), Q(-1))]),
    "crossed valleys": DisagreeingQuadratics.diagonal(
        [(Q(1), Q(0)), (Q(-1), Q(2))], [(Q(3), Q(0)), (Q(0), Q(1, 2))]
    ),
    "full matrices": DisagreeingQuadratics(
        ((Q(1), Q(0)), (Q(0), Q(1)), (Q(-2), Q(1))),
        (
            ((Q(2), Q(1)), (Q(1), Q(1))),
            ((Q(1), Q(1)), (Q(1), Q(1))),  # of rank one
            ((Q(1), Q(0)), (Q(0), Q(3))),
        ),
    ),
    "saddle chain": SaddleChain(3, stable=Q(3, 2), unstable=Q(1), width=Q(3, 4)),
    "steep chain": SaddleChain(2, stable=Q(1, 2), unstable=Q(2)),
    "single saddle": SaddleChain(1),
    "chain of even curvature": SaddleChain(2, stable=Q(3), unstable=Q(5)),
    "equally flat": lecture_minima(2),
    "sharp and flat": TwoMinima(
        ((Q(0),), (Q(1),), (Q(-1),)), Q(-1), Q(3), left_curvature=Q(6), right_curvature=Q(2, 3)
    ),
}
# smooth on bounded sets only, or without a minimum
WILD: dict[str, Problem] = {
    "quadratic saddle": QuadraticSaddle((Q(2), Q(-1, 3), Q(0))),
    "hyperbolic cosine": HyperbolicCosine(Q(2), Q(1, 2), size=2),
    "quadratic exponential": QuadraticExponential(Q(1, 2), Q(2), size=3),
    "fourth power": EvenPower(2, Q(3), Q(1), size=2),
    "sixth power": EvenPower(3, Q(1, 4), Q(2)),
    "norm power": NormPower(3, Q(1, 3), Q(3, 2), size=3),
    "factorisation": MatrixFactorisation(random_low_rank(4, 3, 3), 2),
    "symmetric factorisation": SymmetricFactorisation(np.diag([3.0, 1.0, -1.0]), 2),
    "phase retrieval": gaussian_phase_retrieval(15, 4),
    "tensor component": TensorComponent(4, seed=1),
    "tensor": TensorDecomposition(3, seed=2),
    "network": NetworkProblem(
        Network((2, 3, 1), Tanh(), Logistic()),
        [[0.0, 1.0], [1.0, -1.0], [0.5, 0.5]],
        [1.0, -1.0, 1.0],
    ),
}
KINKED: dict[str, Problem] = {
    "absolute": AbsoluteValue(Q(3, 2), size=2),
    "norm": EuclideanNorm(Q(2), 3),
    "largest": LargestCoordinate(Q(1, 2), 4),
    "composite": Composite(DiagonalQuadratic((Q(1), Q(2))), AbsoluteValue(Q(1, 10), 2)),
}
CONSTRAINED: dict[str, Problem] = {
    "rare steep loss": RareSteepLoss(Q(4)),
    "on a ball": Constrained(DiagonalQuadratic((Q(1), Q(2))), Ball(1.0, [0.0, 0.0])),
}
SOFTMAX: dict[str, Problem] = {
    "softmax": SoftmaxRegression(
        [[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0], [1.0, 1.0]], [0, 1, 2, 0], Q(1, 10)
    ),
}
EVERY = SMOOTH | WILD | KINKED | CONSTRAINED | SOFTMAX
