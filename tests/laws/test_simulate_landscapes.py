"""What is known of particular problems: their seams, their saddles, their printed pieces."""

from __future__ import annotations

import math
from fractions import Fraction as Q
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy.optimize import root

from theoryck.algebra import NumberSystem
from theoryck.assumptions import ASSUMPTIONS
from theoryck.claims.arithmetic import Rationals
from theoryck.methods import METHODS
from theoryck.simulate import simulate
from theoryck.simulate.backend import numpy_backend
from theoryck.simulate.engine.membership import Assumed, satisfies
from theoryck.simulate.metrics import Last
from theoryck.simulate.noise import Cyclic
from theoryck.simulate.problems.base import Functions, Problem
from theoryck.simulate.problems.disagreeing import DisagreeingQuadratics
from theoryck.simulate.problems.factorisation import (
    MatrixFactorisation,
    SymmetricFactorisation,
    random_low_rank,
)
from theoryck.simulate.problems.generalised_smooth import (
    EvenPower,
    QuadraticExponential,
    l0_l1_problems,
)
from theoryck.simulate.problems.minima import TwoMinima, lecture_minima
from theoryck.simulate.problems.online import RareSteepLoss
from theoryck.simulate.problems.quadratic import DiagonalQuadratic, RotatedQuadratic
from theoryck.simulate.problems.saddles import SaddleChain
from theoryck.simulate.problems.tensor import TensorComponent, TensorDecomposition, basis

CHAINS = [SaddleChain(4, Q(3), Q(1), Q(2)), SaddleChain(10), SaddleChain(3, Q(1), Q(5, 2), Q(1, 2))]


def running(problem: Problem) -> Functions:
    return problem.on(numpy_backend())


def least_curvature(problem: Problem, x: Any) -> float:
    hessian = running(problem).hessian
    assert hessian is not None
    return float(np.linalg.eigvalsh(hessian(np.reshape(x, (1, -1)))).min())


def printed_octopus(x: Any, rate: float, drop: float, tau: float) -> float:
    """f on the paper's region, by its equations of Section 4; x has no negative coordinate."""
    g1_at_2tau = -13 / 6 * (rate + drop) * tau**2
    nu = -g1_at_2tau + 4 * rate * tau**2

    def g1(t: float) -> float:
        u = t - tau
        return (
            -drop * t**2
            + (-14 * rate + 10 * drop) / (3 * tau) * u**3
            + (5 * rate - 3 * drop) / (2 * tau**2) * u**4
        )

    def g2(t: float) -> float:
        u, total = t - 2 * tau, rate + drop
        return (
            -drop
            - 10 * total / tau**3 * u**3
            - 15 * total / tau**4 * u**4
            - 6 * total / tau**5 * u**5
        )

    d = len(x)
    i = next((j for j in range(d) if x[j] < 2 * tau), d)
    value = sum(rate * (t - 4 * tau) ** 2 for t in x[:i]) - i * nu
    if i == d:
        return float(value)
    if x[i] <= tau:
        return float(value - drop * x[i] ** 2 + rate * sum(t * t for t in x[i + 1 :]))
    value += g1(x[i])
    if i + 1 < d:
        value += g2(x[i]) * x[i + 1] ** 2 + rate * sum(t * t for t in x[i + 2 :])
    return float(value)


@pytest.mark.parametrize("chain", CHAINS)
def test_the_chain_is_the_paper_s_on_its_region(chain: SaddleChain) -> None:
    rng, d = np.random.default_rng(0), chain.size
    constants = float(chain.stable), float(chain.unstable), float(chain.width)
    tau = constants[2]
    for place in range(d + 1):
        for _ in range(20):
            x = np.concatenate(
                [
                    rng.uniform(2 * tau, 6 * tau, place),
                    rng.uniform(0, 2 * tau, min(1, d - place)),
                    rng.uniform(0, tau, max(0, d - place - 1)),
                ]
            )
            mirrored = x * rng.choice([-1.0, 1.0], d)
            found = running(chain).value(mirrored[None])[0, 0]
            expected = printed_octopus(x, *constants)
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-10 * tau**2)


