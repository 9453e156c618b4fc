"""What may be assumed of stochastic gradients g at x, given everything known before the draw."""

from __future__ import annotations

from collections.abc import Iterator

from theoryck.algebra import NumberSystem, Sample, dot
from theoryck.algebra.units import GRADIENT, NONE
from theoryck.assumptions.base import Assumption, Curvature, Quantity, Slack, Subject, Values


def _no_noise(values: Values, numbers: NumberSystem) -> Curvature:
    """A deterministic oracle has it, whatever the function."""
    return Curvature()


def _variance(values: Values, sample: Sample, unbiased: bool) -> Iterator[Slack]:
    # the mean of b independent unbiased draws has a b-th of the variance
    share = values["sigma"] * values["sigma"] / (sample.batch if unbiased else 1)
    deviation = sample.deviation
    yield Slack(f"bounded_variance({sample.label})", lambda: share - dot(deviation, deviation))


def _second_moment(values: Values, sample: Sample, unbiased: bool) -> Iterator[Slack]:
    second = values["G"] * values["G"]
    estimate = sample.evaluation.gradient + sample.deviation
    yield Slack(f"bounded_second_moment({sample.label})", lambda: second - dot(estimate, estimate))


def _bounded_gradient(values: Values, numbers: NumberSystem) -> Curvature:
    return Curvature(gradient=values["G"])


def _growth(values: Values, sample: Sample, unbiased: bool) -> Iterator[Slack]:
    gradient = sample.evaluation.gradient
    estimate = gradient + sample.deviation
    yield Slack(
        f"strong_growth({sample.label})",
        lambda: dot(gradient, gradient) * values["rho"] - dot(estimate, estimate),
    )


def _growth_without_noise(values: Values, numbers: NumberSystem) -> Curvature | None:
    """E‖g‖² = ‖∇f‖² needs ρ ≥ 1."""
    return Curvature() if numbers.sign(values["rho"] - 1) >= 0 else None


UNBIASED = Assumption(
    name="unbiased",
    quantities=(),
    subject=Subject.NOISE,
    definition="E[g | x] = grad(x)",
    latex=r"\mathbb{E}[g \mid x] = \nabla f(x)",
    source="Robbins and Monro 1951",
    enough=_no_noise,
    unbiased=True,
)

BOUNDED_VARIANCE = Assumption(
    name="bounded_variance",
    quantities=(Quantity("sigma", GRADIENT),),
    subject=Subject.NOISE,
    definition="E[norm(g - grad(x))**2 | x] <= sigma**2",
    latex=r"\mathbb{E}[\|g - \nabla f(x)\|^2 \mid x] \le \sigma^2",
    source="Ghadimi and Lan 2013, Assumption A1",
    conventions=(
        "sigma is the standard deviation of the whole vector, not of an entry; the mean of b draws "
        "has sigma**2/b"
    ),
    yields=("E(norm(g)**2) <= norm(grad(x))**2 + sigma**2 (with unbiased)",),
    at_sample=_variance,
    enough=_no_noise,
)

BOUNDED_SECOND_MOMENT = Assumption(
    name="bounded_second_moment",
    quantities=(Quantity("G", GRADIENT),),
    subject=Subject.NOISE,
    definition="E[norm(g)**2 | x] <= G**2",
    latex=r"\mathbb{E}[\|g\|^2 \mid x] \le G^2",
    source="Nemirovski, Juditsky, Lan and Shapiro 2009, Equation 2.4",
    conventions=(
        "G**2 bounds the mean square of the stochastic gradient; lipschitz(G) the true gradient"
    ),
    yields=(
        "norm(grad(x)) <= G (with unbiased)",
        "E(norm(g - grad(x))**2) <= G**2 - norm(grad(x))**2 (with unbiased)",
    ),
    at_sample=_second_moment,
    enough=_bounded_gradient,
)

BOUNDED_SAMPLES = Assumption(
    name="bounded_samples",
    quantities=(Quantity("G", GRADIENT),),
    subject=Subject.NOISE,
    definition="norm(g) <= G almost surely",
    latex=r"\|g\| \le G \quad \text{almost surely}",
    source="Reddi, Kale and Kumar 2018, Section 2",
    at_sample=_second_moment,
    enough=_bounded_gradient,
)

STRONG_GROWTH = Assumption(
    name="strong_growth",
    quantities=(Quantity("rho", NONE),),
    subject=Subject.NOISE,
    definition="E[norm(g)**2 | x] <= rho*norm(grad(x))**2",
    latex=r"\mathbb{E}[\|g\|^2 \mid x] \le \rho\,\|\nabla f(x)\|^2",
    source="Schmidt and Le Roux 2013; Vaswani, Bach and Schmidt 2019",
    conventions=(
        "rho >= 1 where unbiased is assumed too; in a finite sum it compares the mean square of "
        "the terms' gradients with the gradient of the mean"
    ),
    yields=("E(norm(g - grad(x))**2) <= (rho - 1)*norm(grad(x))**2 (with unbiased)",),
    at_sample=_growth,
    enough=_growth_without_noise,
)

HEAVY_TAILED = Assumption(
    name="heavy_tailed",
    quantities=(Quantity("alpha", NONE), Quantity("sigma", GRADIENT)),
    subject=Subject.NOISE,
    definition="E[norm(g - grad(x))**alpha | x] <= sigma**alpha",
    latex=r"\mathbb{E}[\|g - \nabla f(x)\|^\alpha \mid x] \le \sigma^\alpha",
    source="Zhang, Karimireddy, Veit, Kim, Reddi, Kumar and Sra 2020, Assumption 1",
    conventions=(
        "1 < alpha <= 2 in the literature; alpha = 2 is bounded_variance(sigma), below it the "
        "variance may be infinite"
    ),
    yields=("E(norm(g - grad(x))) <= sigma (alpha >= 1)",),
    enough=_no_noise,
)

ALL = (
    UNBIASED,
    BOUNDED_VARIANCE,
    BOUNDED_SECOND_MOMENT,
    BOUNDED_SAMPLES,
    STRONG_GROWTH,
    HEAVY_TAILED,
)
