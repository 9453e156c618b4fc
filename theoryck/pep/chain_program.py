"""All links of a chain in one sparse block-banded conic program, given to Clarabel directly.

The unknowns are the potentials, the multipliers, the weights of the measure and the ratio t; every
link contributes a cone of a few rows, and shares its two potentials with its neighbours. The time
of a solve grows linearly with the number of links.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import clarabel
import numpy as np
import scipy.sparse as sp

from theoryck.algebra import Leaf
from theoryck.pep.chain_blocks import Block
from theoryck.pep.chain_sizes import Sizes

SMALLEST = 1e-30  # units below are replaced: nothing can be measured in them
TIGHT, DEFAULT, FEASIBLE = 1e-10, 1e-8, 1e-12
FINENESS = (1e6, 1e3, 1.0)  # units of the conditions where their room is what matters
ZERO, SIGNED, SEMIDEFINITE = range(3)


@dataclass(frozen=True)
class Run:
    """Consecutive equal blocks with their own units.

    ``rows`` are the units of the rows, ``before`` those of the potential's coefficients and
    ``slacks`` those of the multipliers: an unknown times its unit is the number it stands for.
    The unknowns of the j-th block start at ``column + j*width``: potential, weight, multipliers.
    """

    block: Block
    count: int
    column: int
    width: int
    rows: np.ndarray
    before: np.ndarray
    slacks: np.ndarray


@dataclass(frozen=True)
class Step:
    """The numbers that a solution gives one block, in the claim's own units; the potential is the
    one before it."""

    block: Block
    potential: np.ndarray
    weight: float
    multipliers: np.ndarray


@dataclass(frozen=True)
class Program:
    """``matrix @ x + s = right`` with s in zero × non-negative × semidefinite cones; the first
    unknown is t."""

    runs: tuple[Run, ...]
    minimum: bool
    matrix: sp.csc_matrix
    right: np.ndarray
    zeros: int
    signed: int
    orders: tuple[int, ...]


@dataclass(frozen=True)
class Solution:
    """The unknowns, and whether the solver met its tolerance."""

    unknowns: np.ndarray
    accurate: bool


def program(stages: Iterable[tuple[Block, Sizes]], minimum: bool) -> Program | None:
    """The program of a chain's blocks in the given units; None where the bound is not positive.

    ``minimum`` says that the measure is a minimum, of which a proof may weigh the terms freely.
    """
    runs: list[Run] = []
    column = 1
    unit = 1.0
    for _, group in groupby(stages, key=lambda stage: id(stage[0])):
        alike = list(group)
        block = alike[0][0]
        if not runs:
            scale = block.rows.scale(*_units(alike))
            unit = float(block.ratio @ scale[0])
            if not 0 < unit < np.inf:
                return None
        runs.append(_run(alike, column, unit, minimum))
        column += runs[-1].count * runs[-1].width
    return _Entries(column).of(tuple(runs), minimum)


def steps(problem: Program, solution: Solution) -> Iterator[Step]:
    """A solution block by block."""
    x = solution.unknowns
    for run in problem.runs:
        weighed = problem.minimum and bool(run.block.paid.any())
        size, m = run.before.shape[1], run.slacks.shape[1]
        for j in range(run.count):
            at = run.column + j * run.width
            own = x[at : at + run.width]
            weight = float(own[size]) if weighed else 1.0
            yield Step(
                run.block,
                own[:size] * run.before[j],
                weight,
                own[-m:] * run.slacks[j] if m else own[:0],
            )


def smallest_ratio(problem: Program, deadline: float) -> Solution | str:
    """The least t for which the chain proves measure ≤ t·bound; a string says what failed."""
    goal = np.zeros(problem.matrix.shape[1])
    goal[0] = 1
    said = "not tried"
    for tolerance in (TIGHT, DEFAULT):
        found = _solve(problem, problem.matrix, goal, problem.right, tolerance, deadline)
        if isinstance(found, Solution):
            return found
        said = found
    return said


def interior(problem: Program, deadline: float) -> Solution | str:
    """Unknowns with t = 1 that meet every condition with room: without a goal, an interior-point
    method ends near the analytic centre of the conditions.

    How accurate it is there depends on how finely they are measured, so several are tried.
    """
    free = np.ones(problem.matrix.shape[1], dtype=bool)
    free[0] = False
    known = np.zeros(free.size)
    known[0] = 1
    return _feasible(problem, free, known, deadline)


def readjusted(problem: Program, solution: Solution, deadline: float) -> Solution | str:
    """The same potentials with other multipliers, each link for itself and so more accurately."""
    free = np.zeros(problem.matrix.shape[1], dtype=bool)
    for run in problem.runs:
        m = run.slacks.shape[1]
        starts = run.column + run.width * np.arange(1, run.count + 1) - m
        free[(starts[:, None] + np.arange(m)).ravel()] = True
    return _feasible(problem, free, solution.unknowns, deadline)


def _feasible(
    problem: Program, free: np.ndarray, known: np.ndarray, deadline: float
) -> Solution | str:
    """Values of the free unknowns beside the known ones that meet every condition with room."""
    right = problem.right - problem.matrix[:, ~free] @ known[~free]
    nothing = np.zeros(int(free.sum()))
    part = sp.csc_matrix(problem.matrix[:, free])
    best: tuple[float, Solution] | None = None
    said = "not tried"
    for fine in FINENESS:
        found = _solve(problem, part * fine, nothing, right * fine, FEASIBLE, deadline)
        if isinstance(found, str):
            said = found
            continue
        unknowns = known.copy()
        unknowns[free] = found.unknowns
        left = room(problem, unknowns)
        if best is None or left > best[0]:
            best = left, Solution(unknowns, found.accurate)
        if left > 0:
            break
    return said if best is None else best[1]


def room(problem: Program, unknowns: np.ndarray) -> float:
    """How far the conditions are from being violated; negative if one is, by more than the
    equations are."""
    slack = problem.right - problem.matrix @ unknowns
    error = float(np.abs(slack[: problem.zeros]).max(initial=0.0))
    start = problem.zeros + problem.signed
    least = float(slack[problem.zeros : start].min(initial=np.inf))
    for order, orders in groupby(problem.orders):
        count = len(list(orders))
        j, i = np.tril_indices(order)
        size = i.size
        entries = slack[start : start + count * size].reshape(count, size)
        start += count * size
        matrices = np.zeros((count, order, order))
        matrices[:, i, j] = matrices[:, j, i] = entries / np.where(i == j, 1.0, np.sqrt(2.0))
        least = min(least, float(np.linalg.eigvalsh(matrices)[:, 0].min()))
    return least - error


def _solve(
    problem: Program,
    matrix: sp.csc_matrix,
    goal: np.ndarray,
    right: np.ndarray,
    tolerance: float,
    deadline: float,
) -> Solution | str:
    left = deadline - time.monotonic()
    if left <= 0:
        return "the time budget is spent"
    cones = [clarabel.NonnegativeConeT(problem.signed)]
    if problem.zeros:
        cones.insert(0, clarabel.ZeroConeT(problem.zeros))
    cones += [clarabel.PSDTriangleConeT(order) for order in problem.orders]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.time_limit = left
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
    settings.iterative_refinement_reltol = settings.iterative_refinement_abstol = 1e-16
    settings.iterative_refinement_max_iter = 30
    size = matrix.shape[1]
    empty = sp.csc_matrix((size, size))
    found = clarabel.DefaultSolver(empty, goal, matrix, right, cones, settings).solve()
    status = str(found.status)
    if status in ("Solved", "AlmostSolved", "InsufficientProgress"):
        return Solution(np.array(found.x), status == "Solved")
    return f"the solver ended with status {status}"


def _units(alike: Sequence[tuple[Block, Sizes]]) -> tuple[np.ndarray, np.ndarray]:
    """Units of the vectors (K, n) and the values (K, s); where none is known or it vanishes, 1."""
    rows = alike[0][0].rows

    def table(leaves: Sequence[Leaf]) -> np.ndarray:
        found = np.array([[sizes.get(leaf, 1.0) for leaf in leaves] for _, sizes in alike])
        found = found.reshape(len(alike), len(leaves))
        return np.where((found > SMALLEST) & (found < 1 / SMALLEST), found, 1.0)

    return table(rows.vectors), table(rows.values)


def _run(alike: Sequence[tuple[Block, Sizes]], column: int, unit: float, minimum: bool) -> Run:
    block = alike[0][0]
    vectors, values = _units(alike)
    rows = block.rows.scale(vectors, values) / unit
    before = unit / block.rows.named(block.watched, vectors, values)
    reach = np.abs(block.slacks)[None] * rows[:, :, None]
    slacks = 1 / np.maximum(reach.max(axis=1, initial=0.0), SMALLEST)
    weighed = minimum and bool(block.paid.any())
    width = before.shape[1] + weighed + slacks.shape[1]
    return Run(block, len(alike), column, width, rows, before, slacks)


class _Entries:
    """Collects the entries of the program; rows are numbered within their kind until the end."""

    def __init__(self, unknowns: int) -> None:
        self.unknowns = unknowns
        self.found: list[tuple[int, np.ndarray, np.ndarray, np.ndarray]] = []
        self.right: list[tuple[int, np.ndarray, np.ndarray]] = []
        self.sizes = [0, 0, 0]  # rows of each kind: zero, signed, semidefinite
        self.orders: list[int] = []

    def of(self, runs: tuple[Run, ...], minimum: bool) -> Program:
        """The program of the runs."""
        weights: list[np.ndarray] = []
        for run, following in zip(runs, (*runs[1:], None), strict=True):
            weights.append(self._add(run, following, minimum))
        if minimum:
            columns = np.concatenate(weights)
            row = np.full(columns.size, self.sizes[ZERO])
            self.found.append((ZERO, row, columns, np.ones(columns.size)))
            self.right.append((ZERO, row[:1], np.ones(1)))
            self.sizes[ZERO] += 1
        first = (0, self.sizes[ZERO], self.sizes[ZERO] + self.sizes[SIGNED])
        shape = (sum(self.sizes), self.unknowns)
        right = np.zeros(shape[0])
        for kind, rows, values in self.right:
            right[first[kind] + rows] = values
        matrix = sp.csc_matrix(
            (
                np.concatenate([values for *_, values in self.found]),
                (
                    np.concatenate([first[kind] + rows for kind, rows, *_ in self.found]),
                    np.concatenate([columns for _, _, columns, _ in self.found]),
                ),
            ),
            shape=shape,
        )
        return Program(
            runs, minimum, matrix, right, self.sizes[ZERO], self.sizes[SIGNED], tuple(self.orders)
        )

    def _add(self, run: Run, following: Run | None, minimum: bool) -> np.ndarray:
        """The rows of a run; the columns of its weights are given back."""
        block, count = run.block, run.count
        at = run.column + run.width * np.arange(count)[:, None]
        size, m = run.before.shape[1], run.slacks.shape[1]
        weighed = minimum and bool(block.paid.any())
        parts = [(block.before, at + np.arange(size), run.before)]
        if block.after.shape[1]:
            rest = following.before[:1] if following is not None else run.before[:0]
            after = np.concatenate([run.before[1:], rest]) if count > 1 else rest
            columns = at + run.width + np.arange(block.after.shape[1])
            parts.append((-block.after, columns, after))
        one = np.ones((count, 1))
        if weighed:
            parts.append((-block.paid[:, None], at + size, one))
        if block.ratio.any():
            parts.append((block.ratio[:, None], np.zeros((count, 1), dtype=int), one))
        multipliers = at + size + weighed + np.arange(m)
        parts.append((-block.slacks, multipliers, run.slacks))
        kinds = self._kinds(block, count)
        for coefficients, columns, scale in parts:
            self._place(kinds, coefficients, columns, run.rows, scale)
        if not weighed:
            self._constants(kinds, -block.paid * run.rows)
        signed = multipliers[:, ~block.equality]
        if weighed:
            signed = np.concatenate([at + size, signed], axis=1)
        rows = self.sizes[SIGNED] + np.arange(signed.size)
        self.found.append((SIGNED, rows, signed.ravel(), -np.ones(signed.size)))
        self.sizes[SIGNED] += signed.size
        return (at + size).ravel() if weighed else np.zeros(0, dtype=int)

    def _kinds(self, block: Block, count: int) -> list[tuple[int, slice, np.ndarray]]:
        """The kind, the place in the block and the number (K, rows) of each part of its rows."""
        values, n = len(block.rows.values), len(block.rows.vectors)
        lengths = (values, 1, n * (n + 1) // 2)
        found, start = [], 0
        for kind, length in zip((ZERO, SIGNED, SEMIDEFINITE), lengths, strict=True):
            rows = self.sizes[kind] + np.arange(count * length).reshape(count, length)
            found.append((kind, slice(start, start + length), rows))
            self.sizes[kind] += count * length
            start += length
        self.orders += [n] * (count if n else 0)
        return found

    def _place(
        self,
        kinds: list[tuple[int, slice, np.ndarray]],
        coefficients: np.ndarray,
        columns: np.ndarray,
        row_units: np.ndarray,
        column_units: np.ndarray,
    ) -> None:
        for kind, part, rows in kinds:
            i, j = np.nonzero(coefficients[part])
            values = coefficients[part][i, j] * row_units[:, part][:, i] * column_units[:, j]
            self.found.append((kind, rows[:, i].ravel(), columns[:, j].ravel(), -values.ravel()))

    def _constants(self, kinds: list[tuple[int, slice, np.ndarray]], values: np.ndarray) -> None:
        for kind, part, rows in kinds:
            self.right.append((kind, rows.ravel(), values[:, part].ravel()))
