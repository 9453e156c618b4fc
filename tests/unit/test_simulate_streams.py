"""Streams: the same numbers in any batch, selection and after a restart, of the right laws."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import array_api_strict
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from theoryck.simulate.backend import numpy_backend, of_namespace
from theoryck.simulate.errors import SimulationError
from theoryck.simulate.streams import MOST, Streams

LEVEL = 1e-9  # of a test of a law: the seeds are fixed, so it passes always or never

ASKED: dict[str, Callable[[Streams], Any]] = {
    "normal": lambda s: s.normal("n", 3),
    "uniform": lambda s: s.uniform("u", 2, 2),
    "exponential": lambda s: s.exponential("e", 1),
    "gamma": lambda s: s.gamma("g", 1.5, 2),
    "integers": lambda s: s.integers("i", 7, 3),
    "permutation": lambda s: s.permutation("p", 5),
    "few of many": lambda s: s.subset("few", 40, 3),
    "most of few": lambda s: s.subset("most", 10, 9),
    "shuffled pass": lambda s: s.shuffled_pass("shuffled", 7, 3),
    "repeated pass": lambda s: s.repeated_pass("repeated", 7, 3),
    "cyclic pass": lambda s: s.cyclic_pass("cyclic", 7, 3),
}


def streams(runs: int, first: int = 0, seed: int = 5) -> Streams:
    return Streams(numpy_backend(), seed, runs, first)


def history(source: Streams, steps: int) -> list[list[Any]]:
    return [[ask(source) for ask in ASKED.values()] for _ in range(steps)]


def same(left: list[Any], right: list[Any], rows: Any = slice(None)) -> None:
    for a, b in zip(left, right, strict=True):
        np.testing.assert_array_equal(a, b[rows])


def test_a_run_has_the_same_numbers_in_any_batch() -> None:
    together = history(streams(4), 40)
    for i in range(4):
        for alone, all_of_them in zip(history(streams(1, i), 40), together, strict=True):
            same(alone, all_of_them, [i])


@example(0, {1, 3}, False)
@given(st.integers(0, 30), st.sets(st.integers(0, 3), min_size=1), st.booleans())
@settings(max_examples=20, deadline=None)
def test_a_restart_and_a_selection_change_nothing(cut: int, kept: set[int], mask: bool) -> None:
    whole = history(streams(4), cut + 12)
    source, rows = streams(4), sorted(kept)
    history(source, cut)
    source = streams(4).restore(source.state())
    source = source.select(np.isin(np.arange(4), rows) if mask else np.array(rows))
    saved = streams(1).restore(source.state())
    for going_on in (source, saved):
        for drawn, expected in zip(history(going_on, 12), whole[cut:], strict=True):
            same(drawn, expected, rows)


def test_a_state_is_saved_without_pickle(tmp_path: Any) -> None:
    source = streams(3)
    history(source, 5)
    np.savez(tmp_path / "state.npz", **source.state())
    with np.load(tmp_path / "state.npz", allow_pickle=False) as saved:
        again = streams(3).restore(saved)
    assert again.drawn
    same(history(again, 1)[0], history(source, 1)[0])


def test_the_strict_standard_sees_the_same_numbers() -> None:
    strict = Streams(of_namespace("strict", array_api_strict), 5, 3)
    for mine, theirs in zip(history(strict, 5), history(streams(3), 5), strict=True):
        for a, b in zip(mine, theirs, strict=True):
            assert array_api_strict.asarray(a).dtype == a.dtype
            np.testing.assert_array_equal(np.asarray(a), b)
    np.testing.assert_array_equal(
        np.asarray(strict.select(array_api_strict.asarray([2, 0])).normal("n", 3)),
        history(streams(3), 6)[5][0][[2, 0]],
    )


@pytest.mark.parametrize(
    ("ask", "law"),
    [
        (lambda s: s.normal("k", 50), "norm"),
        (lambda s: s.uniform("k", 50), "uniform"),
        (lambda s: s.exponential("k", 50), "expon"),
        (lambda s: s.gamma("k", 0.75, 50), ("gamma", (0.75,))),
    ],
)
def test_numbers_have_their_law(ask: Any, law: Any) -> None:
    source = streams(40)
    sample = np.concatenate([ask(source).ravel() for _ in range(5)])
    name, parameters = law if isinstance(law, tuple) else (law, ())
    assert kstest(sample, name, args=parameters).pvalue > LEVEL
    # no run repeats another, and no step an earlier one
    assert len(np.unique(sample)) == sample.size


def even(counts: Counter[Any], possible: int) -> None:
    assert len(counts) == possible
    assert chisquare(list(counts.values())).pvalue > LEVEL


def test_integers_permutations_and_subsets_are_equally_likely() -> None:
    source = streams(100)
    draws = [source.integers("i", 6, 2) for _ in range(60)]
    even(Counter(tuple(r) for d in draws for r in d.tolist()), 36)
    draws = [source.permutation("p", 4) for _ in range(60)]
    even(Counter(tuple(r) for d in draws for r in d.tolist()), 24)
    for n, size, number in ((6, 2, 15), (6, 5, 6), (40, 2, 780)):
        draws = [source.subset("s", n, size) for _ in range(200)]
        assert all(len(set(r)) == size for d in draws for r in d.tolist())
        even(Counter(frozenset(r) for d in draws for r in d.tolist()), number)


def test_a_pass_meets_every_component_once() -> None:
    source = streams(50)
    passes = [
        np.concatenate([source.shuffled_pass("k", 7, size) for size in (3, 3, 3)], axis=1)
        for _ in range(4)
    ]
    for order in passes:
        assert order.shape == (50, 7)
        assert (np.sort(order, axis=1) == np.arange(7)).all()
    assert not np.array_equal(passes[0], passes[1])
    assert not np.array_equal(passes[0][0], passes[0][1])
    again = [np.concatenate([source.repeated_pass("r", 7, 4) for _ in range(2)], 1) for _ in "ab"]
    np.testing.assert_array_equal(*again)
    assert len({tuple(row) for row in again[0].tolist()}) > 1


def test_cyclic_order_is_not_random() -> None:
    source = streams(2)
    drawn = [source.cyclic_pass("c", 5, 2).tolist()[1] for _ in range(4)]
    assert drawn == [[0, 1], [2, 3], [4], [0, 1]]
    assert not source.drawn


def test_blocks_are_bounded() -> None:
    source = streams(3000)
    for _ in range(20):
        source.normal("n", 100)
        assert all(a.block.size <= MOST for a in source._ahead.values())


def test_threads_draw_what_one_would(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = streams(9)
    expected = [(alone.normal("n", 100), alone.subset("s", 9, 4)) for _ in range(60)]
    monkeypatch.setattr("theoryck.simulate.streams.SHARE", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    shared = streams(9)
    for normals, subsets in expected:
        np.testing.assert_array_equal(shared.normal("n", 100), normals)
        np.testing.assert_array_equal(shared.subset("s", 9, 4), subsets)


def test_an_array_that_was_given_away_never_changes() -> None:
    source = streams(2)
    given_away = source.normal("n", 900)
    before = given_away.copy()
    for _ in range(30):
        source.normal("n", 900)
    np.testing.assert_array_equal(given_away, before)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: streams(0), "at least one run"),
        (lambda: streams(1.5), "at least one run"),
        (lambda: streams(1, -1), "first run"),
        (lambda: streams(1, seed=-1), "a seed must be a whole number >= 0, got -1"),
        (lambda: streams(1, seed=0.5), "a seed must be"),
        (lambda: streams(1, seed=True), "a seed must be"),
        (lambda: streams(1, seed=None), "a seed must be"),
        (lambda: streams(1).normal("n", 0), r"shape \(0,\)"),
        (lambda: streams(1).normal("n", -2), "positive whole numbers"),
        (lambda: streams(1).gamma("n", 0, 1), "order > 0"),
        (lambda: streams(1).gamma("n", float("nan"), 1), "order > 0"),
        (lambda: streams(1).integers("n", 0, 1), "number of components"),
        (lambda: streams(1).subset("n", 5, 6), "6 out of 5 components without replacement"),
        (lambda: streams(1).subset("n", 5, 0), "a batch must be"),
        (lambda: streams(1).shuffled_pass("n", 5, 0), "a batch must be"),
        (lambda: streams(1).cyclic_pass("n", 0, 1), "number of components"),
        (lambda: streams(3).select(np.zeros(3, dtype=bool)), "at least one run must be left"),
    ],
)
def test_what_means_nothing_is_refused_by_name(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        make()


def spoiled(name: str, value: Any) -> dict[str, Any]:
    source = streams(2)
    source.normal("n", 3)
    source.shuffled_pass("p", 5, 2)
    source.integers("i", 6, 2)
    source.integers("i", 6, 2)
    source.integers("i", 6, 2)
    return source.state() | {name: value}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("facts", np.array("no JSON")),
        ("facts", np.array(json.dumps({"drawn": True}))),
        ("facts", np.array(json.dumps({"drawn": True, "questions": [{}], "passes": {}}))),
        ("numbers", np.arange(3)),
        ("ahead 0", np.zeros((2, 1, 4))),
        ("generators 0", np.zeros((2, 5), dtype=np.uint64)),
        ("pass 0", np.zeros((3, 5), dtype=np.int64)),
        ("pass 0", np.array("text")),
        ("pass 0", np.zeros((2, 5), dtype=np.int64)),
        ("ahead 2", np.full((2, 1, 2), 6)),
    ],
)
def test_a_spoiled_state_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(SimulationError, match="no state of random streams"):
        streams(2).restore(spoiled(name, value))
