"""Engine 3: the claim's method, run on real problems of its class.

It supports a claim with stated confidence, refutes it by an exact run, and never proves one.
"""

from theoryck.simulate.examine import examine
from theoryck.simulate.explicit import ExplicitRun, run_explicit
from theoryck.simulate.interpolants import Interpolant, Replay, replay
from theoryck.simulate.trajectories import trajectories

__all__ = [
    "ExplicitRun",
    "Interpolant",
    "Replay",
    "examine",
    "replay",
    "run_explicit",
    "trajectories",
]
