"""Numbers that violate a bound with room to spare, to be rounded to a witness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from theoryck.pep.assemble import Assembled, Columns, Layout, side_by_side
from theoryck.pep.interior import Optimum, Program
from theoryck.pep.lowrank import LowRank, identity, negated
from theoryck.pep.program import Failure
from theoryck.pep.solve import solved

VIOLATION_CAP = 100.0  # of the scaled measure over the bound: beyond, larger is not better
MARGIN_CAP = 1.0  # the margin is a homogeneous quantity in claims without a constant
TRACE_CAP = 100.0  # of the scaled Gram matrix of a witness
KEPT = 0.1  # of the widest margin, while the violation is enlarged and the rank lowered
REWEIGHTINGS = 2
SMALL = 1e-2  # δ: eigenvalues below this share of the largest weigh alike
ROUNDS = 40
MOST = 2  # inequalities added in a round, in multiples of the number of points


@dataclass(frozen=True)
class Attack:
    """Gram matrix and values of f that violate the bound, all inequalities met with room."""

    gram: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class _Rows:
    """Conditions ⟨A_k, G⟩ + a_k·f + c_k + m_k·margin ≥ 0, or = 0 where not ``signed``."""

    forms: Columns
    margin: np.ndarray
    signed: np.ndarray


def attack(layout: Layout, deadline: float, solver: str | None = None) -> Attack | Failure:
    """Numbers of low rank that violate the bound and meet every inequality with room to spare.

    First the widest margin is found, then, with a tenth of it kept, the largest violation, then
    the Gram matrix of least trace that has most of that, then of least log-determinant, step by
    step (Fazel, Hindi and Boyd 2003): both stand in for the rank. Inequalities over pairs join
    when the numbers leave them less than half of the room wanted.
    """
    chosen: Sequence[np.ndarray] = layout.near()

    def numbers(
        rows: Callable[[Assembled], _Rows],
        weight: np.ndarray | None,
        width: Callable[[Optimum], float],
    ) -> Optimum | Failure:
        nonlocal chosen
        for _ in range(ROUNDS):
            assembled = layout.assembled(chosen)
            found = solved(_program(rows(assembled), weight), deadline, solver)
            if isinstance(found, Failure):
                return found
            more = _with_narrow(layout, assembled, chosen, found, width(found))
            if sum(map(len, more)) == sum(map(len, chosen)):
                return found
            chosen = more
        return Failure(f"conditions were still violated after {ROUNDS} rounds of adding them")

    widest = numbers(_widest, None, _margin)
    if isinstance(widest, Failure):
        return widest
    room = _margin(widest)
    if room <= 0:
        return Failure("no numbers violate the bound and meet the interpolation conditions")
    kept = KEPT * room
    largest = numbers(lambda a: _largest(a, kept), None, lambda _: kept)
    if isinstance(largest, Failure) or _margin(largest) <= 0:
        return _read(layout, widest)
    most = 0.9 * _margin(largest)
    best, weight = largest, np.eye(layout.basis.size)
    for _ in range(1 + REWEIGHTINGS):
        thin = numbers(lambda a: _violating(a, kept, most), weight, lambda _: kept)
        if isinstance(thin, Failure):
            break
        best, weight = thin, _reweighted(thin.gram)
    return _read(layout, best)


def _reweighted(gram: np.ndarray) -> np.ndarray:
    """The gradient of log det(G + δI), which weighs small eigenvalues most."""
    size = max(float(np.linalg.eigvalsh(gram)[-1]), 1e-12) if gram.size else 1.0
    weight = np.linalg.inv(gram / size + SMALL * np.eye(len(gram)))
    return weight * (len(gram) / np.trace(weight)) if gram.size else weight


def _margin(found: Optimum) -> float:
    return float(-found.free[-1])


def _read(layout: Layout, found: Optimum) -> Attack:
    return Attack(found.gram, -found.free[: len(layout.basis.scalars)])


def _widest(problem: Assembled) -> _Rows:
    signed = np.where(problem.equality, 0.0, -1.0)
    return _rows(problem, problem.slacks, signed, -1.0, 0.0, MARGIN_CAP)


def _largest(problem: Assembled, kept: float) -> _Rows:
    return _rows(
        problem, _raised(problem, kept), np.zeros(len(problem.names)), -1.0, 0.0, VIOLATION_CAP
    )


def _violating(problem: Assembled, kept: float, most: float) -> _Rows:
    return _rows(
        problem, _raised(problem, kept), np.zeros(len(problem.names)), 0.0, most, MARGIN_CAP
    )


def _raised(problem: Assembled, kept: float) -> Columns:
    """The inequalities with some of their room taken away."""
    slacks = problem.slacks
    return Columns(
        slacks.matrices, slacks.linear, slacks.constant - np.where(problem.equality, 0.0, kept)
    )


def _rows(
    problem: Assembled,
    slacks: Columns,
    margins: np.ndarray,
    goal_margin: float,
    excess: float,
    cap: float,
) -> _Rows:
    """The inequalities, measure − bound − excess for every alternative, and the two caps."""
    n, s = problem.basis.size, len(problem.basis.scalars)
    goals = problem.alternatives.constant.size
    bound = problem.bound
    tops = problem.alternatives.matrices
    both = [
        part for k in range(goals) for part in (tops.take(np.array([k])), negated(bound.matrices))
    ]
    starts = np.cumsum(
        [0] + [a.signs.size + b.signs.size for a, b in zip(both[::2], both[1::2], strict=True)]
    )
    over = Columns(
        LowRank(
            np.concatenate([part.vectors for part in both]),
            np.concatenate([part.signs for part in both]),
            starts[:-1],
        ),
        sp.csc_array(problem.alternatives.linear.toarray() - bound.linear.toarray()),
        problem.alternatives.constant - bound.constant - excess,
    )
    caps = [
        Columns(negated(identity(n)), sp.csc_array((s, 1)), np.array([TRACE_CAP])),
        Columns(
            LowRank(np.zeros((1, n)), np.ones(1), np.zeros(1, dtype=int)),
            sp.csc_array((s, 1)),
            np.array([cap]),
        ),
    ]
    return _Rows(
        side_by_side([slacks, over, *caps]),
        np.concatenate([margins, np.full(goals, goal_margin), [0.0, -1.0]]),
        np.concatenate([~problem.equality, np.ones(goals + 2, dtype=bool)]),
    )


def _program(rows: _Rows, weight: np.ndarray | None) -> Program:
    """The dual of: minimise ⟨weight, G⟩ or, without a weight, maximise the margin; G is its
    ``gram``, and f and the margin are −``free``."""
    n, m = rows.forms.matrices.vectors.shape[1], rows.forms.constant.size
    signed = np.flatnonzero(rows.signed)
    return Program(
        cost=rows.forms.constant,
        matrices=negated(rows.forms.matrices),
        constant=np.zeros((n, n)) if weight is None else weight,
        inequalities=sp.csr_array(
            (np.ones(signed.size), (np.arange(signed.size), signed)), (signed.size, m)
        ),
        offset=np.zeros(signed.size),
        equalities=np.vstack([rows.forms.linear.toarray(), rows.margin]),
        right=np.append(np.zeros(rows.forms.linear.shape[0]), -1.0 if weight is None else 0.0),
    )


def _with_narrow(
    layout: Layout,
    assembled: Assembled,
    chosen: Sequence[np.ndarray],
    found: Optimum,
    width: float,
) -> list[np.ndarray]:
    """The chosen pairs with those, narrowest first, that have less than half of the width."""
    more = []
    scale = assembled.row_scale[len(layout.names) :]
    for family, pairs in zip(layout.families, chosen, strict=True):
        own, scale = scale[: len(pairs)], scale[len(pairs) :]
        readings, _ = family.readings(found.gram, -found.free[:-1], 1.0)
        room = -np.abs(readings) + width if family.equality else readings
        room = room * (float(np.median(own)) if own.size else 1.0)
        room[pairs[:, 0], pairs[:, 1]] = np.inf
        np.fill_diagonal(room, np.inf)
        order = np.argsort(room, axis=None)[: MOST * family.size]
        narrow = order[room.ravel()[order] < width / 2]
        new = np.stack(np.unravel_index(narrow, room.shape), axis=1)
        more.append(np.concatenate([pairs, new]))
    return more
