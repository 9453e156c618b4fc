"""Long horizons: a bound proved by a chain of potentials, one small inequality a step.

The joint program of all links (:mod:`theoryck.pep.chain_program`) grows linearly with the horizon,
where one Gram problem grows with its third power or worse. A chain's optimum is an upper bound on
the worst case; it need not be the worst case itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theoryck.algebra import NumberSystem
from theoryck.certificates.chains import (
    SEPARATOR,
    ChainCertificate,
    LinkProof,
    chain_document,
    check_chain,
)
from theoryck.certificates.checker import CertificateError
from theoryck.certificates.documents import as_float
from theoryck.certificates.links import Chain, links
from theoryck.claims.arithmetic import Balls, Rationals
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expr
from theoryck.claims.spelling import spell_instance
from theoryck.errors import InexactError, TheoryckError, UndecidedError
from theoryck.pep.certify import rounded, simplex_weights
from theoryck.pep.chain_blocks import blocks
from theoryck.pep.chain_program import (
    Program,
    Solution,
    Step,
    interior,
    program,
    readjusted,
    smallest_ratio,
    steps,
)
from theoryck.pep.chain_sizes import sizes
from theoryck.pep.chain_support import Name
from theoryck.pep.program import Failure

BITS = (24, 53)  # of the rounded potentials and multipliers, fewest first
TOLERANCE = 1e-6  # relative, on a ratio in floating point: no proof is looked for beyond


@dataclass(frozen=True)
class ChainAnswer:
    """What a chain of potentials gives at an instance.

    ``ratio`` is the least multiple of the bound (squared with the measure, if that is a norm) that
    potentials prove, in floating point, and ``claimed`` the bound itself, 1 where it is a multiple
    of the start's own quantities. ``certificate`` is the document of an exact proof of the bound,
    already checked; without one, ``reason`` says why.
    """

    ratio: float
    accurate: bool
    claimed: float
    power: int
    certificate: Mapping[str, Any] | None
    reason: str


def examine_chain(
    claim: RateClaim, at: Mapping[str, Expr], deadline: float
) -> ChainAnswer | Failure:
    """Look for a chain of potentials that proves the claim at an instance.

    Args:
        claim: a rate whose measure is one quantity an iterate, or a sum, mean or minimum of them.
        at: the values of its parameters.
        deadline: of ``time.monotonic``.
    """
    reason = "no number system holds its values"
    systems: tuple[NumberSystem, ...] = (Rationals(), Balls())
    for numbers in systems:
        try:
            with numbers.scope() if isinstance(numbers, Balls) else nullcontext():
                return _examine(links(claim, at, numbers), spell_instance(at), deadline)
        except InexactError as error:
            reason = str(error)
        except TheoryckError as error:
            return Failure(str(error))
    return Failure(reason)


def _examine(chain: Chain, at: Mapping[str, str], deadline: float) -> ChainAnswer | Failure:
    """With potentials that see the gradient, and where these have no room to round, without."""
    _ = chain.length  # a horizon beyond the limits is refused before anything is traced
    best: ChainAnswer | Failure = Failure("the time budget is spent")
    for without in (frozenset[str](), frozenset({"g"})):
        answer = _looking(chain, without, at, deadline)
        if isinstance(answer, ChainAnswer):
            if answer.certificate is not None:
                return answer
            if not isinstance(best, ChainAnswer) or answer.ratio < best.ratio:
                best = answer
        elif not isinstance(best, ChainAnswer):
            best = answer
        if time.monotonic() > deadline:
            break
    return best


def _looking(
    chain: Chain, without: frozenset[str], at: Mapping[str, str], deadline: float
) -> ChainAnswer | Failure:
    stages = zip(blocks(chain, without), sizes(chain), strict=True)
    problem = program(stages, chain.measured.kind == "min")
    if problem is None:
        return Failure("the bound is not positive")
    found = smallest_ratio(problem, deadline)
    if isinstance(found, str):
        return Failure(found)
    ratio = float(found.unknowns[0])
    certificate, reason = None, "potentials do not prove so small a bound"
    if ratio <= 1 + TOLERANCE:
        searched = _certificate(chain, problem, deadline)
        if isinstance(searched, ChainCertificate):
            arithmetic = chain.numbers.name
            certificate = chain_document(chain.claim, at, arithmetic, searched)
            reason = f"an exact chain of potentials in {arithmetic} was checked"
        else:
            reason = searched
    bound, power = chain.start.bound, 2 if chain.squared else 1
    claimed = as_float(bound.constant) ** (1 / power) if bound.is_constant() else 1.0
    return ChainAnswer(ratio, found.accurate, claimed, power, certificate, reason)


def _certificate(chain: Chain, problem: Program, deadline: float) -> ChainCertificate | str:
    """Potentials and multipliers with room on all sides, rounded and checked exactly; where the
    joint solution is not accurate enough, the multipliers of each link for its own potentials."""
    solution = interior(problem, deadline)
    if isinstance(solution, str):
        return solution
    reason = ""
    for bits in BITS:
        found = _checked(chain, _rounded(problem, solution, bits))
        if isinstance(found, ChainCertificate):
            return found
        reason = found
    better = readjusted(problem, solution, deadline)
    if isinstance(better, str):
        return better
    found = _checked(chain, _rounded(problem, better, BITS[-1]))
    return found if isinstance(found, ChainCertificate) else f"rounded, {reason}"


def _checked(chain: Chain, certificate: ChainCertificate) -> ChainCertificate | str:
    try:
        check_chain(chain, certificate)
    except (CertificateError, UndecidedError) as error:
        return str(error)
    return certificate


def _rounded(problem: Program, solution: Solution, bits: int) -> ChainCertificate:
    every = list(steps(problem, solution))
    weighed = [step for step in every if step.block.paid.any()]
    weights: list[Fraction] = []
    if problem.minimum:
        weights = simplex_weights(np.array([step.weight for step in weighed]), bits)
    return ChainCertificate(
        potentials=tuple(_potential(step, bits) for step in every[1:]),
        proofs=tuple(_proof(step, bits) for step in every),
        weights=tuple(str(weight) for weight in weights),
    )


def _potential(step: Step, bits: int) -> dict[str, str]:
    named = zip(step.block.before_names, step.potential, strict=True)
    return {_text(name): str(rounded(float(value), bits)) for name, value in named if value != 0}


def _text(name: Name) -> str:
    return name if isinstance(name, str) else SEPARATOR.join(name)


def _proof(step: Step, bits: int) -> LinkProof:
    block = step.block
    multipliers = {
        name: str(rounded(float(value), bits))
        for name, value, equality in zip(block.names, step.multipliers, block.equality, strict=True)
        if value > 0 or equality
    }
    return LinkProof(multipliers, tuple(block.names[index] for index in block.completing))


__all__ = ["ChainAnswer", "examine_chain"]
