"""How large everything in a link may become: units in which a chain's program is well scaled.

Measured on quadratics: on (λ/2)‖x − x*‖² every vector of a link is linear in the state and the
noise, so that second moments are carried exactly from step to step. The largest over a grid of
curvatures λ serves as the unit. Units change no answer, only how accurately it is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from theoryck.algebra import Leaf, Point
from theoryck.assumptions.conditions import curvature, of_the_mean
from theoryck.certificates.documents import as_float
from theoryck.certificates.links import Chain, Local, Seen

GRID = 24  # curvatures looked at
HUGE = 1e60  # a diverging run is cut off here

Sizes = Mapping[Leaf, float]


def sizes(chain: Chain) -> Iterator[Sizes]:
    """The sizes of the leaves of the start, of every link and of the end."""
    grid = _curvatures(chain)
    start = _Linear.of(chain.start, chain.start.seen, grid)
    moments = _radius(chain, start)[:, None, None] ** 2
    yield start.sizes(moments)
    moments = start.carried(moments)
    linear = start
    for k in range(chain.length):
        link = chain.link(k)
        if linear.local is not link:
            linear = _Linear.of(link, link.after, grid)
        moments = linear.with_noise(moments)
        yield linear.sizes(moments)
        moments = linear.carried(moments)
    yield _Linear.of(chain.end, chain.end.seen, grid).sizes(moments)


def _curvatures(chain: Chain) -> np.ndarray:
    """Curvatures of the class, evenly on a logarithmic scale down to where N steps see nothing."""
    bounds = curvature(of_the_mean(chain.assumed), chain.numbers)
    lower = 0.0 if bounds.lower is None else as_float(bounds.lower)
    if bounds.upper is not None:
        upper = as_float(bounds.upper)
    else:  # what a step makes of a gradient tells which curvatures matter
        upper = 1 / max((abs(c) for c in _steps(chain)), default=1.0)
    if not 0 < upper < HUGE:
        upper = 1.0
    lowest = min(max(lower, upper / (20 * chain.length + 20)), upper)
    return np.geomspace(lowest, upper, GRID)


def _steps(chain: Chain) -> Iterator[float]:
    link = chain.link(0)
    own = {leaf for e in link.trace.evaluations for leaf in e.gradient.coefficients}
    for point in link.after.vectors.values():
        for leaf, coefficient in point.coefficients.items():
            if leaf in own and as_float(coefficient) != 0:
                yield as_float(coefficient)


def _radius(chain: Chain, start: _Linear) -> np.ndarray:
    """How far from x* the start may be on each quadratic; 1 where nothing bounds it."""
    radius = np.full(start.grid.size, HUGE)
    square = start.squares(np.ones((start.grid.size, 1, 1)))
    for hypothesis in chain.start.hypotheses:
        form = hypothesis.form
        used = np.zeros(start.grid.size)
        for (u, v), coefficient in form.quadratic.items():
            if u is v and u in square:
                used -= as_float(coefficient) * square[u]
        for leaf, coefficient in form.linear.items():
            if leaf in square:
                used -= as_float(coefficient) * square[leaf]
        constant = as_float(form.constant)
        if constant > 0:
            room = np.sqrt(constant / np.where(used > 0, used, constant / HUGE**2))
            radius = np.minimum(radius, room)
    return np.where(radius < HUGE, radius, 1.0)


@dataclass(frozen=True)
class _Linear:
    """The vectors of a trace as combinations of ``basis``, the state and the noise, on each
    quadratic: ``rows[leaf]`` has shape (GRID, len(basis)); ``seen`` is the state that follows."""

    local: Local
    seen: Seen
    grid: np.ndarray
    basis: tuple[Leaf, ...]
    rows: Mapping[Leaf, np.ndarray]

    @staticmethod
    def of(local: Local, seen: Seen, grid: np.ndarray) -> _Linear:
        trace = local.trace
        states = [leaf for leaf in trace.vectors if leaf.name.startswith("state")]
        states = states or [leaf for leaf in trace.vectors if leaf.name == "d"]
        noise = [leaf for sample in trace.samples for leaf in sample.deviation.coefficients]
        basis = (*states, *noise)
        rows = {
            leaf: np.tile(row, (grid.size, 1))
            for leaf, row in zip(basis, np.eye(len(basis)), strict=True)
        }
        linear = _Linear(local, seen, grid, basis, rows)
        for evaluation in trace.evaluations:
            for own in evaluation.gradient.coefficients:
                if own not in rows:
                    # g = λ(x − x*), where a proximal point x contains its own g
                    inside = as_float(evaluation.point.coefficients.get(own, 0))
                    slope = grid / np.maximum(1 - grid * inside, 1e-12)
                    rows[own] = slope[:, None] * linear.row(evaluation.point)
        return linear

    def row(self, point: Point) -> np.ndarray:
        """A vector in the basis; leaves that are not linear on quadratics are left out."""
        total = np.zeros((self.grid.size, len(self.basis)))
        for leaf, coefficient in point.coefficients.items():
            if leaf in self.rows:
                total = total + as_float(coefficient) * self.rows[leaf]
        return total

    def squares(self, moments: np.ndarray) -> dict[Leaf, np.ndarray]:
        """E‖·‖² of the vectors and E[f − f*] of the values, on each quadratic."""
        found = {leaf: _square(row, moments) for leaf, row in self.rows.items()}
        for evaluation in self.local.trace.evaluations:
            for leaf in evaluation.value.linear:
                found.setdefault(leaf, self.grid / 2 * _square(self.row(evaluation.point), moments))
        return found

    def sizes(self, moments: np.ndarray) -> Sizes:
        """The unit of every leaf: the root of the largest square, the largest value."""
        vectors, values = self._stacks
        largest = ((vectors @ moments) * vectors).sum(axis=2).max(axis=0)
        heights = (((values @ moments) * values).sum(axis=2).T * self.grid / 2).max(axis=1)
        return dict(zip(self.rows, np.sqrt(np.maximum(largest, 0)), strict=True)) | {
            leaf: height
            for e, height in zip(self.local.trace.evaluations, heights, strict=True)
            for leaf in e.value.linear
        }

    @cached_property
    def _stacks(self) -> tuple[np.ndarray, np.ndarray]:
        points = [self.row(e.point) for e in self.local.trace.evaluations]
        return np.stack(list(self.rows.values()), axis=1), np.stack(points, axis=1)

    def with_noise(self, moments: np.ndarray) -> np.ndarray:
        """The second moments of the basis, from those of the state."""
        known, width = moments.shape[1], len(self.basis)
        if known == width:
            return moments
        full = np.zeros((self.grid.size, width, width))
        full[:, :known, :known] = moments
        for place, sample in enumerate(self.local.trace.samples, start=known):
            gradient = self.row(sample.evaluation.gradient)
            size = _square(gradient, full)
            (own,) = sample.deviation.coefficients
            for slack in self.local.singles.values():
                form = slack.form()
                weight = as_float(form.quadratic.get((own, own), 0))
                if weight < 0 and as_float(form.constant) > 0:
                    size = np.full(self.grid.size, as_float(form.constant) / -weight)
            full[:, place, place] = size
        return full

    def carried(self, moments: np.ndarray) -> np.ndarray:
        """The second moments of the next state."""
        return np.clip(self._next @ moments @ self._next.transpose(0, 2, 1), -HUGE, HUGE)

    @cached_property
    def _next(self) -> np.ndarray:
        entries = [point for name, point in self.seen.vectors.items() if name != "g"]
        return np.stack([self.row(point) for point in entries], axis=1)


def _square(row: np.ndarray, moments: np.ndarray) -> np.ndarray:
    return np.einsum("li,lij,lj->l", row, moments, row)
