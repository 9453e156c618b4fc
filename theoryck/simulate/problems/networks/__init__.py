"""Networks: multilayer and residual ones, batched over runs, with exact first and second order.

``Network`` says what a network is, ``NetworkProblem`` trains it on data, ``initial`` draws where
training starts. The losses are those of :mod:`theoryck.simulate.problems.losses`.
"""

from theoryck.simulate.problems.networks.activations import (
    Activation,
    LeakyRelu,
    Linear,
    Relu,
    Tanh,
)
from theoryck.simulate.problems.networks.initial import (
    GLOROT_NORMAL,
    GLOROT_UNIFORM,
    HE_NORMAL,
    HE_UNIFORM,
    Law,
    fair_signs,
    initial,
    normal,
    uniform,
)
from theoryck.simulate.problems.networks.network import Layer, Network
from theoryck.simulate.problems.networks.problem import NetworkProblem

__all__ = [
    "GLOROT_NORMAL",
    "GLOROT_UNIFORM",
    "HE_NORMAL",
    "HE_UNIFORM",
    "Activation",
    "Law",
    "Layer",
    "LeakyRelu",
    "Linear",
    "Network",
    "NetworkProblem",
    "Relu",
    "Tanh",
    "fair_signs",
    "initial",
    "normal",
    "uniform",
]
