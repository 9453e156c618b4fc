"""Every method once more, as its source prints it: loops over coordinates, on plain numbers.

Written from the papers and slides, and not from the package: each is a generator of x₁, x₂, …
"""

from __future__ import annotations

from itertools import count
from typing import Any

import mpmath

from tests.oracles.worlds import Numbers, Questions, inner, solved

D = range(4)


def gradient_descent(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        g = f.gradient(x)
        x = [x[i] - a["step"] * g[i] for i in D]
        yield x


def heavy_ball(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    old = x
    while True:
        g = f.gradient(x)
        x, old = [x[i] - a["step"] * g[i] + a["momentum"] * (x[i] - old[i]) for i in D], x
        yield x


def nesterov(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    old = x
    while True:
        y = [x[i] + a["momentum"] * (x[i] - old[i]) for i in D]
        g = f.gradient(y)
        x, old = [y[i] - a["step"] * g[i] for i in D], x
        yield x


def nesterov_sgd(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    # Sutskever et al.: v ← μv − ε·g(θ + μv), θ ← θ + v
    v = [t * 0 for t in x]
    while True:
        g = f.sample([x[i] + a["momentum"] * v[i] for i in D], a["batch"])
        v = [a["momentum"] * v[i] - a["step"] * g[i] for i in D]
        x = [x[i] + v[i] for i in D]
        yield x


def optimized_gradient(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    # OGM1 with its last coefficient at every possible end
    root, start = f.numbers.root, x
    for total in count(1):
        y = z = start
        theta = f.numbers.of(1)
        for k in range(total):
            g = f.gradient(z)
            y_new = [z[i] - g[i] / a["L"] for i in D]
            factor = 8 if k == total - 1 else 4
            theta_new = (1 + root(1 + factor * theta * theta)) / 2
            z = [
                y_new[i]
                + (theta - 1) / theta_new * (y_new[i] - y[i])
                + theta / theta_new * (y_new[i] - z[i])
                for i in D
            ]
            y, theta = y_new, theta_new
        yield z


def variable_metric(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        g = f.sample(x, a["batch"])
        d = [-g[i] / a["metric"] for i in D]
        x = [x[i] + a["step"] * d[i] for i in D]
        yield x


def exact_line_search(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        x = f.line_search(x, [-t for t in f.gradient(x)])
        yield x


def polyak(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        g = f.gradient(x)
        gamma = a["scale"] * (f.value(x) - f.minimum()) / inner(g, g)
        x = [x[i] - gamma * g[i] for i in D]
        yield x


def normalized(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        g = f.gradient(x)
        eta = a["step"] / (f.numbers.root(inner(g, g)) + a["offset"])
        x = [x[i] - eta * g[i] for i in D]
        yield x


def proximal_point(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        x = f.prox(x, a["step"])
        yield x


def proximal_gradient(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    # soft thresholding, with the smooth part's gradient written out
    while True:
        g = [sum(f.matrix[i][j] * x[j] for j in D) + f.quartic * x[i] * x[i] * x[i] for i in D]
        z, cut = [x[i] - a["step"] * g[i] for i in D], a["step"] * f.weight
        x = [(abs(t) - cut) * (1 if t > 0 else -1) if abs(t) > cut else 0 * t for t in z]
        yield x


def projected_gradient(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        g = f.gradient(x)
        x = f.project([x[i] - a["step"] * g[i] for i in D])
        yield x


def projected_sgd(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        g = f.sample(x, a["batch"])
        x = f.project([x[i] - a["step"] * g[i] for i in D])
        yield x


def frank_wolfe(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    for k in count():
        s = f.linear_minimizer(f.gradient(x))
        gamma = f.numbers.of(2) / (k + 2)
        x = [(1 - gamma) * x[i] + gamma * s[i] for i in D]
        yield x


def clipped_gd(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        g = f.gradient(x)
        length = f.numbers.root(inner(g, g))
        eta = a["step"] if length <= a["threshold"] else a["threshold"] * a["step"] / length
        x = [x[i] - eta * g[i] for i in D]
        yield x


def clipped_sgd(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        g = f.sample(x, a["batch"])
        eta = a["step"] * min(a["threshold"] / f.numbers.root(inner(g, g)), 1)
        x = [x[i] - eta * g[i] for i in D]
        yield x


def coordinate_clipped_sgd(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    tau = a["threshold"]
    while True:
        g = [max(-tau, min(tau, t)) for t in f.sample(x, a["batch"])]
        x = [x[i] - a["step"] * g[i] for i in D]
        yield x


def acclip(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    alpha = a["alpha"]
    m = [t * 0 for t in x]
    tau_alpha = list(m)
    while True:
        g = f.sample(x, a["batch"])
        m = [a["beta1"] * m[i] + (1 - a["beta1"]) * g[i] for i in D]
        tau_alpha = [a["beta2"] * tau_alpha[i] + (1 - a["beta2"]) * abs(g[i]) ** alpha for i in D]
        tau = [t ** (1 / alpha) for t in tau_alpha]
        clipped = [min(tau[i] / (abs(m[i]) + a["damping"]), 1) * m[i] for i in D]
        x = [x[i] - a["step"] * clipped[i] for i in D]
        yield x


def adagrad_norm(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    b_squared = a["damping"] ** 2
    while True:
        g = f.sample(x, a["batch"])
        b_squared = b_squared + sum(t * t for t in g)
        b = f.numbers.root(b_squared)
        x = [x[i] - a["step"] / b * g[i] for i in D]
        yield x


def adagrad(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    r = [t * 0 for t in x]
    while True:
        g = f.sample(x, a["batch"])
        r = [r[i] + g[i] * g[i] for i in D]
        x = [x[i] - a["step"] / (a["damping"] + f.numbers.root(r[i])) * g[i] for i in D]
        yield x


def adagrad_full(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    total = mpmath.zeros(4)
    while True:
        g = f.sample(x, a["batch"])
        for i in D:
            for j in D:
                total[i, j] += g[i] * g[j]
        values, vectors = mpmath.eigsy(total)
        root = vectors * mpmath.diag([mpmath.sqrt(max(v, 0)) for v in values]) * vectors.T
        rows = [[root[i, j] + (a["damping"] if i == j else 0) for j in D] for i in D]
        direction = solved(rows, g)
        x = [x[i] - a["step"] * direction[i] for i in D]
        yield x


def rmsprop(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    r, tau = [t * 0 for t in x], a["decay"]
    while True:
        g = f.sample(x, a["batch"])
        r = [tau * r[i] + (1 - tau) * g[i] * g[i] for i in D]
        x = [x[i] - a["step"] / (a["damping"] + f.numbers.root(r[i])) * g[i] for i in D]
        yield x


def adam(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    m1 = [t * 0 for t in x]
    m2 = list(m1)
    for t in count():
        g = f.sample(x, a["batch"])
        m1 = [a["beta1"] * m1[i] + (1 - a["beta1"]) * g[i] for i in D]
        m2 = [a["beta2"] * m2[i] + (1 - a["beta2"]) * g[i] * g[i] for i in D]
        h1 = [m / (1 - a["beta1"] ** (t + 1)) for m in m1]
        h2 = [m / (1 - a["beta2"] ** (t + 1)) for m in m2]
        x = [x[i] - a["step"] * h1[i] / (a["damping"] + f.numbers.root(h2[i])) for i in D]
        yield x


def amsgrad(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    m = [t * 0 for t in x]
    v = list(m)
    v_hat = [a["damping"] ** 2 for _ in D]
    while True:
        g = f.sample(x, a["batch"])
        m = [a["beta1"] * m[i] + (1 - a["beta1"]) * g[i] for i in D]
        v = [a["beta2"] * v[i] + (1 - a["beta2"]) * g[i] * g[i] for i in D]
        v_hat = [max(v_hat[i], v[i]) for i in D]
        h = [f.numbers.root(t) for t in v_hat]
        x = f.project_weighted([x[i] - a["step"] * m[i] / h[i] for i in D], h)
        yield x


def projected_adam(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    m = [t * 0 for t in x]
    v = list(m)
    while True:
        g = f.sample(x, a["batch"])
        m = [a["beta1"] * m[i] + (1 - a["beta1"]) * g[i] for i in D]
        v = [a["beta2"] * v[i] + (1 - a["beta2"]) * g[i] * g[i] for i in D]
        h = [max(a["damping"], f.numbers.root(t)) for t in v]
        x = f.project_weighted([x[i] - a["step"] * m[i] / h[i] for i in D], h)
        yield x


def uniform_framework(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    # θ⁺ = θ − αH⁻¹ĝ + βH⁻¹H⁻(θ − θ⁻), G = H ⊙ H
    old, big_g = x, [a["initial"] for _ in D]
    while True:
        g = f.sample(x, a["batch"])
        new_g = [a["retention"] * big_g[i] + a["weight"] * g[i] ** 2 for i in D]
        h, h_old = ([f.numbers.root(t) for t in matrix] for matrix in (new_g, big_g))
        x, old = [
            x[i] - a["step"] * g[i] / h[i] + a["momentum"] * h_old[i] / h[i] * (x[i] - old[i])
            for i in D
        ], x  # fmt: skip
        big_g = new_g
        yield x


def lamb(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    layers = ((0,), (1, 2, 3))
    m = [t * 0 for t in x]
    v = list(m)
    for t in count(1):
        g = f.sample(x, a["batch"])
        m = [a["beta1"] * m[i] + (1 - a["beta1"]) * g[i] for i in D]
        v = [a["beta2"] * v[i] + (1 - a["beta2"]) * g[i] ** 2 for i in D]
        r = [
            m[i] / (1 - a["beta1"] ** t)
            / (f.numbers.root(v[i] / (1 - a["beta2"] ** t)) + a["damping"])
            for i in D
        ]  # fmt: skip
        new = list(x)
        for layer in layers:
            u = {i: r[i] + a["decay"] * x[i] for i in layer}
            phi = f.numbers.root(sum(x[i] ** 2 for i in layer))
            length = f.numbers.root(sum(t * t for t in u.values()))
            for i in layer:
                new[i] = x[i] - a["step"] * phi / length * u[i]
        x = new
        yield x


def _accelegrad(x: Numbers, f: Questions, a: dict[str, Any], weights: Any, ask: Any) -> Any:
    y = z = x
    total, made, used = f.numbers.of(0), [t * 0 for t in x], f.numbers.of(0)
    for k in count():
        alpha = weights(f.numbers.of(k))
        tau = 1 / alpha
        u = [tau * z[i] + (1 - tau) * y[i] for i in D]
        g = ask(u)
        total = total + alpha**2 * inner(g, g)
        eta = 2 * a["D"] / f.numbers.root(a["G"] ** 2 + total)
        z = f.project([z[i] - alpha * eta * g[i] for i in D])
        y = [u[i] - eta * g[i] for i in D]
        made, used = [made[i] + alpha * y[i] for i in D], used + alpha
        yield [t / used for t in made]


def accelegrad(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    return _accelegrad(x, f, a, lambda k: (k + 1) / 4, f.gradient)


def stochastic_accelegrad(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    def weights(k: Any) -> Any:
        return f.numbers.of(1) if k <= 2 else (k + 1) / 4

    return _accelegrad(x, f, a, weights, lambda u: f.sample(u, a["batch"]))


def sgd(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        g = f.sample(x, a["batch"])
        x = [x[i] - a["step"] * g[i] for i in D]
        yield x


def damped_sgd(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        g = f.sample(x, a["batch"])
        gamma = a["step"] / (a["damping"] * f.numbers.root(inner(g, g)) + 1)
        x = [x[i] - gamma * g[i] for i in D]
        yield x


def momentum_sgd(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    m = [t * 0 for t in x]
    while True:
        g = f.sample(x, a["batch"])
        m = [a["momentum"] * m[i] + g[i] for i in D]
        x = [x[i] - a["step"] * m[i] for i in D]
        yield x


def perturbed_gd(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        g, xi = f.gradient(x), f.noise("ball")
        x = [x[i] - a["step"] * (g[i] + a["radius"] * xi[i]) for i in D]
        yield x


def gaussian_perturbed_gd(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    deviation = f.numbers.root(a["radius"] ** 2 / 4)
    while True:
        g, xi = f.gradient(x), f.noise("gaussian")
        x = [x[i] - a["step"] * (g[i] + deviation * xi[i]) for i in D]
        yield x


def perturbed_sgd(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    while True:
        g, xi = f.sample(x, a["batch"]), f.noise("sphere")
        x = [x[i] - a["step"] * (g[i] + xi[i]) for i in D]
        yield x


def sgld(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    temperature = f.numbers.root(2 * a["step"])
    while True:
        g, xi = f.sample(x, a["batch"]), f.noise("gaussian")
        x = [x[i] - a["step"] * g[i] + temperature * xi[i] for i in D]
        yield x


def _spider(x: Numbers, f: Questions, a: dict[str, Any], size: Any) -> Any:
    old, v = x, x
    for k in count():
        if k % a["period"] == 0:
            v = f.sample(x, a["anchor"])
        else:
            here, before = f.samples([x, old], a["batch"])
            v = [here[i] - before[i] + v[i] for i in D]
        eta = size(v)
        if eta is None:
            break
        x, old = [x[i] - eta * v[i] for i in D], x
        yield x
    while True:
        yield x


def spider(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    return _spider(x, f, a, lambda v: a["step"])


def normalized_spider(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    # Option I: return x once ‖v‖ ≤ 2ε̃
    def size(v: Numbers) -> Any:
        length = f.numbers.root(inner(v, v))
        return None if length <= 2 * a["tolerance"] else a["step"] / length

    return _spider(x, f, a, size)


def clipped_spider(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    # Option II: η = min(ε/(Ln₀‖v‖), 1/(2Ln₀)), here with 1/(2Ln₀) = step, 2ε = threshold
    def size(v: Numbers) -> Any:
        return min(a["step"] * a["threshold"] / f.numbers.root(inner(v, v)), a["step"])

    return _spider(x, f, a, size)


def cubic_regularization(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    # h = −(H + Mr/2·I)⁻¹g with ‖h‖ = r, by bisection of r above −2λ_min/M
    while True:
        g, rows = f.gradient(x), f.hessian(x)

        def shifted(r: Any, g: Numbers = g, rows: list[Numbers] = rows) -> Numbers:
            made = [[rows[i][j] + (a["M"] * r / 2 if i == j else 0) for j in D] for i in D]
            return [-t for t in solved(made, g)]

        least = mpmath.eigsy(mpmath.matrix(rows), eigvals_only=True)[0]
        low = max(mpmath.mpf(0), -2 * least / a["M"])
        high = low + 1
        while inner(shifted(high), shifted(high)) > high * high:
            high = 2 * high
        for _ in range(60):
            r = (low + high) / 2
            h = shifted(r)
            low, high = (r, high) if inner(h, h) > r * r else (low, r)
        h = shifted(high)
        x = [x[i] + h[i] for i in D]
        yield x


def negative_curvature_descent(x: Numbers, f: Questions, a: dict[str, Any]) -> Any:
    # the three-term recursion of Lanczos, and the lowest eigenvector of its tridiagonal matrix
    steps, rho = a["iterations"], a["rho"]
    while True:
        q, g, rows = f.noise("sphere"), f.gradient(x), f.hessian(x)
        before, beta, basis, alphas, betas = [t * 0 for t in q], 0, [], [], []
        for _ in range(steps):
            basis.append(q)
            w = [inner(rows[i], q) - beta * before[i] for i in D]
            alphas.append(inner(w, q))
            w = [w[i] - alphas[-1] * q[i] for i in D]
            beta = f.numbers.root(inner(w, w))
            betas.append(beta)
            before, q = q, [t / beta for t in w]
        small = mpmath.zeros(steps)
        for j in range(steps):
            small[j, j] = alphas[j]
            if j + 1 < steps:
                small[j, j + 1] = small[j + 1, j] = betas[j]
        _, vectors = mpmath.eigsy(small)
        v = [sum(vectors[j, 0] * basis[j][i] for j in range(steps)) for i in D]
        c = inner(v, [inner(r, v) for r in rows])
        if c < 0 and 2 * abs(c) ** 3 / (3 * rho**2) > inner(g, g) / (2 * a["L"]):
            sign = -1 if inner(v, g) < 0 else 1
            x = [x[i] - 2 * abs(c) / rho * sign * v[i] for i in D]
        else:
            x = [x[i] - g[i] / a["L"] for i in D]
        yield x


PRINTED = {
    "gradient_descent": gradient_descent,
    "subgradient": gradient_descent,
    "heavy_ball": heavy_ball,
    "nesterov": nesterov,
    "optimized_gradient": optimized_gradient,
    "variable_metric": variable_metric,
    "gradient_descent_exact_line_search": exact_line_search,
    "gradient_descent_polyak_step": polyak,
    "normalized_gd": normalized,
    "proximal_point": proximal_point,
    "proximal_gradient": proximal_gradient,
    "projected_gradient": projected_gradient,
    "projected_sgd": projected_sgd,
    "frank_wolfe": frank_wolfe,
    "clipped_gd": clipped_gd,
    "clipped_sgd": clipped_sgd,
    "coordinate_clipped_sgd": coordinate_clipped_sgd,
    "acclip": acclip,
    "adagrad_norm": adagrad_norm,
    "adagrad": adagrad,
    "adagrad_full": adagrad_full,
    "rmsprop": rmsprop,
    "adam": adam,
    "amsgrad": amsgrad,
    "projected_adam": projected_adam,
    "adaptive_metric": uniform_framework,
    "accelegrad": accelegrad,
    "stochastic_accelegrad": stochastic_accelegrad,
    "lamb": lamb,
    "sgd": sgd,
    "damped_sgd": damped_sgd,
    "momentum_sgd": momentum_sgd,
    "nesterov_sgd": nesterov_sgd,
    "perturbed_gd": perturbed_gd,
    "gaussian_perturbed_gd": gaussian_perturbed_gd,
    "perturbed_sgd": perturbed_sgd,
    "sgld": sgld,
    "spider": spider,
    "normalized_spider": normalized_spider,
    "clipped_spider": clipped_spider,
    "cubic_regularization": cubic_regularization,
    "negative_curvature_descent": negative_curvature_descent,
}
