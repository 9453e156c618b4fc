"""Steps per second of 1,000 runs: theoryck's simulate beside NumPy, PyTorch and optax.

Every side takes the same steps on the same problem: in doubles, with the gradient's formula
written out (no side differentiates), and with random numbers of the library's own kind, drawn
anew in every step. Beside them stands what the memory of the machine would allow.

PyTorch and optax are no dependencies of theoryck; for this script alone:
``pip install torch==2.15 jax==0.10.2 optax==0.2.8``.
Run as ``python benchmarks/simulations.py [--quick] [--memory]``; the tables that it prints stand
in README.md. ``--memory`` runs a million steps instead, and says what memory they took.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from importlib.metadata import version
from statistics import median
from typing import Any

import numpy as np

RUNS, D, ROWS, BATCH = 1000, 50, 1000, 16
SIGMA = 0.5  # √(E‖noise‖²)
RIDGE = 0.01
STEPS = {"SGD": 0.1, "momentum": 0.02, "Adam": 0.01}
MOMENTUM, BETA1, BETA2, DAMPING = 0.9, 0.9, 0.999, 1e-8
SINGLE = 8  # so many runs stand for all, where runs go one after the other
ARRAYS = {"SGD": 2, "momentum": 4, "Adam": 6}  # of the state, read and written in a step


@dataclass(frozen=True)
class Case:
    """A method on a problem."""

    problem: str  # "quadratic", "noisy quadratic" or "logistic"
    method: str

    @cached_property
    def rng(self) -> np.random.Generator:
        return np.random.default_rng(0)

    @cached_property
    def ours(self) -> Any:
        """The problem, as theoryck has it; the others take their matrices from it."""
        from theoryck.simulate.problems.classification import LogisticRegression
        from theoryck.simulate.problems.quadratic import RotatedQuadratic

        if self.problem == "logistic":
            data = self.rng.standard_normal((ROWS, D)) / D**0.5
            labels = np.sign(data @ self.rng.standard_normal(D) + 0.1)
            return LogisticRegression(data, labels, Fraction(1, 100))
        return RotatedQuadratic(tuple(Fraction(i + 1, D) for i in range(D)))

    @cached_property
    def matrix(self) -> Any:
        """The quadratic's matrix, or the rows of data times their labels."""
        if self.problem == "logistic":
            return self.ours.data * self.ours.labels[:, None]
        return self.ours.matrix()

    @property
    def bytes(self) -> int:
        """What a step of all runs must move: the state, and what is drawn for it."""
        drawn = {"quadratic": 0, "noisy quadratic": 2 * D, "logistic": BATCH * D}[self.problem]
        return 8 * RUNS * (ARRAYS[self.method] * D + drawn)


def theoryck(case: Case, steps: int, workers: int) -> None:
    """All runs by simulate, on one worker or more."""
    from theoryck.methods import METHODS
    from theoryck.simulate import simulate
    from theoryck.simulate.noise import Exact, Gaussian, Sampling

    adam = {"beta1": BETA1, "beta2": BETA2, "damping": DAMPING}
    name, more = {
        "SGD": ("sgd", {}),
        "momentum": ("momentum_sgd", {"momentum": MOMENTUM}),
        "Adam": ("adam", adam),
    }[case.method]
    noise = {
        "quadratic": Exact(),
        "noisy quadratic": Gaussian(Fraction(1, 2)),
        "logistic": Sampling(ROWS, None),
    }[case.problem]
    arguments = {"step": STEPS[case.method], "batch": BATCH if case.problem == "logistic" else 1}
    simulate(
        case.ours, METHODS[name], arguments | more, np.ones((RUNS, D)), steps, {},
        noise=noise, workers=workers,
    )  # fmt: skip