@pytest.mark.parametrize("chain", CHAINS)
def test_the_seams_of_the_chain_show_in_no_derivative(chain: SaddleChain) -> None:
    there, tau, rng = running(chain), float(chain.width), np.random.default_rng(1)
    assert there.hessian is not None
    for seam in (0.0, tau, 2 * tau, 6 * tau, 10 * tau):
        for place in range(min(chain.size, 3)):
            x = rng.uniform(-8 * tau, 8 * tau, (30, chain.size))
            below, above = x.copy(), x.copy()
            below[:, place], above[:, place] = seam - 1e-9 * tau, seam + 1e-9 * tau
            scale = float(chain.constants().upper or 0)
            for function in (there.value, there.gradient, there.hessian):
                np.testing.assert_allclose(
                    function(below), function(above), atol=1e-6 * scale * max(1.0, tau) ** 2
                )


@pytest.mark.parametrize("chain", CHAINS)
def test_stationary_points_of_the_chain_are_strict_saddles_or_minima(chain: SaddleChain) -> None:
    there, tau = running(chain), float(chain.width)
    for passed in range(chain.size + 1):
        x = np.array([4 * tau * (-1) ** j if j < passed else 0.0 for j in range(chain.size)])
        assert np.abs(there.gradient(x[None])).max() < 1e-12
        assert there.value(x[None])[0, 0] == pytest.approx(-passed * float(chain.depth()))
        expected = 2 * chain.stable if passed == chain.size else -2 * chain.unstable
        assert least_curvature(chain, x) == pytest.approx(float(expected))


def test_the_chain_has_no_other_minima() -> None:
    chain = SaddleChain(3, Q(3, 2), Q(1), Q(1))
    there, rng = running(chain), np.random.default_rng(3)
    assert there.hessian is not None
    saddles, minima = 0, 0
    for start in rng.uniform(-8, 8, (150, 3)):
        found = root(
            lambda x: there.gradient(x[None])[0],
            start,
            jac=lambda x: there.hessian(x[None])[0],
        )
        if np.abs(found.fun).max() > 1e-9:
            continue
        if there.value(found.x[None])[0, 0] < there.minimum() + 1e-6:
            minima += 1
        else:
            saddles += 1
            assert least_curvature(chain, found.x) <= -2 * float(chain.unstable) + 1e-6
    assert saddles > 20
    assert minima > 5


def test_factors_of_singular_triplets_are_stationary() -> None:
    problem = MatrixFactorisation(random_low_rank(5, 4, 4, seed=2), 2)  # σ = 4, 3, 2, 1
    there = running(problem)
    assert there.minimum() == pytest.approx((2**2 + 1) / 2)
    for chosen in [(), *((i,) for i in range(4)), *combinations(range(4), 2)]:
        x = problem.stationary(chosen)[None]
        assert np.abs(there.gradient(x)).max() < 1e-12
        left = sum(value**2 for i, value in enumerate((4, 3, 2, 1)) if i not in chosen)
        assert there.value(x)[0, 0] == pytest.approx(left / 2)
        least = least_curvature(problem, x)
        assert least > -1e-9 if set(chosen) == {0, 1} else least < -0.5
    assert least_curvature(problem, problem.stationary(())) == pytest.approx(-4)


def test_factors_of_eigenvectors_are_stationary() -> None:
    problem = SymmetricFactorisation(np.diag([1.0, 3.0, -2.0, 2.0]), 2)
    there = running(problem)
    assert there.minimum() == pytest.approx((1 + 4) / 4)
    for chosen in [(), *((i,) for i in range(3)), *combinations(range(3), 2)]:
        x = problem.stationary(chosen)[None]
        assert np.abs(there.gradient(x)).max() < 1e-12
        least = least_curvature(problem, x)
        assert least > -1e-9 if set(chosen) == {0, 1} else least < -0.5
    hopeless = SymmetricFactorisation(-np.eye(2), 1)
    assert running(hopeless).minimum() == pytest.approx(0.5)
    assert hopeless.constants().lower == 0


