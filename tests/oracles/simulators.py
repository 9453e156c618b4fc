"""An example of every problem and noise, and arguments for every method: for tests of them all.

Classes are found in the package, so that a new one without an example here fails by name.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from fractions import Fraction as Q
from typing import Any

import numpy as np

import theoryck.simulate
from theoryck.methods import METHODS
from theoryck.simulate.noise import Exact, Gaussian, Noise, Sphere
from theoryck.simulate.noise.heavy import Pareto, Stable, StableCoordinates, Student
from theoryck.simulate.noise.light import Ball, CorrelatedGaussian, RareJumps, TwoPoint
from theoryck.simulate.noise.multiplicative import LogNormalFactor, Multiplicative, UniformFactor
from theoryck.simulate.noise.sampling import Cyclic, Reshuffled, Sampling, ShuffledOnce
from theoryck.simulate.problems import feasible
from theoryck.simulate.problems.base import Problem
from theoryck.simulate.problems.classification import LogisticRegression, SoftmaxRegression
from theoryck.simulate.problems.composite import Composite
from theoryck.simulate.problems.constrained import Constrained
from theoryck.simulate.problems.data import gaussian_least_squares
from theoryck.simulate.problems.disagreeing import DisagreeingQuadratics
from theoryck.simulate.problems.factorisation import MatrixFactorisation, SymmetricFactorisation
from theoryck.simulate.problems.generalised_smooth import (
    EvenPower,
    HyperbolicCosine,
    NormPower,
    QuadraticExponential,
)
from theoryck.simulate.problems.losses import Loss
from theoryck.simulate.problems.minima import lecture_minima
from theoryck.simulate.problems.networks import Network, NetworkProblem
from theoryck.simulate.problems.networks.activations import Activation
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

RNG = np.random.default_rng(12)
DATA = RNG.standard_normal((6, 3))
ARGUMENTS = {
    "D": 2.0,
    "G": 1.0,
    "L": 4.0,
    "M": 6.0,
    "alpha": 1.5,
    "anchor": 4,
    "batch": 2,
    "beta1": 0.9,
    "beta2": 0.99,
    "damping": 0.01,
    "decay": 0.5,
    "initial": 1.0,
    "iterations": 4,
    "metric": 2.0,
    "momentum": 0.5,
    "offset": 0.2,
    "period": 2,
    "radius": 0.1,
    "retention": 0.9,
    "rho": 3.0,
    "scale": 1.0,
    "step": 0.02,
    "threshold": 0.3,
    "tolerance": 0.1,
    "weight": 0.5,
}


def concrete(base: type) -> Iterator[type]:
    """The classes of a kind in the package that can be made."""
    for module in pkgutil.walk_packages(theoryck.simulate.__path__, "theoryck.simulate."):
        importlib.import_module(module.name)
    found = list(base.__subclasses__())
    while found:
        kind = found.pop()
        found += kind.__subclasses__()
        if not inspect.isabstract(kind) and kind.__module__.startswith("theoryck."):
            yield kind


def networks() -> Iterator[NetworkProblem]:
    """Small networks: one of every activation, one of every loss, and a residual one."""
    activations = [kind() for kind in concrete(Activation)]
    losses = [kind() for kind in concrete(Loss)]
    pairs = [(a, losses[0]) for a in activations] + [(activations[0], loss) for loss in losses[1:]]
    for i, (activation, loss) in enumerate(pairs):
        outputs = 3 if "CrossEntropy" in type(loss).__name__ else 1
        network = Network((3, 2, 2, outputs), activation, loss, residual=i % 2 == 0)
        labels = np.arange(6) % 3 if outputs == 3 else np.where(np.arange(6) % 2, 1.0, -1.0)
        yield NetworkProblem(network, DATA, labels)


def problems() -> dict[str, Problem]:
    """Problems by name: at least one of every class."""
    half, one = Q(1, 2), Q(1)
    plane = DiagonalQuadratic((half, one))
    centres = ((one, Q(0)), (Q(0), one), (-one, -one))
    matrices = (((one, Q(0)), (Q(0), one)), ((Q(2), half), (half, one)), ((one, Q(0)), (Q(0), one)))
    labels = np.where(np.arange(6) % 2, 1.0, -1.0)
    examples: list[Problem] = [
        plane,
        QuadraticSaddle((one, -half)),
        RotatedQuadratic((half, one, Q(2))),
        ShiftedQuadratics(one, 4, half, 2),
        DisagreeingQuadratics(centres, matrices),
        Huber(one, half, half, 2),
        AbsoluteValue(one, 2),
        LargestCoordinate(one, 3),
        EuclideanNorm(one, 3),
        Cosine(one, half, 2),
        SineSquared(one),
        EvenPower(2, one, half),
        NormPower(2, one, half),
        HyperbolicCosine(one, half, 2),
        QuadraticExponential(one, half, 2),
        gaussian_least_squares(6, 3, noise=0.5),
        LogisticRegression(DATA, labels, Q(1, 10)),
        SoftmaxRegression(DATA, np.arange(6) % 3, Q(1, 10)),
        MatrixFactorisation(DATA, 2),
        SymmetricFactorisation(DATA.T @ DATA, 2),
        gaussian_phase_retrieval(6, 3),
        TensorComponent(3),
        TensorDecomposition(2),
        lecture_minima(2),
        RareSteepLoss(Q(3)),
        SaddleChain(2),
        Composite(plane, AbsoluteValue(half, 2)),
        Constrained(plane, feasible.Ball(1.0, [0.0, 0.0])),
        Constrained(gaussian_least_squares(6, 3), feasible.Box([-1.0] * 3, [1.0] * 3)),
        *networks(),
    ]
    missing = set(concrete(Problem)) - {type(example) for example in examples}
    assert not missing, f"no example in {__name__} of {missing}"
    return {f"{i} {type(example).__name__}": example for i, example in enumerate(examples)}


def noises(problem: Problem) -> dict[str, Noise]:
    """Every noise that a problem can be run with, by name: at least one of every class."""
    d, n, two = problem.dimension, problem.component_count(), Q(2)
    covariance = np.eye(d) + 0.5 / d
    makers: list[Callable[[], Noise]] = [
        Exact,
        lambda: TwoPoint(Q(1)),
        lambda: Sphere(Q(1)),
        lambda: Ball(Q(1), d),
        lambda: Gaussian(Q(1)),
        lambda: CorrelatedGaussian(covariance),
        lambda: RareJumps(two, Q(1, 3)),
        lambda: Student(Q(3), Q(1), d),
        lambda: Pareto(Q(3, 2), Q(1, 10), d),
        lambda: Stable(Q(3, 2), Q(1, 10), d),
        lambda: StableCoordinates(Q(3, 2), Q(1, 10), d),
        lambda: Multiplicative(two),
        lambda: UniformFactor(Q(1, 2)),
        lambda: LogNormalFactor(two),
        lambda: Sampling(n, None),
        lambda: Sampling(n, None, replacement=False),
        lambda: Reshuffled(n),
        lambda: ShuffledOnce(n),
        lambda: Cyclic(n),
    ]
    examples = [make() for make in makers]
    missing = set(concrete(Noise)) - {type(example) for example in examples}
    assert not missing, f"no example in {__name__} of {missing}"
    sums = (Sampling, Reshuffled, ShuffledOnce, Cyclic)
    return {
        f"{i} {type(noise).__name__}": noise
        for i, noise in enumerate(examples)
        if problem.component_count() > 1 or not isinstance(noise, sums)
    }


def arguments_of(name: str) -> dict[str, Any]:
    """Arguments to run a method with.

    Raises:
        KeyError: a new argument has no value in ``ARGUMENTS``.
    """
    return {argument.name: ARGUMENTS[argument.name] for argument in METHODS[name].arguments}


def start_of(problem: Problem, runs: int) -> Any:
    """First iterates near the origin, the same for a problem at every call."""
    return 0.4 * np.random.default_rng(problem.dimension).standard_normal((runs, problem.dimension))
