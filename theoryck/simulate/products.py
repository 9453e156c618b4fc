"""Products of a batch of points with a matrix, the same for a run whatever it is batched with."""

from __future__ import annotations

from typing import Any

from array_api_compat import device

TILE = 16  # rows that go together: enough for the speed of a matrix product, few to fill up


def by_rows(xp: Any, x: Any, matrix: Any) -> Any:
    """x·matrix for x of shape (runs, d), in tiles of always as many rows.

    A library multiplies matrices of different shapes in different orders, so that x[:5]·matrix
    and (x·matrix)[:5] differ in the last digits. Here a row's product depends on the row alone.

    >>> import numpy as np
    >>> x, matrix = np.random.default_rng(0).standard_normal((2, 30, 30))
    >>> bool((by_rows(np, x, matrix)[7] == by_rows(np, x[7:8], matrix)[0]).all())
    True
    """
    runs, short = x.shape[0], -x.shape[0] % TILE
    if short:
        x = xp.concat([x, xp.zeros((short, x.shape[1]), dtype=x.dtype, device=device(x))])
    tiles = xp.reshape(x, (-1, TILE, x.shape[1])) @ matrix
    return xp.reshape(tiles, (runs + short, matrix.shape[1]))[:runs, :]
