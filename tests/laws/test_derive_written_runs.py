"""Every line of the written derivations holds on true runs, all paths of the noise together."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from theoryck.algebra import Oracle
from theoryck.claims.claim import RateClaim
from theoryck.claims.evaluate import RELATION_SIGNS
from theoryck.claims.expressions import (
    Apply,
    Comparison,
    Conjunction,
    Entry,
    Expectation,
    Expr,
    Gradient,
    Iterate,
    Number,
    Over,
    Symbol,
    Value,
)
from theoryck.claims.printing import to_text

sys.path.insert(0, str(Path(__file__).parents[1] / "quality"))
from written import FILES, claim_of, written

Array = np.ndarray[Any, np.dtype[np.float64]]
STEPS = 6
VALUES = {
    "accelegrad-lipschitz": {"G": 1.5, "D": 2.0, "N": 5},
    "accelegrad-smooth-written": {"G": 2.5, "D": 2.0, "L": 1.0, "N": 5},
    "adagrad-norm-nonconvex": {
        "L": 1.0,
        "G": 2.0,
        "sigma": 0.5,
        "alpha": 0.7,
        "b0": 0.1,
        "delta": 0.3,
        "N": 5,
    },
    "amsgrad-momentum-nonconvex": {
        "L": 1.0,
        "G": 2.0,
        "alpha": 0.7,
        "beta1": 0.8,
        "beta2": 0.9,
        "eps": 0.1,
        "p": 2,
        "N": 5,
    },
    "amsgrad-nonconvex": {
        "L": 1.0,
        "G": 2.0,
        "alpha": 0.7,
        "beta2": 0.9,
        "eps": 0.1,
        "p": 2,
        "N": 5,
    },
}


class World(Oracle):
    """A function on the plane, a square around 0, and noise of two values: all paths at once."""

    def __init__(self, name: str, noise: float, paths: int) -> None:
        self.name, self.paths = name, paths
        self.noise, self.k = noise, 0
        self.drawn: list[Array] = []
        self.x_star = np.zeros((1, 2))

    def value(self, x: Any) -> Array:
        if self.name == "accelegrad-lipschitz":  # a norm, with gradients of size at most 1.5
            return 1.5 * np.sqrt((x**2).sum(-1, keepdims=True))
        root = np.sqrt(1 + (x**2).sum(-1, keepdims=True))  # smooth with 1, gradients below 1
        return np.asarray(root)

    def grad(self, x: Any) -> Array:
        if self.name == "accelegrad-lipschitz":
            size = np.sqrt((x**2).sum(-1, keepdims=True))
            return np.asarray(1.5 * x / np.where(size == 0, 1.0, size))
        return np.asarray(x / np.sqrt(1 + (x**2).sum(-1, keepdims=True)))

    def sample_grad(self, x: Any, *, batch: int = 1) -> Array:
        signs = np.where((np.arange(self.paths) >> self.k) & 1, 1.0, -1.0)[:, None]
        g = self.grad(x) + self.noise * signs * np.array([[0.6, -0.8]])
        self.drawn.append(g)
        return np.asarray(g)

    def project(self, x: Any, *, diameter: Any = None) -> Array:
        side = 2.0 / 2**0.5 / 2
        return np.clip(x, -side, side)


class Run:
    """The method run on a world, and the values of formulas along it."""

    def __init__(self, name: str) -> None:
        self.claim: RateClaim = claim_of(name)
        self.written = written(self.claim)
        self.values: dict[str, Any] = {k: float(v) for k, v in VALUES[name].items()}
        paths = 2**STEPS if self.written.draws else 1
        self.world = World(name, 0.5, paths)
        start = np.tile(np.array([[0.7, -0.5]]), (paths, 1))
        method = self.claim.method.method
        self.states = [method.first_state(start)]
        for k in range(STEPS):
            self.world.k = k
            arguments = {n: self.read(v, {"k": k}) for n, v in self.claim.method.arguments.items()}
            self.states.append(method.step(self.states[-1], self.world, k, arguments))

    def read(self, node: Expr, at: dict[str, Any]) -> Any:
        """The value of a formula on all paths, one row each."""
        read = self.read
        match node:
            case Number(value=value):
                return float(value)
            case Symbol(name="f_star"):
                return self.world.value(self.world.x_star)
            case Symbol(name="x_star"):
                return self.world.x_star
            case Symbol(name=name):
                if name in self.written.constants:
                    return read(self.written.constants[name], {})
                return at[name] if name in at else self.values[name]
            case Iterate(index=index):
                return self.entry("x", int(read(index, at)))
            case Entry(name=name, index=index):
                return self.entry(name, int(read(index, at)))
            case Value(point=point):
                return self.world.value(read(point, at))
            case Gradient(point=point):
                return self.world.grad(read(point, at))
            case Expectation(body=body):
                return np.mean(read(body, at) * np.ones((self.world.paths, 1)), 0, keepdims=True)
            case Over(kind=kind, variable=variable, lower=lower, upper=upper, body=body):
                ends = int(read(lower, at)), int(read(upper, at))
                terms = [read(body, {**at, variable: i}) for i in range(ends[0], ends[1] + 1)]
                if kind == "min_over":
                    return np.minimum.reduce(terms)
                return sum(terms) / (len(terms) if kind == "mean_over" else 1)
            case Apply(function=function, arguments=arguments):
                return self.apply(function, [read(a, at) for a in arguments])
        raise AssertionError(node)

    @staticmethod
    def apply(function: str, v: list[Any]) -> Any:
        match function:
            case "dot":
                return (v[0] * v[1]).sum(-1, keepdims=True)
            case "sum":
                return (v[0] * np.ones((1, 2))).sum(-1, keepdims=True)
            case "norm":
                return np.sqrt((v[0] ** 2).sum(-1, keepdims=True))
            case "neg":
                return -v[0]
            case "max":
                return np.maximum(*v)
        operators = {
            "+": np.add,
            "-": np.subtract,
            "*": np.multiply,
            "/": np.divide,
            "**": np.power,
            "sqrt": np.sqrt,
            "log": np.log,
            "abs": np.abs,
        }
        return operators[function](*v)

    def entry(self, name: str, k: int) -> Any:
        if name in self.written.sequences:
            return self.read(self.written.sequences[name], {"k": k})
        if name in self.written.draws:
            return self.world.drawn[k]
        state = self.states[k]
        position = self.written.state.index(name)
        return state[position] if isinstance(state, tuple) else state

    def holds(self, statement: Comparison, at: dict[str, Any]) -> bool:
        left, right = (np.asarray(self.read(o, at), dtype=float) for o in statement.operands)
        gap = left - right
        size = 1e-9 * (1 + np.abs(left) + np.abs(right))
        order = np.where(np.abs(gap) <= size, 0, np.sign(gap)).astype(int)
        return bool(np.isin(order, list(RELATION_SIGNS[statement.relations[0]])).all())

    def applies(self, condition: Any, at: dict[str, Any]) -> bool:
        parts = condition.parts if isinstance(condition, Conjunction) else (condition,)
        return condition is None or all(self.holds(part, at) for part in parts)


@pytest.mark.parametrize("name", FILES)
def test_every_line_holds_on_a_true_run(name: str) -> None:
    run, looked_at = Run(name), 0
    for line in run.written.lines:
        if line.name.startswith("likely") or (run.claim.confidence and line.name == "claim"):
            continue  # these may fail, with a small chance
        indices = [{}] if line.every is None else [{line.every: k} for k in range(STEPS - 1)]
        for at in indices:
            if run.applies(line.where, at):
                assert run.holds(line.statement, at), (line.name, at, to_text(line.statement))
                looked_at += 1
    assert looked_at > 60


def test_the_runs_tell_a_false_line() -> None:
    run = Run("amsgrad-nonconvex")
    line = next(line for line in run.written.lines if line.name == "w decreases")
    flipped = Comparison(line.statement.operands, (">=",))
    assert not all(run.holds(flipped, {"k": k}) for k in range(STEPS - 1))