def plain(case: Case, steps: int) -> None:
    """A loop over runs, and in it one over steps; SINGLE of them stand for all."""
    matrix, step, scale = case.matrix, STEPS[case.method], SIGMA / D**0.5
    for run in range(SINGLE):
        rng = np.random.default_rng([0, run])
        x, m, v = np.ones(D), np.zeros(D), np.zeros(D)
        for k in range(steps):
            if case.problem == "logistic":
                rows = matrix[rng.integers(0, ROWS, BATCH)]
                g = RIDGE * x - (1 / (1 + np.exp(rows @ x))) @ rows / BATCH
            else:
                g = matrix @ x
                if case.problem == "noisy quadratic":
                    g += scale * rng.standard_normal(D)
            if case.method == "SGD":
                x -= step * g
            elif case.method == "momentum":
                m = MOMENTUM * m + g
                x -= step * m
            else:
                m = BETA1 * m + (1 - BETA1) * g
                v = BETA2 * v + (1 - BETA2) * g * g
                m_hat, v_hat = m / (1 - BETA1 ** (k + 1)), v / (1 - BETA2 ** (k + 1))
                x -= step * m_hat / (np.sqrt(v_hat) + DAMPING)


def torch_optimiser(method: str, x: Any) -> Any:
    import torch

    rate = STEPS[method]
    if method == "Adam":
        return torch.optim.Adam([x], lr=rate, betas=(BETA1, BETA2), eps=DAMPING)
    return torch.optim.SGD([x], lr=rate, momentum=MOMENTUM if method == "momentum" else 0.0)


def torch_steps(case: Case, steps: int, runs: int, repeats: int) -> None:
    """One of PyTorch's optimisers over a parameter of shape (runs, d), so many times."""
    import torch

    matrix, scale = torch.from_numpy(case.matrix), SIGMA / D**0.5
    for _ in range(repeats):
        x = torch.ones(runs, D, dtype=torch.float64, requires_grad=True)
        optimiser = torch_optimiser(case.method, x)
        with torch.no_grad():
            for _ in range(steps):
                if case.problem == "logistic":
                    rows = matrix[torch.randint(ROWS, (runs, BATCH))]
                    slopes = torch.sigmoid(-(rows @ x[:, :, None]))
                    x.grad = RIDGE * x - (rows.mT @ slopes)[:, :, 0] / BATCH
                else:
                    x.grad = x @ matrix
                    if case.problem == "noisy quadratic":
                        x.grad += scale * torch.randn(runs, D, dtype=torch.float64)
                optimiser.step()


def optax_program(case: Case, steps: int) -> Callable[[], None]:
    """One run scanned over its steps, mapped over the runs, and compiled."""
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    matrix, scale, rate = jnp.asarray(case.matrix), SIGMA / D**0.5, STEPS[case.method]
    optimiser = {
        "SGD": lambda: optax.sgd(rate),
        "momentum": lambda: optax.sgd(rate, momentum=MOMENTUM),
        "Adam": lambda: optax.adam(rate, b1=BETA1, b2=BETA2, eps=DAMPING),
    }[case.method]()

    def gradient(x: Any, key: Any) -> Any:
        if case.problem == "logistic":
            rows = matrix[jax.random.randint(key, (BATCH,), 0, ROWS)]
            return RIDGE * x - jax.nn.sigmoid(-(rows @ x)) @ rows / BATCH
        exact = matrix @ x
        if case.problem == "quadratic":
            return exact
        return exact + scale * jax.random.normal(key, (D,), dtype=jnp.float64)

    def run(x: Any, key: Any) -> Any:
        def step(carried: Any, k: Any) -> Any:
            x, state = carried
            updates, state = optimiser.update(gradient(x, jax.random.fold_in(key, k)), state, x)
            return (optax.apply_updates(x, updates), state), None

        return jax.lax.scan(step, (x, optimiser.init(x)), jnp.arange(steps))[0][0]

    x, keys = jnp.ones((RUNS, D)), jax.random.split(jax.random.key(0), RUNS)
    program = jax.jit(jax.vmap(run)).lower(x, keys).compile()  # apart from what is timed

    def go() -> None:
        program(x, keys).block_until_ready()

    return go


def seconds(work: Callable[[], None]) -> float:
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def bandwidth() -> float:
    """Bytes a second of a = b + s·c over arrays beyond any cache, in NumPy: the best of five."""
    n = 20_000_000
    a, b, c = np.zeros(n), np.ones(n), np.ones(n)

    def triad() -> None:
        np.multiply(c, 3.0, out=a)
        np.add(a, b, out=a)

    triad()
    return 5 * 8 * n / min(seconds(triad) for _ in range(5))


