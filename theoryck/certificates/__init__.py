"""The kernel: certificates and witnesses, rebuilt from the claim and checked exactly.

Nothing here imports a solver, an engine, SymPy or NumPy.
"""

from theoryck.certificates.checker import CertificateError, GoalCertificate, check_goal
from theoryck.certificates.documents import (
    Established,
    certificate_document,
    gap_document,
    number_system,
    placed_run,
    verify,
    witness_document,
)
from theoryck.certificates.inequalities import Hypothesis
from theoryck.certificates.problem import Between, Goal, Problem, branches, instantiate
from theoryck.certificates.witness import PlacedRun, Witness, check_attained, check_witness

__all__ = [
    "Between",
    "CertificateError",
    "Established",
    "Goal",
    "GoalCertificate",
    "Hypothesis",
    "PlacedRun",
    "Problem",
    "Witness",
    "branches",
    "certificate_document",
    "check_attained",
    "check_goal",
    "check_witness",
    "gap_document",
    "instantiate",
    "number_system",
    "placed_run",
    "verify",
    "witness_document",
]
