"""Engine 3: the claim's method, run on real problems of its class.

It supports a claim with stated confidence, refutes it by an exact run or by samples with an error
of 1e-6 at most, and never proves one.
:func:`simulate` runs any method on any problem: thousands of runs as one array program.
"""

from theoryck.simulate.engine.examine import examine
from theoryck.simulate.runs.simulation import (
    Below,
    Checkpoint,
    Grid,
    Outcome,
    Stop,
    bar,
    grid,
    simulate,
)
from theoryck.simulate.runs.trajectories import trajectories
from theoryck.simulate.witnesses.explicit import ExplicitRun, run_explicit
from theoryck.simulate.witnesses.interpolants import Interpolant, Replay, replay

__all__ = [
    "Below",
    "Checkpoint",
    "ExplicitRun",
    "Grid",
    "Interpolant",
    "Outcome",
    "Replay",
    "Stop",
    "bar",
    "examine",
    "grid",
    "replay",
    "run_explicit",
    "simulate",
    "trajectories",
]
