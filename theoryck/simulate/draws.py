"""The laws that random numbers are drawn from: many steps ahead, a generator for each run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

FEW = 16  # b distinct of n are drawn one by one while b² ≤ FEW·n, and else by a permutation


@dataclass(frozen=True)
class Law:
    """How a generator fills an array of shape (length, *shape), step after step.

    The numbers do not depend on where they are cut: drawing three steps and then two is drawing
    five. ``finish`` is applied to those of all runs at once, of shape (runs, length, *shape).
    """

    fill: Callable[[np.random.Generator, Any, float], None]
    finish: Callable[[Any, float], Any] = lambda block, parameter: block
    dtype: type = np.float64


def _fill_normal(generator: np.random.Generator, out: Any, parameter: float) -> None:
    generator.standard_normal(out=out)


def _fill_uniform(generator: np.random.Generator, out: Any, parameter: float) -> None:
    generator.random(out=out)


def _fill_exponential(generator: np.random.Generator, out: Any, parameter: float) -> None:
    generator.standard_exponential(out=out)


def _fill_gamma(generator: np.random.Generator, out: Any, parameter: float) -> None:
    generator.standard_gamma(parameter, out=out)


def _fill_integers(generator: np.random.Generator, out: Any, parameter: float) -> None:
    out[...] = generator.integers(0, int(parameter), size=out.shape)


def _fill_permutation(generator: np.random.Generator, out: Any, parameter: float) -> None:
    out[...] = np.arange(out.shape[1])
    generator.permuted(out, axis=1, out=out)


def _fill_subset(generator: np.random.Generator, out: Any, parameter: float) -> None:
    n, b = int(parameter), out.shape[1]
    if b * b <= FEW * n:
        out[...] = generator.integers(0, np.arange(n - b + 1, n + 1), size=out.shape)
    else:
        whole = np.tile(np.arange(n), (len(out), 1))
        out[...] = generator.permuted(whole, axis=1)[:, :b]


def _distinct(block: Any, parameter: float) -> Any:
    """Floyd's algorithm (Bentley and Floyd 1987): a number that came before makes way for the
    largest that could have been drawn in its turn, so all subsets are equally likely."""
    n, b = int(parameter), block.shape[2]
    if b * b <= FEW * n:
        for j in range(1, b):
            drawn = block[..., j]
            before = np.any(block[..., :j] == drawn[..., np.newaxis], axis=-1)
            block[..., j] = np.where(before, n - b + j, drawn)
    return block


LAWS: Mapping[str, Law] = {
    "normal": Law(_fill_normal),
    "uniform": Law(_fill_uniform),
    "exponential": Law(_fill_exponential),
    "gamma": Law(_fill_gamma),
    "integers": Law(_fill_integers, dtype=np.int64),
    "permutation": Law(_fill_permutation, dtype=np.int64),
    "subset": Law(_fill_subset, _distinct, dtype=np.int64),
}