def test_stationary_points_of_a_tensor_component() -> None:
    problem = TensorComponent(5, seed=3)
    there = running(problem)
    for size in range(6):
        for chosen in combinations(range(5), size):
            x = problem.stationary(chosen)[None]
            assert np.abs(there.gradient(x)).max() < 1e-12
            least = least_curvature(problem, x)
            if size == 1:
                assert there.value(x)[0, 0] == pytest.approx(0, abs=1e-12)
                assert least > 0.9
            else:
                assert least == pytest.approx(-2 / (2 * size - 1) if size else -1)


def test_the_tensor_s_values_are_those_of_the_tensor() -> None:
    size, rng = 3, np.random.default_rng(5)
    vectors = basis(size, 7)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(size), atol=1e-14)
    tensor = np.einsum("ka,kb,kc,kd->abcd", *[vectors] * 4)
    u = rng.standard_normal((size, size))
    overlap = sum(
        np.einsum("abcd,a,b,c,d", tensor, u[i], u[i], u[j], u[j])
        for i in range(size)
        for j in range(size)
        if i != j
    )
    penalty = np.sum((np.sum(u**2, axis=1) - 1) ** 2) / 4
    both = running(TensorDecomposition(size, seed=7))
    assert both.value(u.reshape(1, -1))[0, 0] == pytest.approx(overlap + penalty)
    one = running(TensorComponent(size, seed=7))
    square = float(np.sum(u[0] ** 2))
    quartic = float(np.einsum("abcd,a,b,c,d", tensor, *[u[0]] * 4))
    expected = (square**2 - quartic) / 4 + (square - 1) ** 2 / 4
    assert one.value(u[:1])[0, 0] == pytest.approx(expected)
    for order in ([0, 1, 2], [2, 0, 1]):
        signed = vectors[order] * np.array([[1.0], [-1.0], [1.0]])
        assert both.value(signed.reshape(1, -1))[0, 0] == pytest.approx(0, abs=1e-14)


def test_rounding_an_eigenvalue_of_zero_leaves_no_growth() -> None:
    flat = RotatedQuadratic((Q(0), Q(1), Q(2)))
    assert flat.constants().growth is None
    assert flat.constants().lower == 0
    assert RotatedQuadratic((Q(1, 3), Q(2))).constants().growth == Q(1, 3)
    assert DiagonalQuadratic((Q(0), Q(1), Q(2))).constants().growth == 1


def test_three_quadratics_are_those_of_the_lecture() -> None:
    centres = [(Q(1), Q(0)), (Q(-1, 2), Q(1)), (Q(-1, 2), Q(-1))]
    problem = DisagreeingQuadratics.isotropic(centres)
    there = running(problem)
    assert there.components is not None
    x = np.array([[3.0, -2.0]])
    np.testing.assert_allclose(there.gradient(x), x)
    np.testing.assert_allclose(there.components(x, np.array([[1]])), x - [[-0.5, 1.0]])
    squares = [float(a**2 + b**2) for a, b in centres]
    assert there.value(x)[0, 0] == pytest.approx(13 / 2 + sum(squares) / 6)
    assert problem.spread() == Q(7, 6)
    np.testing.assert_allclose(there.x_star, 0, atol=1e-15)


def test_different_curvatures_have_no_bounded_spread() -> None:
    problem = DisagreeingQuadratics.diagonal([(Q(0),), (Q(1),)], [(Q(1),), (Q(2),)])
    assert problem.spread() is None
    there = running(problem)
    assert there.x_star[0] == pytest.approx(2 / 3)
    assert there.minimum() == pytest.approx((4 / 9 / 2 + 2 * 1 / 9 / 2) / 2)


def test_the_pieces_of_the_exponential_meet() -> None:
    there = running(QuadraticExponential(Q(3), Q(2)))
    assert there.hessian is not None
    near, far = np.array([[0.5 - 1e-12]]), np.array([[0.5 + 1e-12]])
    for function, expected in ((there.value, 3 / 4), (there.gradient, 3 / 2), (there.hessian, 3)):
        assert function(near).ravel()[0] == pytest.approx(expected)
        assert function(far).ravel()[0] == pytest.approx(expected)


