"""Experiments on landscapes: chains of saddles, (L0, L1)-smooth functions, disagreeing minima."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quality.experiments import small


def test_gradient_descent_waits_longer_at_every_saddle(tmp_path: Path) -> None:
    figures = small("saddles_perturbed", tmp_path).figures
    growth = figures["growth of gradient descent at L = 1"]
    # (L + γ)/γ = 2 at least, as the paper proves, and more precisely the ratio of the rates
    assert growth >= 2
    assert growth == pytest.approx(figures["predicted growth at L = 1"], rel=0.1)
    # with noise every saddle takes about as long
    assert figures["longest over shortest wait with noise at L = 1"] < 1.5
    assert figures["arrivals with noise at L = 1"] == 1
    late = figures["last time of gradient descent at L = 1"]
    assert late > 5 * figures["last time with noise at L = 1"]


def test_clipping_does_not_mind_large_gradients(tmp_path: Path) -> None:
    figures = small("clipping_l0_l1", tmp_path).figures
    for exponent in (2, 4, 6):
        name = f" at M = exp({exponent})"
        # the admissible step shrinks like (log M + 1)/(L1 M) …
        shrunk = figures[f"admissible step over 2(log M + 1)/(L1 M){name}"]
        assert 0.5 < shrunk <= 1
        # … so that gradient descent is as slow as Theorem 4 says
        assert figures[f"gradient descent on the slow one{name}"] >= figures[f"theorem 4{name}"]
        # while the clipped method keeps to Theorem 3, with one step for all M
        clipped = figures[f"clipped on the steep one{name}"]
        assert clipped <= figures[f"theorem 3 on the steep one{name}"]
    assert figures["clipped on the slow one"] <= figures["theorem 3 on the slow one"]
    slow = figures["gradient descent on the slow one at M = exp(6)"]
    assert slow > 2 * figures["clipped on the slow one"]


def test_small_batches_escape_from_minima_where_components_disagree(tmp_path: Path) -> None:
    figures = small("escape_by_batch", tmp_path).figures
    # the lecture's numbers
    assert figures["slope of the fourth"] == pytest.approx(-2.77, abs=0.005)
    assert figures["next iterate"] == pytest.approx(2.18, abs=0.006)
    for count, batches in (("4", (1, 2, 3, 4)), ("16", (1, 2, 4, 8, 16))):
        shares = [figures[f"escaped, {batch} of {count}"] for batch in batches]
        assert shares == sorted(shares, reverse=True)
        assert shares[0] > 0.99
        assert shares[-1] == 0  # gradient descent
        assert figures[f"gradient descent moved from the left, {count}"] == 0
        assert all(figures[f"moved from the right, {batch} of {count}"] == 0 for batch in batches)
        assert figures[f"ended at the right, {batches[0]} of {count}"] > 0.95
