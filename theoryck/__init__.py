"""A type-checker for convergence theorems: a claim goes in, a verdict with evidence comes out.

>>> import theoryck
>>> verdict = theoryck.check({
...     "id": "gd", "parameters": {"L": "L > 0", "Delta": "Delta > 0", "N": "integer, N >= 1"},
...     "method": "gradient_descent(step=1/L)", "assumptions": ["smooth(L)"],
...     "initial": "f(x[0]) - f_star <= Delta",
...     "measure": "min_over(k, 0, N - 1, norm(grad(x[k]))**2)", "bound": "2*L*Delta/N"})
>>> print(verdict.status, "for", verdict.scope)
proved for all parameters

Names are imported when they are first used, so that ``import theoryck`` loads no solver.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# The one eager import: the function `check` must be bound here *after* the package of that name,
# or importing `theoryck.check.run` later would put the package in its place.
from theoryck.check import check

if TYPE_CHECKING:
    from theoryck.algebra import cases, dot, norm, sqrt
    from theoryck.assumptions import ASSUMPTIONS, Assumption, Quantity
    from theoryck.assumptions.base import Slack
    from theoryck.certificates import verify
    from theoryck.claims.claim import Claim
    from theoryck.claims.reading import ClaimFile, InvalidClaim, read_claim, read_file
    from theoryck.derive.derivations import derivation_of
    from theoryck.derive.design import compare_bounds, iterations_to, optimal_step
    from theoryck.errors import ClaimError, TheoryckError
    from theoryck.methods import METHODS, Method, method
    from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status, Verdict

__version__ = "0.1.0"

_HOMES = {
    "ASSUMPTIONS": "theoryck.assumptions",
    "Assumption": "theoryck.assumptions",
    "Claim": "theoryck.claims.claim",
    "ClaimError": "theoryck.errors",
    "ClaimFile": "theoryck.claims.reading",
    "EngineReport": "theoryck.verdict",
    "Finding": "theoryck.verdict",
    "Instance": "theoryck.verdict",
    "InvalidClaim": "theoryck.claims.reading",
    "METHODS": "theoryck.methods",
    "Method": "theoryck.methods",
    "Quantity": "theoryck.assumptions",
    "Scope": "theoryck.verdict",
    "Slack": "theoryck.assumptions.base",
    "Status": "theoryck.verdict",
    "TheoryckError": "theoryck.errors",
    "Verdict": "theoryck.verdict",
    "cases": "theoryck.algebra",
    "compare_bounds": "theoryck.derive.design",
    "derivation_of": "theoryck.derive.derivations",
    "dot": "theoryck.algebra",
    "iterations_to": "theoryck.derive.design",
    "method": "theoryck.methods",
    "norm": "theoryck.algebra",
    "optimal_step": "theoryck.derive.design",
    "read_claim": "theoryck.claims.reading",
    "read_file": "theoryck.claims.reading",
    "sqrt": "theoryck.algebra",
    "verify": "theoryck.certificates",
}

__all__ = [
    "ASSUMPTIONS",
    "METHODS",
    "Assumption",
    "Claim",
    "ClaimError",
    "ClaimFile",
    "EngineReport",
    "Finding",
    "Instance",
    "InvalidClaim",
    "Method",
    "Quantity",
    "Scope",
    "Slack",
    "Status",
    "TheoryckError",
    "Verdict",
    "__version__",
    "cases",
    "check",
    "compare_bounds",
    "derivation_of",
    "dot",
    "iterations_to",
    "method",
    "norm",
    "optimal_step",
    "read_claim",
    "read_file",
    "sqrt",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'theoryck' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