@pytest.mark.parametrize(("l0", "l1"), [(Q(1), Q(1)), (Q(5, 2), Q(1, 7)), (Q(1, 9), Q(4))])
def test_problems_for_l0_and_l1_are_in_their_class_and_in_no_smaller_one(l0: Q, l1: Q) -> None:
    numbers: NumberSystem = Rationals()
    assert "l0_l1_smooth" in ASSUMPTIONS

    def member(problem: Problem, a: Q, b: Q) -> bool:
        values = {"L0": numbers.rational(a), "L1": numbers.rational(b)}
        return satisfies(problem.constants(), Assumed("l0_l1_smooth", values), numbers)

    found = list(l0_l1_problems(l0, l1))
    assert len(found) >= 10
    for problem, direction, stretches in found:
        assert len(direction) == problem.dimension
        assert not stretches
        assert member(problem, l0, l1)
        assert member(problem, 2 * l0, 2 * l1)
        assert not member(problem, l0 * Q(999, 1000), l1)
        assert not member(problem, l0, l1 * Q(999, 1000))
        smooth = Assumed("smooth", {"L": numbers.rational(Q(10**9))})
        assert not satisfies(problem.constants(), smooth, numbers)


def test_even_powers_run_exactly() -> None:
    problem, numbers = EvenPower(3, Q(2), Q(1), size=2), Rationals()
    x = (numbers.rational(Q(1, 2)), numbers.rational(Q(-3)))
    assert str(problem.exact_value(x, numbers)) == str(numbers.rational(Q(1, 3) * (Q(1, 64) + 729)))
    assert [str(v) for v in problem.exact_gradient(x, numbers)] == ["1/16", "-486"]
    assert problem.exact_prox(x, numbers.rational(Q(1)), numbers) is None


def test_the_lecture_s_minima_are_equally_flat() -> None:
    problem = lecture_minima()
    there = running(problem)
    assert there.components is not None
    assert there.hessian is not None
    ends = np.array([[0.8], [2.8]])
    np.testing.assert_allclose(there.value(ends), 0, atol=1e-15)
    np.testing.assert_allclose(there.gradient(ends), 0, atol=1e-15)
    np.testing.assert_allclose(there.hessian(ends).ravel(), [1, 1])
    for i, slope in enumerate((2.77, 1.385, -1.385, -2.77)):
        found = there.components(ends, np.full((2, 1), i))
        np.testing.assert_allclose(found.ravel(), [slope, 0], atol=1e-15)


def test_sharp_and_flat_minima_have_their_curvatures() -> None:
    problem = TwoMinima(((Q(0),),), Q(0), Q(3), left_curvature=Q(9), right_curvature=Q(1, 4))
    there = running(problem)
    assert there.hessian is not None
    ends = np.array([[0.0], [3.0]])
    np.testing.assert_allclose(there.value(ends), 0, atol=1e-15)
    np.testing.assert_allclose(there.hessian(ends).ravel(), [9, 1 / 4])
    x = np.linspace(-1, 4, 5001)[:, None]
    assert np.abs(np.diff(there.value(x)[:, 0])).max() < 0.02  # no jump at the peak
    assert np.abs(np.diff(there.gradient(x)[:, 0])).max() < 0.0091
    assert not problem.constants().twice


@pytest.mark.parametrize(
    ("method", "end"), [("projected_adam", 1.0), ("amsgrad", -1.0), ("projected_gradient", -1.0)]
)
def test_adam_goes_the_wrong_way_where_the_paper_says_so(method: str, end: float) -> None:
    # Reddi, Kale and Kumar 2018, Theorem 1: β₁ = 0, β₂ = 1/(1 + C²), steps α/√t with α < √(1 − β₂)
    beta2 = 1 / (1 + 4**2)
    arguments: dict[str, Any] = {"step": lambda k: 0.9 * math.sqrt((1 - beta2) / (k + 1))}
    if method != "projected_gradient":
        arguments |= {"beta1": 0.0, "beta2": beta2}
    outcome = simulate(
        RareSteepLoss(Q(4)),
        METHODS[method],
        arguments,
        np.array([[1.0], [-0.5], [-1.0]]),
        3000,
        {"x": Last(lambda view: view.x[:, 0])},
        noise=Cyclic(3),
    )
    np.testing.assert_allclose(outcome.measured["x"], end, atol=0.06)


