"""A pytest test that gradient descent on a real least-squares problem keeps its promised rate."""

import numpy as np

from theoryck.testing import assert_rate

CLAIM = {
    "id": "gd-smooth-convex",
    "source": "Drori and Teboulle 2014, Thm 3.1",
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
}


def test_gradient_descent_on_least_squares():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(40, 10)), random.normal(size=40)

    def f(x):
        return 0.5 * np.sum((a @ x - b) ** 2)

    smoothness = np.linalg.norm(a, 2) ** 2
    x_star = np.linalg.lstsq(a, b, rcond=None)[0]
    x = np.zeros(10)
    radius = np.linalg.norm(x - x_star)
    gaps = []
    for _ in range(50):
        gaps.append(f(x) - f(x_star))
        x = x - a.T @ (a @ x - b) / smoothness
    assert_rate(CLAIM, gaps, L=smoothness, R=radius)
