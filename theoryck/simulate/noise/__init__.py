"""Where stochastic gradients come from, and which assumptions on noise each source meets.

=====================  ========================================================================
bounded or normal      :class:`TwoPoint`, :class:`Sphere`, :class:`Ball`, :class:`Gaussian`,
                       :class:`CorrelatedGaussian`, :class:`RareJumps`
heavy tails            :class:`Student`, :class:`Stable`, :class:`StableCoordinates`,
                       :class:`Pareto`
strong growth          :class:`Multiplicative`, :class:`UniformFactor`, :class:`LogNormalFactor`
minibatches            :class:`Sampling`
passes over the data   :class:`Reshuffled`, :class:`ShuffledOnce`, :class:`Cyclic`
none                   :class:`Exact`
=====================  ========================================================================
"""

from theoryck.simulate.noise.base import Additive, Exact, Noise, Outcome
from theoryck.simulate.noise.documents import from_data
from theoryck.simulate.noise.heavy import (
    HeavyTailed,
    Pareto,
    Stable,
    StableCoordinates,
    Student,
)
from theoryck.simulate.noise.light import (
    Ball,
    CorrelatedGaussian,
    Gaussian,
    RareJumps,
    Sphere,
    TwoPoint,
)
from theoryck.simulate.noise.multiplicative import (
    LogNormalFactor,
    Multiplicative,
    Scaling,
    UniformFactor,
)
from theoryck.simulate.noise.sampling import (
    Cyclic,
    Minibatches,
    Passes,
    Reshuffled,
    Sampling,
    ShuffledOnce,
)

__all__ = [
    "Additive",
    "Ball",
    "CorrelatedGaussian",
    "Cyclic",
    "Exact",
    "Gaussian",
    "HeavyTailed",
    "LogNormalFactor",
    "Minibatches",
    "Multiplicative",
    "Noise",
    "Outcome",
    "Pareto",
    "Passes",
    "RareJumps",
    "Reshuffled",
    "Sampling",
    "Scaling",
    "ShuffledOnce",
    "Sphere",
    "Stable",
    "StableCoordinates",
    "Student",
    "TwoPoint",
    "UniformFactor",
    "from_data",
]