def test_the_rare_loss_has_the_paper_s_probability() -> None:
    problem = RareSteepLoss(Q(9), rare=11, count=100)
    delta, p = problem.drift(), Q(11, 100)
    assert p == (1 + delta) / (9 + 1)


@pytest.mark.parametrize("chain", CHAINS)
def test_the_hessian_of_the_chain_is_lipschitz_as_stated(chain: SaddleChain) -> None:
    there, tau, rng = running(chain), float(chain.width), np.random.default_rng(4)
    assert there.hessian is not None
    assert chain.constants().hessian is not None
    x = rng.uniform(-12 * tau, 12 * tau, (4000, chain.size))
    y = x + 1e-4 * tau * rng.standard_normal(x.shape)
    change = np.linalg.norm(there.hessian(x) - there.hessian(y), ord=2, axis=(1, 2))
    steepest = float((change / np.linalg.norm(x - y, axis=1)).max())
    assert steepest <= float(chain.constants().hessian or 0)
    assert steepest > float(chain.constants().hessian or 0) / 8  # not far off


def any_problem(rng: np.random.Generator) -> Problem:
    """A problem with numbers that nobody has chosen."""

    def positive() -> Q:
        return Q(float(np.exp(rng.uniform(-2, 2)))).limit_denominator(100) + Q(1, 100)

    size = int(rng.integers(1, 5))
    match int(rng.integers(0, 6)):
        case 0 | 1:
            return SaddleChain(size, positive(), positive(), positive())
        case 2:
            tilts = [[Q(int(v), 7) for v in row] for row in rng.integers(-9, 9, (3, size))]
            last = [-sum(column, Q(0)) for column in zip(*tilts, strict=True)]
            left = Q(int(rng.integers(-5, 5)), 2)
            rows = tuple(tuple(row) for row in (*tilts, last))
            return TwoMinima(rows, left, left + positive(), positive(), positive())
        case 3:
            factors = rng.integers(-3, 4, (4, size, size))
            products = [factor @ factor.T + np.eye(size, dtype=int) for factor in factors]
            centres = rng.integers(-5, 6, (4, size)).tolist()
            return DisagreeingQuadratics(tuple(map(tuple, centres)), tuple(products))
        case 4:
            return SymmetricFactorisation((m := rng.standard_normal((3, 3))) + m.T, 2)
        case _:
            return EvenPower(int(rng.integers(2, 5)), positive(), positive(), size)


@pytest.mark.parametrize("seed", range(60))
def test_the_constants_hold_for_any_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = any_problem(rng)
    there, constants = running(problem), problem.constants()
    assert there.hessian is not None
    assert there.x_star is not None
    reach = 1 + 3 * float(np.abs(there.x_star).max())
    x = reach * rng.uniform(-1, 1, (1500, problem.dimension)) ** int(rng.choice([1, 3]))
    hessians, gradients = there.hessian(x), there.gradient(x)
    values = np.linalg.eigvalsh(hessians)
    slack = 1e-9 * max(1.0, float(np.abs(values).max()))
    if constants.lower is not None:
        assert values.min() >= float(constants.lower) - slack
    if constants.upper is not None:
        assert values.max() <= float(constants.upper) + slack
    if constants.l0_l1 is not None:
        l0, l1 = map(float, constants.l0_l1)
        bound = l0 + l1 * np.linalg.norm(gradients, axis=1)
        assert (np.abs(values).max(axis=1) <= bound + slack).all()
    if constants.hessian is not None:
        y = x + 1e-5 * reach * rng.standard_normal(x.shape)
        change = np.linalg.norm(there.hessian(y) - hessians, ord=2, axis=(1, 2))
        allowed = float(constants.hessian) * np.linalg.norm(x - y, axis=1)
        assert (change <= allowed * (1 + 1e-6) + slack).all()
    assert (there.value(x) >= there.minimum() - 1e-9 * abs(there.minimum()) - 1e-12).all()
    if constants.growth is not None:
        gaps = there.value(x)[:, 0] - there.minimum()
        squares = np.sum(gradients**2, axis=1)
        assert (squares / 2 >= float(constants.growth) * gaps * (1 - 1e-9) - slack).all()