def measure(case: Case, steps: int, repeats: int) -> dict[str, float]:
    """Seconds a step of all runs, by side: medians of interleaved repeats."""
    sides: dict[str, tuple[Callable[[], None], float]] = {
        "plain": (partial(plain, case, steps // 4), RUNS / SINGLE / (steps // 4)),
        "torch each": (
            partial(torch_steps, case, steps // 4, 1, SINGLE),
            RUNS / SINGLE / (steps // 4),
        ),
        "torch": (partial(torch_steps, case, steps, RUNS, 1), 1 / steps),
        "optax": (optax_program(case, steps), 1 / steps),
        "theoryck": (partial(theoryck, case, steps, 1), 1 / steps),
        "theoryck 2": (partial(theoryck, case, steps, 2), 1 / steps),
    }
    for work, _ in sides.values():
        work()  # imports, pools and caches are no part of a step
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, (work, factor) in sides.items():
            taken[name].append(seconds(work) * factor)
    return {name: median(values) for name, values in taken.items()}


def speed(steps: int, repeats: int) -> None:
    """Print the table of steps per second."""
    rate = bandwidth()
    versions = ", ".join(f"{p} {version(p)}" for p in ("numpy", "torch", "jax", "optax"))
    print(
        f"Medians of {repeats} interleaved repeats of {steps} steps; {os.cpu_count()} cores, "
        f"{platform.machine()}, load {os.getloadavg()[0]:.1f} before; Python "
        f"{platform.python_version()}, {versions}; a = b + s·c at {rate / 1e9:.1f} GB/s."
    )
    print()
    head = "problem | method | plain NumPy | PyTorch, each run | PyTorch, batched | optax"
    head += " | theoryck | on 2 workers | memory's limit"
    ratios = "of plain | of PyTorch, each | of PyTorch, batched | of optax"
    print(f"| {head} | {ratios} |")
    print("|" + " --- |" * (head.count("|") + ratios.count("|") + 2))
    for problem in ("quadratic", "noisy quadratic", "logistic"):
        for method in STEPS:
            case = Case(problem, method)
            found = measure(case, steps, repeats)
            best = min(found["theoryck"], found["theoryck 2"])
            order = ("plain", "torch each", "torch", "optax", "theoryck", "theoryck 2")
            cells = [f"{RUNS / found[name] / 1e3:,.0f}" for name in order]
            cells.append(f"{RUNS * rate / case.bytes / 1e3:,.0f}")
            cells += [f"{found[name] / best:.1f}×" for name in order[:4]]
            print(f"| {problem} | {method} | {' | '.join(cells)} |", flush=True)


def memory(steps: int) -> None:
    """Print the memory and time of many steps of 1,000 runs."""
    from theoryck.methods import METHODS
    from theoryck.simulate import simulate
    from theoryck.simulate.metrics import AtAverage, Last, Least, Mean
    from theoryck.simulate.noise import Gaussian
    from theoryck.simulate.problems.quadratic import DiagonalQuadratic
    from theoryck.simulate.quantities import gap

    plane = DiagonalQuadratic((Fraction(1), Fraction(1, 2)))
    metrics = {"last": Last(gap), "least": Least(gap), "mean": Mean(gap), "at": AtAverage(gap)}

    def go(n: int) -> None:
        arguments = {"step": lambda k: 1 / (k + 2)}
        start, noise = np.ones((RUNS, 2)), Gaussian(Fraction(1))
        simulate(plane, METHODS["sgd"], arguments, start, n, metrics, noise=noise)

    print("| steps | seconds | peak memory |\n| --- | --- | --- |")
    for n in (0, steps // 100, steps // 10, steps):
        taken = seconds(partial(go, n))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {n:,} | {taken:.1f} | {peak:.0f} MiB |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer steps, one repeat")
    parser.add_argument("--memory", action="store_true", help="a million steps, and their memory")
    options = parser.parse_args()
    if options.memory:
        memory(10_000 if options.quick else 1_000_000)
    else:
        speed(160 if options.quick else 400, 1 if options.quick else 3)


if __name__ == "__main__":
    main()
