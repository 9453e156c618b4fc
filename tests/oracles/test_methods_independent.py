"""Every method against an independent implementation: to 1e-12 over 50 steps.

Against the printed pseudo-code on plain numbers, in exact fractions where its steps are rational
and in 60 digits else; and against optax where its formulas are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import jax
import mpmath
import numpy as np
import optax
import pytest

from tests.oracles.printed import PRINTED
from tests.oracles.worlds import (
    BOWL,
    DIGITS,
    FRACTIONS,
    KINKS,
    RIDGE,
    SADDLE,
    START,
    STEPS,
    VALLEY,
    Arithmetic,
    Questions,
    Told,
    World,
)
from theoryck.methods import METHODS
from theoryck.simulate.backend import Backend

LAYERS = (slice(0, 1), slice(1, 4))
COUNTS = {"batch": 3, "period": 7, "anchor": 5, "iterations": 3}
ARGUMENTS: dict[str, dict[str, float]] = {
    "gradient_descent": {"step": 0.15},
    "subgradient": {"step": 0.1},
    "heavy_ball": {"step": 0.1, "momentum": 0.6},
    "nesterov": {"step": 0.1, "momentum": 0.7},
    "optimized_gradient": {"L": 6.0},
    "variable_metric": {"step": 0.3, "metric": 2.5},
    "gradient_descent_exact_line_search": {},
    "gradient_descent_polyak_step": {"scale": 0.7},
    "normalized_gd": {"step": 0.1, "offset": 0.2},
    "proximal_point": {"step": 0.3},
    "proximal_gradient": {"step": 0.3},
    "projected_gradient": {"step": 0.3},
    "projected_sgd": {"step": 0.3},
    "frank_wolfe": {},
    "clipped_gd": {"step": 0.1, "threshold": 0.7},
    "clipped_sgd": {"step": 0.1, "threshold": 0.7},
    "coordinate_clipped_sgd": {"step": 0.1, "threshold": 0.4},
    "acclip": {"step": 0.1, "beta1": 0.8, "beta2": 0.9, "damping": 0.01, "alpha": 1.5},
    "adagrad_norm": {"step": 0.5, "damping": 0.1},
    "adagrad": {"step": 0.5, "damping": 0.1},
    "adagrad_full": {"step": 0.5, "damping": 0.05},
    "rmsprop": {"step": 0.05, "decay": 0.8, "damping": 0.1},
    "adam": {"step": 0.1, "beta1": 0.8, "beta2": 0.95, "damping": 0.01},
    "amsgrad": {"step": 0.1, "beta1": 0.8, "beta2": 0.95, "damping": 0.2},
    "projected_adam": {"step": 0.1, "beta1": 0.8, "beta2": 0.95, "damping": 0.2},
    "adaptive_metric": {
        "step": 0.05, "momentum": 0.3, "retention": 0.9, "weight": 0.2, "initial": 0.5
    },
    "accelegrad": {"D": 3.0, "G": 2.0},
    "stochastic_accelegrad": {"D": 3.0, "G": 2.0},
    "lamb": {"step": 0.05, "beta1": 0.8, "beta2": 0.95, "damping": 0.01, "decay": 0.1},
    "sgd": {"step": 0.1},
    "damped_sgd": {"step": 0.2, "damping": 0.5},
    "momentum_sgd": {"step": 0.05, "momentum": 0.6},
    "nesterov_sgd": {"step": 0.05, "momentum": 0.6},
    "perturbed_gd": {"step": 0.1, "radius": 0.3},
    "gaussian_perturbed_gd": {"step": 0.1, "radius": 0.3},
    "perturbed_sgd": {"step": 0.1},
    "sgld": {"step": 0.125},
    "spider": {"step": 0.1},
    "normalized_spider": {"step": 0.1, "tolerance": 0.3},
    "clipped_spider": {"step": 0.15, "threshold": 0.5},
    "cubic_regularization": {"M": 6.0},
    "negative_curvature_descent": {"L": 12.0, "rho": 6.0},
}  # fmt: skip
RATIONAL = (
    "gradient_descent", "subgradient", "heavy_ball", "nesterov", "variable_metric",
    "proximal_point", "proximal_gradient", "projected_gradient", "projected_sgd", "frank_wolfe",
    "coordinate_clipped_sgd", "sgd", "momentum_sgd", "nesterov_sgd", "perturbed_gd",
    "gaussian_perturbed_gd", "perturbed_sgd", "sgld", "spider",
)  # fmt: skip
WORLDS = {
    "gradient_descent_exact_line_search": (BOWL, VALLEY),
    "gradient_descent_polyak_step": (BOWL, VALLEY),
    "proximal_point": (BOWL, KINKS),
    "proximal_gradient": (RIDGE, World("bent ridge", BOWL.matrix, 0.25, 0.0625)),
    "subgradient": (RIDGE, SADDLE),
}


def arguments_of(name: str) -> dict[str, Any]:
    counted = {a.name: COUNTS[a.name] for a in METHODS[name].arguments if a.name in COUNTS}
    return {**ARGUMENTS[name], **counted}


def ran(name: str, world: World) -> Any:
    method, oracle = METHODS[name], Told(world, LAYERS)
    state = method.first_state(np.array([START]))
    path = []
    with Backend.quiet():  # as simulate runs methods
        for k in range(STEPS):
            state = method.step(state, oracle, k, arguments_of(name))
            path.append(method.iterate(state)[0])
    return np.stack(path)


def printed(name: str, world: World, numbers: Arithmetic) -> Any:
    given = arguments_of(name)
    exact = {key: v if key in COUNTS else numbers.of(v) for key, v in given.items()}
    with mpmath.workdps(60):
        path = PRINTED[name](numbers.vector(START), Questions(world, numbers), exact)
        return np.array([[float(t) for t in x] for x in islice(path, STEPS)])


CASES = [
    (name, world, FRACTIONS if name in RATIONAL and world.quartic == 0 else DIGITS)
    for name in METHODS
    for world in WORLDS.get(name, (BOWL, SADDLE))
]


@pytest.mark.parametrize(
    ("name", "world", "numbers"), CASES, ids=[f"{n}-{w.name}-{a.name}" for n, w, a in CASES]
)
def test_a_method_is_its_printed_pseudocode(name: str, world: World, numbers: Arithmetic) -> None:
    expected = printed(name, world, numbers)
    assert np.all(np.isfinite(expected))
    assert np.max(np.abs(expected - START)) > 0.05, "it does not move"
    np.testing.assert_allclose(ran(name, world), expected, rtol=1e-12, atol=1e-12)


def test_every_method_has_its_twin() -> None:
    assert set(PRINTED) == set(METHODS) == set(ARGUMENTS)


@pytest.fixture
def doubles() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def sampled(world: World, **arguments: Any) -> Any:
    questions = Questions(world, Arithmetic("doubles", float, lambda x: x**0.5))
    return lambda x: np.array(questions.sample([float(t) for t in x], arguments["batch"]))


def slopes(world: World, **arguments: Any) -> Any:
    questions = Questions(world, Arithmetic("doubles", float, lambda x: x**0.5))
    return lambda x: np.array(questions.gradient([float(t) for t in x]))


def by_optax(name: str, world: World, a: dict[str, Any]) -> Any:
    """The optimiser of optax with the same formulas, and where its gradients come from."""
    clipped = optax.clip_by_global_norm(a.get("threshold", 1.0))
    made = {
        "gradient_descent": lambda: (optax.sgd(a["step"]), slopes),
        "heavy_ball": lambda: (optax.sgd(a["step"], a["momentum"]), slopes),
        "sgd": lambda: (optax.sgd(a["step"]), sampled),
        "momentum_sgd": lambda: (optax.sgd(a["step"], a["momentum"]), sampled),
        "clipped_gd": lambda: (optax.chain(clipped, optax.sgd(a["step"])), slopes),
        "clipped_sgd": lambda: (optax.chain(clipped, optax.sgd(a["step"])), sampled),
        "coordinate_clipped_sgd": lambda: (
            optax.chain(optax.clip(a["threshold"]), optax.sgd(a["step"])), sampled
        ),
        "normalized_gd": lambda: (
            optax.chain(
                optax.normalize_by_update_norm(eps=a["offset"]), optax.sgd(a["step"])
            ), slopes
        ),
        # its eps stands under the root: none on either side
        "adagrad": lambda: (
            optax.adagrad(a["step"], initial_accumulator_value=0.0, eps=0.0), sampled
        ),
        "rmsprop": lambda: (
            optax.rmsprop(a["step"], a["decay"], a["damping"], eps_in_sqrt=False), sampled
        ),
        "adam": lambda: (optax.adam(a["step"], a["beta1"], a["beta2"], a["damping"]), sampled),
        "lamb": lambda: (
            optax.lamb(
                a["step"], a["beta1"], a["beta2"], a["damping"], weight_decay=a["decay"]
            ), sampled
        ),
    }  # fmt: skip
    optimiser, source = made[name]()
    return optimiser, source(world, **a)


# not among them: amsgrad, whose moments optax corrects for their bias, as Reddi et al. do not;
# noisy_sgd, which cools down on a schedule of its own and draws by itself
OPTAX = (
    "gradient_descent", "heavy_ball", "sgd", "momentum_sgd", "clipped_gd", "clipped_sgd",
    "coordinate_clipped_sgd", "normalized_gd", "adagrad", "rmsprop", "adam", "lamb",
)  # fmt: skip


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("world", [BOWL, SADDLE], ids=lambda world: world.name)
@pytest.mark.parametrize("name", OPTAX)
def test_a_method_is_that_of_optax(
    name: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "adagrad":
        monkeypatch.setitem(ARGUMENTS, name, {"step": 0.5, "damping": 0.0})
    optimiser, gradient = by_optax(name, world, arguments_of(name))
    # layers are the leaves of a tree
    split = [jax.numpy.asarray(START[layer]) for layer in LAYERS]
    update, state, path = jax.jit(optimiser.update), optimiser.init(split), []
    for _ in range(STEPS):
        g = gradient(np.concatenate(split))
        moved, state = update([jax.numpy.asarray(g[layer]) for layer in LAYERS], state, split)
        split = optax.apply_updates(split, moved)
        path.append(np.concatenate(split))
    np.testing.assert_allclose(ran(name, world), np.stack(path), rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("doubles")
def test_nesterov_looks_ahead_where_optax_stands() -> None:
    # optax keeps the points y where it asks for gradients; x⁺ = y − step·∇f(y)
    a = arguments_of("nesterov")
    optimiser, gradient = optax.sgd(a["step"], a["momentum"], nesterov=True), slopes(SADDLE)
    y = jax.numpy.asarray(START)
    state, path = optimiser.init(y), []
    for _ in range(STEPS):
        g = jax.numpy.asarray(gradient(y))
        path.append(np.asarray(y - a["step"] * g))
        moved, state = optimiser.update(g, state, y)
        y = optax.apply_updates(y, moved)
    np.testing.assert_allclose(ran("nesterov", SADDLE), np.stack(path), rtol=1e-12, atol=1e-12)


def test_amsgrad_with_a_first_moment_that_fades() -> None:
    # β_{1,k} = β₁/(k + 1), as its regret bound has it
    given, numbers = arguments_of("amsgrad"), DIGITS
    method, oracle = METHODS["amsgrad"], Told(SADDLE, LAYERS)
    state = method.first_state(np.array([START]))
    with mpmath.workdps(60):
        exact = {key: v if key in COUNTS else numbers.of(v) for key, v in given.items()}
        path = PRINTED["amsgrad"](numbers.vector(START), Questions(SADDLE, numbers), exact)
        for k in range(STEPS):
            exact["beta1"] = numbers.of(0.8) / (k + 1)
            state = method.step(state, oracle, k, {**given, "beta1": 0.8 / (k + 1)})
            expected = np.array([[float(t) for t in next(path)]])
            np.testing.assert_allclose(method.iterate(state), expected, rtol=1e-12, atol=1e-12)
