"""Laws of Points and Forms: a vector space with an inner product, evaluated anywhere."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryck.algebra import Coordinates, Form, Point, Trace, cases, dot, norm, place, sqrt
from theoryck.algebra.language import hadamard, maximum, minimum
from theoryck.errors import TraceMixError, UntraceableError

numbers = st.fractions(min_value=-5, max_value=5, max_denominator=6)
triples = st.tuples(numbers, numbers, numbers)


def points(trace: Trace, rows: tuple) -> list[Point]:
    leaves = [trace.vector(name) for name in "uvw"]
    return [
        sum((leaf * c for leaf, c in zip(leaves, row, strict=True)), trace.zero()) for row in rows
    ]


@given(rows=st.tuples(triples, triples, triples), scale=numbers, data=st.data())
def test_dot_is_symmetric_bilinear_and_agrees_with_coordinates(
    rows: tuple, scale: Fraction, data: st.DataObject
) -> None:
    trace = Trace()
    x, y, z = points(trace, rows)
    values = {leaf: Coordinates(data.draw(triples)) for leaf in trace.vectors}
    zero = Coordinates((Fraction(0),) * 3)

    def at(form: Form) -> Fraction:
        return form.evaluate(values, dot)

    assert at(dot(x, y)) == at(dot(y, x))
    assert at(dot(x + scale * y, z)) == at(dot(x, z)) + scale * at(dot(y, z))
    assert at(dot(x, y)) == place(x, values, zero).dot(place(y, values, zero))
    assert at(norm(x - y) ** 2) == at(dot(x, x)) - 2 * at(dot(x, y)) + at(dot(y, y))
    assert x + y - y == x
    assert (x * scale) / 2 == x * (scale / 2)


@given(a=numbers, b=numbers)
def test_forms_are_a_vector_space(a: Fraction, b: Fraction) -> None:
    trace = Trace()
    x = trace.start
    form = a * norm(x) ** 2 + b * trace.value(x) + 3
    assert str(form - form) == "0"
    assert str(form * 2 - form - form) == "0"


def test_equal_points_share_their_gradient() -> None:
    trace = Trace()
    x = trace.start
    assert trace.grad(x + x - x) is trace.grad(x)
    assert trace.grad(x / 2) is not trace.grad(x)
    assert trace.grad(trace.x_star).coefficients == {}


def test_mixing_traces_is_an_error() -> None:
    left, right = Trace(), Trace()
    with pytest.raises(TraceMixError, match="two different traces"):
        left.start + right.start
    with pytest.raises(TraceMixError):
        dot(left.start, right.start)
    with pytest.raises(TraceMixError):
        left.value(left.start) - right.value(right.start)


@pytest.mark.parametrize(
    ("act", "remedy"),
    [
        (lambda x, f: x * x, r"use dot"),
        (lambda x, f: x / f.grad(x), r"norm\(y\)"),
        (lambda x, f: x if norm(x) < 1 else -x, r"use cases"),
        (lambda x, f: x if dot(x, x) else -x, r"use cases"),
        (lambda x, f: bool(x), r"cases"),
        (lambda x, f: abs(x), r"not dimension-free: derive and simulate can take it, pep cannot"),
        (lambda x, f: x**2, r"not dimension-free"),
        (lambda x, f: x[0], r"not dimension-free"),
        (lambda x, f: sqrt(x), r"not dimension-free"),
        (lambda x, f: hadamard(x, x), r"not dimension-free"),
        (lambda x, f: maximum(x, x), r"not dimension-free"),
        (lambda x, f: x / norm(f.grad(x)), r"cases"),
        (lambda x, f: minimum(1, 1 / norm(x)) * x, r"cases"),
        (lambda x, f: minimum(norm(x), 1) * x, r"cases"),
        (lambda x, f: f.value(x) * x, r"by its equation"),
        (lambda x, f: cases(norm(x), x, -x), r"cases"),
        (lambda x, f: norm(x) + norm(2 * x), r"square the norm"),
        (lambda x, f: f.value(x) * f.value(x), r"degree four"),
        (lambda x, f: 0.1 * x, r"divide at the vector"),
        (lambda x, f: True * x, r"truth value"),
        (lambda x, f: float("nan") * x, r"not a number"),
        (lambda x, f: f.noise(x, "sphere"), r"f\.noise"),
        (lambda x, f: f.grad(3), r"not a vector of this trace"),
    ],
)
def test_what_cannot_be_traced_says_so_with_the_remedy(act: object, remedy: str) -> None:
    trace = Trace()
    with pytest.raises(UntraceableError, match=remedy):
        act(trace.start, trace)


def test_exact_floats_are_taken_and_others_are_not() -> None:
    trace = Trace()
    assert 0.5 * trace.start == trace.start / 2
    with pytest.raises(UntraceableError, match="exact trace"):
        (1 / 3) * trace.start


def test_a_numpy_scalar_does_not_swallow_a_point() -> None:
    np = pytest.importorskip("numpy")
    trace = Trace()
    with pytest.raises((UntraceableError, TypeError)):
        np.float64(0.1) * trace.start
    with pytest.raises((UntraceableError, TypeError)):
        np.ones(3) * trace.start
